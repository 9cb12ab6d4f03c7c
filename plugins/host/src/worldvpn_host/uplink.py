"""Whether the network is paid for by the byte, as NetworkManager knows it.

Its property ``Metered`` is of the connection that leads outside, whatever tunnels lie on it, and
counts in what the owner has set and what a phone that lends its network says (NetworkManager(8),
NMMetered). Asked by busctl(1): a client of the bus would cost the daemon some 4 MiB.
"""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Final

from worldvpn_core.contracts import Helpers, HelperSpec
from worldvpn_core.errors import EngineError

SYSTEM_BUS: Final = Path("/run/dbus/system_bus_socket")
_SERVICE: Final = "org.freedesktop.NetworkManager"
_OBJECT: Final = "/org/freedesktop/NetworkManager"
#: Asked again after this: a network changes more seldom.
_FRESH_S: Final = 10.0
_ANSWER_S: Final = 3.0
_ANSWER: Final = re.compile(r"u ([0-4])")
#: NM_METERED_YES and NM_METERED_GUESS_YES, NM_METERED_NO and NM_METERED_GUESS_NO.
_KNOWN: Final = {1: True, 3: True, 2: False, 4: False}


class NetworkManagerUplink:
    """Asks NetworkManager where it runs; elsewhere nothing is known."""

    def __init__(self, helpers: Helpers, bus: Path = SYSTEM_BUS) -> None:
        self._helpers = helpers
        self._bus = bus
        self._known: tuple[float, bool | None] | None = None

    async def is_metered(self) -> bool | None:
        now_s = time.monotonic()
        if self._known is None or now_s - self._known[0] >= _FRESH_S:
            self._known = (now_s, await self._asked() if self._bus.exists() else None)
        return self._known[1]

    async def _asked(self) -> bool | None:
        asking = ("busctl", f"--address=unix:path={self._bus}", "--auto-start=no", "get-property")
        spec = HelperSpec(name="busctl", argv=(*asking, _SERVICE, _OBJECT, _SERVICE, "Metered"))
        try:
            helper = await self._helpers.spawn(spec)
        except EngineError:
            return None
        try:
            async with asyncio.timeout(_ANSWER_S):
                line = await helper.read_line()
        except TimeoutError:
            line = None
        finally:
            await helper.stop()
        return read(line or "")


def read(line: str) -> bool | None:
    """Return what an answer of busctl says: "u 1"; None: that it is not known. Pure."""
    found = _ANSWER.fullmatch(line.strip())
    return None if found is None else _KNOWN.get(int(found[1]))

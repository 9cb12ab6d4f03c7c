"""A wireguard-go process: its start, its end, and what it said about it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final

from worldvpn_core.contracts import Helper
from worldvpn_core.errors import EngineError
from worldvpn_wireguard.sparing import Sparing
from worldvpn_wireguard.uapi_socket import connected

TUN: Final = Path("/dev/net/tun")
START_TIMEOUT_S: Final = 5.0

_POLL_S: Final = 0.001
_LAST_WORDS_S: Final = 0.2
_log = logging.getLogger(__name__)


class Process:
    """Runs for as long as its tunnel; stopped by ``stop``."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper
        self._last_line = ""
        self._expected = False
        self.ended = asyncio.create_task(helper.wait())
        # an unread pipe fills up, and then the engine waits for ever
        self._reading = asyncio.create_task(self._read_output())

    async def ready(self, path: Path) -> None:
        """Return as soon as the process takes connections at ``path``.

        Raises:
            EngineError: it ended instead, or is not ready in ``START_TIMEOUT_S``.
        """
        deadline = asyncio.get_running_loop().time() + START_TIMEOUT_S
        while asyncio.get_running_loop().time() < deadline:
            if _listens(path):
                return
            await asyncio.wait({self.ended}, timeout=_POLL_S)
            if self.ended.done():
                raise await self.cause()
        raise EngineError(
            f"wireguard-go was not ready in {START_TIMEOUT_S:g} s: is this host overloaded?"
        )

    async def cause(self) -> EngineError:
        """Say why it ended; to be asked once it has."""
        await asyncio.wait({self._reading}, timeout=_LAST_WORDS_S)
        if not TUN.exists():
            return EngineError(
                f"this host has no {TUN}: load the module (modprobe tun), "
                "or pass the device into the container"
            )
        status = self.ended.result()
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        said = f": {self._last_line}" if self._last_line else ""
        hint = (
            " (making interfaces needs root or CAP_NET_ADMIN)"
            if "operation not permitted" in said
            else ""
        )
        return EngineError(f"wireguard-go {how}{said}{hint}")

    def expect_end(self) -> None:
        """Take what it says from now on for its way of ending."""
        self._expected = True

    async def stop(self) -> None:
        """End it and reap it. Idempotent."""
        await self._helper.stop()
        await asyncio.wait({self.ended})
        self._reading.cancel()
        await asyncio.wait({self._reading})

    async def _read_output(self) -> None:
        sparing, time_s = Sparing(), asyncio.get_running_loop().time
        while (line := await self._helper.read_line()) is not None:
            self._last_line = line.strip()[-200:]
            withheld = sparing.withheld_before(time_s())
            if withheld is None:
                continue
            level = logging.DEBUG if self._expected else logging.WARNING
            more = f" ({withheld} lines before it are not shown)" if withheld else ""
            _log.log(level, "wireguard-go: %s%s", self._last_line, more)


def _listens(path: Path) -> bool:
    try:
        connected(path).close()
    except OSError:
        return False
    return True

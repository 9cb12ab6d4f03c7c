"""When this computer's own tunnels are read, and who is told of it.

An interface is read when its tunnel's own counters, which are looked at anyway, have moved,
and once more before it goes. While somebody watches it is read each second; while nobody
does, nothing is drawn or told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import attrs

from worldvpn_core.contracts import Accounting, History, Links, Meter, Traffic, Tunnel
from worldvpn_core.errors import ConfigError, WorldVpnError
from worldvpn_core.ipc.traffic import TrafficRequest, TrafficWatch
from worldvpn_core.tunnel.opener import Watch
from worldvpn_core.types import LINK_PREFIX, Counters, Link, TunnelPlan

#: A tunnel that carries something is looked at twice a second: every other time is enough.
AGAIN_S: Final = 0.9
#: Past that an interface is left for the next time; one that closes is not held up longer.
READ_LIMIT_S: Final = 0.4
#: After a whole second of the clock, for timers may be early.
_LATE_S: Final = 0.005

_log = logging.getLogger(__name__)


class Metering:
    """Reads interfaces by ``meter``; ``tell`` sends a change and says whether anybody watches.

    Without ``accounting`` nothing is read.
    """

    def __init__(
        self,
        meter: Meter,
        accounting: Accounting | None,
        tell: Callable[[Mapping[str, object]], bool],
    ) -> None:
        self._meter = meter
        self._accounting = accounting
        self._tell = tell
        self._interfaces: list[str] = []
        self._seen: Counters | None = None
        self._due_s = 0.0
        self._reading: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._watched = asyncio.Event()

    @property
    def notice(self) -> str | None:
        """What the user should know about what was kept."""
        return None if self._accounting is None else self._accounting.notice

    def around(self, watch: Watch) -> Watch:
        """Return ``watch``, around which the tunnel's interface is read, the last time at its end.

        The link is still there then: a tunnel is closed once it is watched no more.
        """

        async def metered(plan: TunnelPlan, tunnel: Tunnel) -> Exception:
            path = tunnel.info.path
            if not isinstance(path, Link):
                return await watch(plan, tunnel)
            self._interfaces.append(path.name)
            try:
                return await watch(plan, tunnel)
            finally:
                try:
                    await self.read(path.name)
                finally:
                    self._interfaces.remove(path.name)

        return metered

    def counted(self, counters: Counters) -> None:
        """Take note of what a tunnel says of itself: what has moved is read."""
        now_s = asyncio.get_running_loop().time()
        if self._accounting is None or counters == self._seen or now_s < self._due_s:
            return
        if self._reading is None or self._reading.done():
            self._seen, self._due_s = counters, now_s + AGAIN_S
            self._reading = asyncio.create_task(self.read(*self._interfaces))

    async def read(self, *interfaces: str) -> None:
        """Count what ``interfaces`` have carried; those that are gone stay as last read."""
        if self._accounting is None or not interfaces:
            return
        async with self._turn:
            try:
                async with asyncio.timeout(READ_LIMIT_S):
                    found = [await self._meter.read(name) for name in interfaces]
            except (TimeoutError, WorldVpnError) as error:
                _log.warning("what %s carried is read later: %s", ", ".join(interfaces), error)
                return
            try:
                await self._accounting.record(tuple(filter(None, found)))
            except Exception:
                _log.exception("what was carried could not be counted")

    async def answer(self, request: TrafficRequest) -> Mapping[str, object]:
        """Return totals and history as of now. Raises ConfigError where nothing is counted."""
        if self._accounting is None:
            raise ConfigError(
                "nothing is counted here: enable the plugin accounting in daemon.toml"
            )
        await self.read(*self._interfaces)
        if isinstance(request, TrafficWatch):
            self._watched.set()
        return shown(self._accounting.traffic())

    async def run(self) -> None:
        """Tell whoever watches, after each second of the clock, until cancelled."""
        while self._accounting is not None:
            await self._watched.wait()
            self._watched.clear()
            is_watched = True
            while is_watched:
                await asyncio.sleep(1 - time.time() % 1 + _LATE_S)
                await self.read(*self._interfaces)
                try:
                    is_watched = self._tell(shown(changed(self._accounting.traffic())))
                except Exception:
                    _log.exception("what was carried cannot be told")
                    break

    async def sweep(self, links: Links) -> None:
        """Remove the tunnels that a crash has left, once what they have carried is counted."""
        for link in await links.all():
            if link.name.startswith(LINK_PREFIX):
                _log.info("removing %s, left by a former run", link.name)
                await self.read(link.name)
                await links.delete(link.name)

    async def close(self) -> None:
        """Keep what was counted for the next start."""
        if self._accounting is None:
            return
        try:
            await self._accounting.close()
        except Exception:
            _log.exception("what was carried since it was last written is lost")


def changed(traffic: Traffic) -> Traffic:
    """Return ``traffic`` with nothing of its history but the two newest steps of each. Pure.

    The one before the newest may have got its last bytes since it was told.
    """
    return attrs.evolve(
        traffic,
        minute=_newest(traffic.minute),
        hour=_newest(traffic.hour),
        day=_newest(traffic.day),
        month=_newest(traffic.month),
    )


def shown(traffic: Traffic) -> dict[str, object]:
    """Return ``traffic`` as clients get it: JSON values. Pure."""
    return {
        "at_utc": _iso(traffic.at_s),
        "since_utc": _iso(traffic.since_s),
        "total": attrs.asdict(traffic.total),
        "last_second": attrs.asdict(traffic.last_second),
        "history": {
            "minute": _shown(traffic.minute),
            "hour": _shown(traffic.hour),
            "day": _shown(traffic.day),
            "month": _shown(traffic.month),
        },
    }


def _newest(history: History) -> History:
    return attrs.evolve(history, steps=history.steps[-2:])


def _shown(history: History) -> dict[str, object]:
    return {
        "step_s": history.step_s,
        "ends_utc": _iso(history.ends_s),
        "received_bytes": [step.received_bytes for step in history.steps],
        "sent_bytes": [step.sent_bytes for step in history.steps],
    }


def _iso(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat()

"""Counters and their sums in memory."""

from __future__ import annotations

from worldvpn_core.contracts import History, Reading, Traffic, Volume
from worldvpn_core.errors import RoutingError


class FakeMeter:
    """Shows what ``shows`` says by interface; refuses while ``refuses`` is set."""

    def __init__(self) -> None:
        self.shows: dict[str, Reading] = {}
        self.refuses = False
        self.asked: list[str] = []

    async def read(self, interface: str) -> Reading | None:
        self.asked.append(interface)
        if self.refuses:
            raise RoutingError(f"the kernel refused to read the interface {interface}")
        return self.shows.get(interface)


class FakeAccounting:
    """Counts, and forgets when all happened: each step of its histories holds everything."""

    notice: str | None = None

    def __init__(self) -> None:
        self.recorded: list[tuple[Reading, ...]] = []
        self.failure: Exception | None = None
        self.closed = 0
        self._last: dict[str, Reading] = {}
        self._total = Volume()

    async def record(self, readings: tuple[Reading, ...]) -> None:
        self.recorded.append(readings)
        if self.failure is not None:
            raise self.failure
        for now in readings:
            before = self._last.get(now.source)
            if before is None or (
                now.received_bytes < before.received_bytes or now.sent_bytes < before.sent_bytes
            ):
                before = Reading(source=now.source, received_bytes=0, sent_bytes=0)
            self._last[now.source] = now
            self._total = Volume(
                received_bytes=self._total.received_bytes
                + now.received_bytes
                - before.received_bytes,
                sent_bytes=self._total.sent_bytes + now.sent_bytes - before.sent_bytes,
            )

    def traffic(self) -> Traffic:
        if self.failure is not None:
            raise self.failure
        return Traffic(
            at_s=0,
            since_s=0,
            total=self._total,
            last_second=self._total,
            minute=self._history(1),
            hour=self._history(60),
            day=self._history(900),
            month=self._history(86_400),
        )

    def _history(self, step_s: int) -> History:
        return History(step_s=step_s, ends_s=step_s, steps=(Volume(), self._total))

    async def close(self) -> None:
        self.closed += 1

"""What guests and tunnels have carried and done, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from worldvpn_core.contracts import Meters, Watched
from worldvpn_core.credit.figures import Figures
from worldvpn_core.types import IpAddress


class FakeGuestMeter:
    """Says ``figures`` and ``done`` of guests; raises ``untold`` instead while that is set."""

    def __init__(self) -> None:
        self.figures: dict[IpAddress, Figures] = {}
        self.done: dict[IpAddress, Watched] = {}
        self.rooms: dict[tuple[IpAddress, ...], int] = {}
        self.untold: Exception | None = None
        #: How often somebody asked what guests have done.
        self.looks = 0

    async def carried(self) -> Mapping[IpAddress, Figures]:
        if self.untold is not None:
            raise self.untold
        return self.figures

    async def allow(
        self, rooms: Mapping[tuple[IpAddress, ...], int]
    ) -> Collection[tuple[IpAddress, ...]]:
        self.rooms |= rooms
        return tuple(rooms)

    async def watched(self) -> Mapping[IpAddress, Watched]:
        self.looks += 1
        return self.done


class FakeTunnelMeter:
    """Counts nothing: a tunnel it was told of has carried what ``figures`` says."""

    def __init__(self) -> None:
        self.figures: dict[str, Figures] = {}

    async def begin(self, interface: str, node: IpAddress, node6: IpAddress) -> None:
        del node, node6
        self.figures.setdefault(interface, Figures())

    async def read(self, interface: str) -> Figures | None:
        return self.figures.get(interface)

    async def end(self, interface: str) -> None:
        self.figures.pop(interface, None)

    async def sweep(self) -> None:
        self.figures.clear()


def meters(guests: FakeGuestMeter) -> Meters:
    """Return ``guests`` beside a meter of tunnels."""
    return Meters(guests=guests, tunnels=FakeTunnelMeter())

"""What a session's two ends count of it in the kernel, and how far a guest is let go on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

import attrs

from worldvpn_core.credit.figures import Figures
from worldvpn_core.share.classes import TrafficClass
from worldvpn_core.types import IpAddress


@attrs.frozen(kw_only=True)
class Watched:
    """What one guest of the node has done since it came, by one of its addresses.

    ``begun``: how many connections, by class. Of guests whom the server has sent besides: how
    many they ``opened``, what they sent that nobody answered, and how many different ``ports``
    and ``hosts`` they spoke to within the last minute.
    """

    begun: Mapping[TrafficClass, int] = attrs.field(factory=dict)
    opened: int = 0
    unanswered_bytes: int = 0
    ports: int = 0
    hosts: int = 0


class GuestMeter(Protocol):
    """Counts this node's guests, each by its addresses, and tells what they do."""

    async def carried(self) -> Mapping[IpAddress, Figures]:
        """Return what each guest's flows have carried since it came.

        Counted are IP packets of established flows that the guest opened. A count may begin
        again when the node does.

        Raises:
            ShareError: there is no node, or the kernel does not tell.
        """

    async def allow(
        self, rooms: Mapping[tuple[IpAddress, ...], int]
    ) -> Collection[tuple[IpAddress, ...]]:
        """Carry so many bytes more, both ways, for the guest of those addresses, then none.

        From now on, and instead of what it was allowed before; it is forgotten when the guest
        goes. A guest of whom this was never said has no end. Returns for whom it holds now: not
        for those who are not let in yet. Who is let in next has it from the first packet on, as
        said before the first wait of this call.

        Raises:
            ShareError: what was allowed before still holds.
        """

    async def watched(self) -> Mapping[IpAddress, Watched]:
        """Return what each guest has done since it came. Raises ShareError as ``carried``."""


class TunnelMeter(Protocol):
    """Counts what this host's own sessions carry, each by its tunnel's interface."""

    async def begin(self, interface: str, node: IpAddress, node6: IpAddress) -> None:
        """Count ``interface`` from now on, without what goes to its node's own addresses.

        Raises:
            FirewallError: it cannot be counted.
        """

    async def read(self, interface: str) -> Figures | None:
        """Return what it has carried of flows opened here; None: it is not counted, or gone.

        Raises:
            FirewallError, RoutingError: the kernel does not tell.
        """

    async def end(self, interface: str) -> None:
        """Count it no more. Idempotent.

        Raises:
            FirewallError: its counters are still there.
        """

    async def sweep(self) -> None:
        """Remove all that a former run has left. Raises FirewallError."""


@attrs.frozen(kw_only=True)
class Meters:
    """Both."""

    guests: GuestMeter
    tunnels: TunnelMeter

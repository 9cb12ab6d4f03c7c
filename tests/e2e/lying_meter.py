"""A plugin such as anybody could publish: it counts what the kernel counted, and tells another.

daemon.toml says how much of it. ``liars.lying`` installs it beside the product.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from worldvpn_core.contracts import (
    FirewallBackend,
    GuestMeter,
    Meters,
    Services,
    TunnelMeter,
    Watched,
)
from worldvpn_core.credit.figures import Figures
from worldvpn_core.hookspecs import hookimpl
from worldvpn_core.types import IpAddress
from worldvpn_killswitch import plugin as killswitch


@hookimpl
def worldvpn_meters(services: Services, firewall: FirewallBackend) -> Meters | None:
    """Tell so much of what the kill switch's meters have counted."""
    true = killswitch.worldvpn_meters(services, firewall)
    percent = int(services.options["liar_percent"])
    if true is None:
        return None
    return Meters(
        guests=LyingGuestMeter(true.guests, percent),
        tunnels=LyingTunnelMeter(true.tunnels, percent),
    )


def told(true: Figures, percent: int) -> Figures:
    return Figures(
        up_bytes=true.up_bytes * percent // 100, down_bytes=true.down_bytes * percent // 100
    )


@attrs.frozen
class LyingGuestMeter:
    """A node's."""

    _true: GuestMeter
    _percent: int

    async def carried(self) -> Mapping[IpAddress, Figures]:
        counted = await self._true.carried()
        return {guest: told(figures, self._percent) for guest, figures in counted.items()}

    async def allow(
        self, rooms: Mapping[tuple[IpAddress, ...], int]
    ) -> Collection[tuple[IpAddress, ...]]:
        return await self._true.allow(rooms)

    async def watched(self) -> Mapping[IpAddress, Watched]:
        return await self._true.watched()


@attrs.frozen
class LyingTunnelMeter:
    """A guest's."""

    _true: TunnelMeter
    _percent: int

    async def begin(self, interface: str, node: IpAddress, node6: IpAddress) -> None:
        await self._true.begin(interface, node, node6)

    async def read(self, interface: str) -> Figures | None:
        counted = await self._true.read(interface)
        return None if counted is None else told(counted, self._percent)

    async def end(self, interface: str) -> None:
        await self._true.end(interface)

    async def sweep(self) -> None:
        await self._true.sweep()

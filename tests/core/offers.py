"""What further plugins offer: a second protocol, and a transport for profiles alone."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from worldvpn_core.testing.fakes import FakeTransport, FakeTunnel
from worldvpn_core.types import Endpoint, Option, TunnelPlan


class Masque(FakeTransport):
    """Goes through the directory's nodes, too."""

    name = "masque"
    label = "MASQUE"


class Fenced:
    """Opens the tunnels of profiles, and knows no sessions."""

    name = "fenced"
    options: tuple[Option, ...] = ()

    def __init__(self, inner: FakeTransport) -> None:
        self._inner = inner

    def parse(self, raw: Mapping[str, str]) -> Hashable:
        return self._inner.parse(raw)

    def outer_endpoints(self, plan: TunnelPlan) -> tuple[Endpoint, ...]:
        return self._inner.outer_endpoints(plan)

    async def open(self, plan: TunnelPlan) -> FakeTunnel:
        return await self._inner.open(plan)

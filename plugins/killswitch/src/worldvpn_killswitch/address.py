"""Matches on addresses: where a packet goes to, where it comes from."""

from __future__ import annotations

from functools import lru_cache

import attrs

from worldvpn_core.types import Carrier, Endpoint, IpAddress, IpNetwork
from worldvpn_killswitch.match import Flow, NamedSet, braced
from worldvpn_killswitch.ranges import VERSIONS


@attrs.frozen
class Destination:
    """The destination lies in (``negated``: outside all) ``networks`` of one family."""

    networks: tuple[IpNetwork, ...]
    named: str | None = attrs.field(default=None, kw_only=True)
    negated: bool = attrs.field(default=False, kw_only=True)

    @property
    def text(self) -> str:
        what = f"@{self.named}" if self.named else braced(map(_net, self.networks))
        return f"{_ip(self.networks)} daddr {'!= ' if self.negated else ''}{what}"

    def named_set(self) -> NamedSet:
        return _address_set(self.named, self.networks)

    def holds(self, flow: Flow, /) -> bool:
        if flow.destination.version != self.networks[0].version:
            return False
        inside = any(flow.destination in network for network in self.networks)
        return inside is not self.negated


@attrs.frozen
class Source:
    """The source lies in (``negated``: outside all) ``networks`` of one family."""

    networks: tuple[IpNetwork, ...]
    named: str | None = attrs.field(default=None, kw_only=True)
    negated: bool = attrs.field(default=False, kw_only=True)

    @property
    def text(self) -> str:
        what = f"@{self.named}" if self.named else braced(map(_net, self.networks))
        return f"{_ip(self.networks)} saddr {'!= ' if self.negated else ''}{what}"

    def named_set(self) -> NamedSet:
        return _address_set(self.named, self.networks)

    def holds(self, flow: Flow, /) -> bool:
        if flow.source is None or flow.source.version != self.networks[0].version:
            return False
        inside = any(flow.source in network for network in self.networks)
        return inside is not self.negated


@attrs.frozen
class Stranger:
    """The source is of ``version`` and none of ``known``, of whom there may be none."""

    version: int
    known: tuple[IpAddress, ...]
    named: str = attrs.field(kw_only=True)

    @property
    def text(self) -> str:
        return f"{_family(self.version)} saddr != @{self.named}"

    def named_set(self) -> NamedSet:
        kind = f"ipv{self.version}_addr"
        return NamedSet(name=self.named, type=kind, elements=tuple(map(str, self.known)))

    def holds(self, flow: Flow, /) -> bool:
        if flow.source is None or flow.source.version != self.version:
            return False
        return flow.source not in self.known


@attrs.frozen
class Remote:
    """Destination, protocol and port are exactly one of ``endpoints``, all of one kind.

    ``answering``: source, protocol and port are.
    """

    endpoints: tuple[Endpoint, ...]
    named: str = attrs.field(kw_only=True)
    answering: bool = attrs.field(default=False, kw_only=True)

    @property
    def text(self) -> str:
        first, side = self.endpoints[0], "s" if self.answering else "d"
        family = _family(first.host.version)
        return f"{family} {side}addr . {first.carrier} {side}port @{self.named}"

    def named_set(self) -> NamedSet:
        version = self.endpoints[0].host.version
        elements = sorted({f"{remote.host} . {remote.port}" for remote in self.endpoints})
        return NamedSet(
            name=self.named, type=f"ipv{version}_addr . inet_service", elements=tuple(elements)
        )

    def holds(self, flow: Flow, /) -> bool:
        if self.answering or flow.protocol not in tuple(Carrier) or not flow.port:
            return False
        remote = Endpoint(host=flow.destination, port=flow.port, carrier=Carrier(flow.protocol))
        return remote in self.endpoints


@lru_cache(maxsize=256)
def _net(network: IpNetwork) -> str:
    whole = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if whole else str(network)


def _ip(networks: tuple[IpNetwork, ...]) -> str:
    return _family(networks[0].version)


def _family(version: int) -> str:
    return "ip" if version == VERSIONS[0] else "ip6"


def _address_set(name: str | None, networks: tuple[IpNetwork, ...]) -> NamedSet:
    elements = tuple(map(_net, networks))
    kind = f"ipv{networks[0].version}_addr"
    interval = any(network.prefixlen < network.max_prefixlen for network in networks)
    return NamedSet(name=str(name), type=kind, elements=elements, interval=interval)

"""What a policy asks of routing: rules, routes and addresses, decided without the kernel.

The rules, in the order in which the kernel asks them (docs/security.md says why):

    5098  from NODE'S OWN ADDRESS iif NODE lookup main          its guests may be on the LAN
    5099  iif NODE to A NETWORK OF THIS HOST unreachable        while sharing, and lately
    5100  iif NODE lookup main; to NODE'S PREFIX lookup main    while sharing
    5101  udp 68 to 67 lookup main, default suppressed          IPv4: the lease's renewal
    5101  marked goto main's own rule                           only before a 5102, or 5105 to
    5102  to INSIDE lookup ours                                 what a LAN range must not take
    5103  to LAN RANGE lookup main, default suppressed          LAN allowed
    5104  not marked lookup ours
    5105  not marked unreachable, or: to PROTECTED unreachable  IPv6: bound sockets
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from functools import partial
from ipaddress import ip_interface, ip_network
from typing import Final

import attrs

from worldvpn_core.contracts import LinkFacts
from worldvpn_core.errors import RoutingError
from worldvpn_core.policy import RoutingPolicy
from worldvpn_core.types import MARK, MARK_MASK, IpInterface, IpNetwork
from worldvpn_host.routes import (
    MAIN,
    MAIN_PRIORITY,
    TABLE,
    Action,
    Address,
    Held,
    Route,
    Rule,
    family_of,
)

#: Below every other route of ours: what is protected and has no way is refused.
_LAST: Final = 4_294_967_295
_TUNNEL: Final = 1_024
#: Before the tunnel's: a container's own prefix is never inside the tunnel.
_CONTAINER: Final = 512

#: What "LAN" means, fixed, whatever a lease claims (docs/security.md). IPv6 multicast
#: is missing: the kernel keeps it in its local table, which is asked first.
LAN: Final[tuple[IpNetwork, ...]] = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fe80::/10",
        "fc00::/7",
    )
)
#: Routed like LAN, but by main's default too: multicast has no route of its own there.
LAN_GROUPS: Final[tuple[IpNetwork, ...]] = tuple(
    ip_network(text) for text in ("224.0.0.0/24", "239.0.0.0/8", "255.255.255.255/32")
)
_UDP: Final = 17
_DHCP_CLIENT: Final = 68
_DHCP_SERVER: Final = 67
FAMILIES: Final = (int(socket.AF_INET), int(socket.AF_INET6))


@attrs.frozen(kw_only=True)
class Facts:
    """What the plan must know of the host: its links, and where its containers are."""

    links: tuple[LinkFacts, ...]
    #: (prefix, index of the bridge) of every container network.
    containers: tuple[tuple[IpNetwork, int], ...] = ()
    #: Networks that lie, or lately lay, right behind an interface of this host.
    nearby: frozenset[IpNetwork] = frozenset()
    #: AF_INET, and AF_INET6 where the kernel speaks it.
    families: tuple[int, ...] = FAMILIES
    #: Links on which IPv6 is switched off: no address or route of it can be there.
    without_ipv6: frozenset[str] = frozenset()

    def index(self, name: str | None) -> int | None:
        """Return the index of the link called ``name``, None when there is none."""
        return next((link.index for link in self.links if link.name == name), None)

    def carries(self, name: str, what: IpNetwork | IpInterface) -> bool:
        """Say whether the link called ``name`` takes part in the family of ``what``."""
        is_v4 = family_of(what) == socket.AF_INET
        return is_v4 or (socket.AF_INET6 in self.families and name not in self.without_ipv6)


def plan(policy: RoutingPolicy, facts: Facts) -> Held:
    """Return everything of ours that must be there under ``policy``, and no more.

    A link in ``policy.links`` that is gone needs nothing; traffic must never wait for it.

    Raises:
        RoutingError: the live link is gone: nothing could reach the tunnel.
    """
    node = frozenset(rule for rule in _node_rules(policy, facts) if rule.family in facts.families)
    if not policy.held:
        return Held(rules=node)
    rules = frozenset(rule for rule in _rules(policy) if rule.family in facts.families)
    return Held(
        rules=node | rules,
        routes=frozenset(
            route
            for route in _routes(policy, facts)
            if family_of(route.destination) in facts.families
        ),
        addresses=frozenset(_addresses(policy, facts)),
        mtus=frozenset(
            (link.interface, link.mtu_bytes)
            for link in policy.links
            if link.mtu_bytes is not None and facts.index(link.interface) is not None
        ),
    )


def _node_rules(policy: RoutingPolicy, facts: Facts) -> Iterator[Rule]:
    """Lead guests past the owner's tunnel, and never to this host's own networks."""
    if policy.node is None:
        return
    for own in dict.fromkeys(listen.host for listen in policy.node.listen):
        alone = ip_network(own)
        yield Rule(
            family=family_of(alone),
            priority=5_098,
            table=MAIN,
            source=alone,
            iif=policy.node.interface,
        )
    for prefix in facts.nearby:
        yield Rule(
            family=family_of(prefix),
            priority=5_099,
            action=Action.UNREACHABLE,
            destination=prefix,
            iif=policy.node.interface,
        )
    for family in FAMILIES:
        yield Rule(family=family, priority=5_100, table=MAIN, iif=policy.node.interface)
    for prefix in policy.node.prefixes:
        yield _to(prefix, priority=5_100, table=MAIN)


def _rules(policy: RoutingPolicy) -> Iterator[Rule]:
    for family in FAMILIES:
        protected = tuple(p for p in policy.protects if family_of(p) == family)
        if protected:
            yield from _family_rules(policy, family, protected)


def _family_rules(
    policy: RoutingPolicy, family: int, protected: tuple[IpNetwork, ...]
) -> Iterator[Rule]:
    is_v4 = family == socket.AF_INET
    is_whole = all(prefix.prefixlen == 0 for prefix in protected)
    first = tuple(p for p in _before_lan(policy) if family_of(p) == family)
    marked = partial(Rule, family=family, mark=MARK, mask=MARK_MASK)
    if is_v4:
        yield Rule(
            family=family,
            priority=5_101,
            table=MAIN,
            suppress=0,
            ip_protocol=_UDP,
            source_port=_DHCP_CLIENT,
            destination_port=_DHCP_SERVER,
        )
    if first or not (is_v4 or is_whole):
        # An endpoint may lie in what is protected; ``not`` cannot stand beside ``to``.
        yield marked(priority=5_101, action=Action.GOTO, target=MAIN_PRIORITY)
    for prefix in first:
        yield _to(prefix, priority=5_102, table=TABLE)
    if policy.allow_lan:
        yield from _lan_rules(family)
    yield marked(priority=5_104, table=TABLE, invert=True)
    if not is_v4:
        yield from _bound_rules(protected)


def _lan_rules(family: int) -> Iterator[Rule]:
    for prefix in LAN:
        if family_of(prefix) == family:
            yield _to(prefix, priority=5_103, table=MAIN, suppress=0)
    for prefix in LAN_GROUPS:
        if family_of(prefix) == family:
            yield _to(prefix, priority=5_103, table=MAIN)


def _bound_rules(protected: tuple[IpNetwork, ...]) -> Iterator[Rule]:
    """Refuse what is bound to a device: in IPv6 it passes over unreachable routes."""
    for prefix in protected:
        if prefix.prefixlen == 0:
            yield Rule(
                family=family_of(prefix),
                priority=5_105,
                action=Action.UNREACHABLE,
                mark=MARK,
                mask=MARK_MASK,
                invert=True,
            )
        else:
            yield _to(prefix, priority=5_105, action=Action.UNREACHABLE)


def _before_lan(policy: RoutingPolicy) -> frozenset[IpNetwork]:
    """Return what lies in LAN ranges and belongs in the tunnel nevertheless."""
    if not policy.allow_lan:
        return frozenset()
    hosts = (ip_network(host) for host in policy.inside)
    return frozenset(
        prefix
        for prefix in (*hosts, *policy.allowed, *policy.protects)
        if _within(prefix, (*LAN, *LAN_GROUPS))
    )


def _routes(policy: RoutingPolicy, facts: Facts) -> Iterator[Route]:
    for prefix in policy.protects:
        yield Route(destination=prefix, metric=_LAST)
    for prefix, bridge in facts.containers:
        yield Route(destination=prefix, device=bridge, metric=_CONTAINER)
    if policy.live is None:
        return
    live = facts.index(policy.live)
    if live is None:
        raise RoutingError(f"there is no interface {policy.live} to send packets into")
    for prefix in policy.allowed:
        if facts.carries(policy.live, prefix):
            yield Route(destination=prefix, device=live, metric=_TUNNEL)


def _addresses(policy: RoutingPolicy, facts: Facts) -> Iterator[Address]:
    carried: set[IpInterface] = set()
    for link in policy.links:
        index = facts.index(link.interface)
        carried.update(link.addresses)
        if index is not None:
            for one in link.addresses:
                if facts.carries(link.interface, one):
                    yield Address(device=index, interface=one)
    loopback = next((link for link in facts.links if link.is_loopback), None)
    in_use = {interface.ip for interface in carried}
    for host in policy.retired:
        resting = ip_interface(host)
        if loopback and host not in in_use and facts.carries(loopback.name, resting):
            yield Address(device=loopback.index, interface=resting)


def _to(prefix: IpNetwork, **rest: int) -> Rule:
    return Rule(
        family=family_of(prefix),
        destination=prefix,
        priority=rest["priority"],
        action=rest.get("action", Action.LOOKUP),
        table=rest.get("table", 0),
        suppress=rest.get("suppress", -1),
    )


def _within(prefix: IpNetwork, ranges: Iterable[IpNetwork]) -> bool:
    return any(
        family_of(prefix) == family_of(one)
        and one.prefixlen <= prefix.prefixlen
        and prefix.network_address in one
        for one in ranges
    )

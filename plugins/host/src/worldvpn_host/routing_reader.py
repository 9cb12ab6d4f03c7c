"""Reads from the kernel what routing holds: ours, and what of others concerns us."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from worldvpn_core.contracts import LinkFacts
from worldvpn_core.policy import RoutingPolicy
from worldvpn_core.types import LINK_PREFIX, IpAddress, IpNetwork
from worldvpn_host import sysctls
from worldvpn_host.links import all_links
from worldvpn_host.netlink import attribute_u32
from worldvpn_host.route_codec import (
    ADDRESS_HEADER,
    ROUTE_HEADER,
    RTA_TABLE,
    RTM_GETADDR,
    RTM_GETROUTE,
    RTM_GETRULE,
    RTM_NEWADDR,
    RTM_NEWROUTE,
    RTM_NEWRULE,
    RULE_HEADER,
    gateway_of,
    read_address,
    read_route,
    read_rule,
    through_device,
)
from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.routes import MAIN, PROTOCOL, TABLE, Address, Found, Route, Rule
from worldvpn_host.routing_plan import FAMILIES, Facts

#: Ports of a bridge that lead to a container or a virtual machine.
_GUESTS: Final = frozenset({"veth", "tun"})

#: (route, its gateway, the message's body)
MainRoute = tuple[Route, IpAddress | None, bytes]


def read(sock: RouteSocket, policy: RoutingPolicy) -> tuple[Facts, Found]:
    """Return what planning ``policy`` must know, and all that is ours on this host.

    Every address on a link that ``policy`` gives addresses to counts as ours.

    Raises:
        RoutingError: the kernel refused to list something.
    """
    carriers = frozenset(link.interface for link in policy.links)
    links = all_links(sock)
    families = FAMILIES if sysctls.has_ipv6() else FAMILIES[:1]
    main = main_routes(sock, families)
    concerned = {link.name for link in links if link.is_loopback or link.name == policy.live}
    facts = Facts(
        links=links,
        containers=tuple(containers(links, main)),
        nearby=nearby(main, links, policy),
        families=families,
        without_ipv6=sysctls.without_ipv6(carriers | concerned),
    )
    found = Found(
        rules=tuple(_rules(sock, families)),
        routes=tuple(_routes(sock, families)),
        addresses=_addresses(sock, links, carriers),
        strays=tuple(strays(links, main)),
        mtus=frozenset((link.name, link.mtu_bytes) for link in links),
    )
    return facts, found


def is_tunnel(link: LinkFacts) -> bool:
    """Say whether ``link`` bears a name of ours and is no node's veth."""
    return link.name.startswith(LINK_PREFIX) and link.kind != "veth"


def containers(
    links: tuple[LinkFacts, ...], main: Iterable[MainRoute]
) -> Iterable[tuple[IpNetwork, int]]:
    """Yield each prefix that main has on a bridge that leads to guests of this host only.

    Such a bridge has no port but guests', and no gateway is reached through it.
    """
    main = tuple(main)
    leads_on = {route.device for route, gateway, _ in main if gateway is not None}
    outer = {link.master for link in links if link.kind not in _GUESTS}
    internal = {link.index for link in links if link.kind == "bridge"} - outer - leads_on
    for route, gateway, _ in main:
        is_own = route.device in internal and gateway is None
        if is_own and route.destination.prefixlen and not route.destination.is_link_local:
            yield route.destination, route.device


def nearby(
    main: Iterable[MainRoute], links: tuple[LinkFacts, ...], policy: RoutingPolicy
) -> frozenset[IpNetwork]:
    """Return the networks that main reaches without a gateway, the node's own apart."""
    node = None if policy.node is None else policy.node.interface
    inside = {link.index for link in links if link.name == node}
    return frozenset(
        route.destination
        for route, gateway, _ in main
        if gateway is None
        and route.device
        and route.device not in inside
        and route.destination.prefixlen
    )


def strays(
    links: tuple[LinkFacts, ...], main: Iterable[MainRoute]
) -> Iterable[tuple[bytes, bytes]]:
    """Yield (wrong, repaired) for each gateway route that landed on a tunnel of ours.

    That happens to a route added without its device while everything else leads
    into the tunnel; one whose gateway no other link reaches is left alone.
    """
    main = tuple(main)
    tunnels = {link.index for link in links if is_tunnel(link)}
    connected = [r for r, gateway, _ in main if gateway is None and r.device not in tunnels]
    for route, gateway, body in main:
        if gateway is None or route.device not in tunnels:
            continue
        reached = [one for one in connected if one.device and gateway in one.destination]
        if reached:
            nearest = max(reached, key=lambda one: (one.destination.prefixlen, -one.metric))
            yield body, through_device(body, nearest.device)


def _rules(sock: RouteSocket, families: tuple[int, ...]) -> Iterable[tuple[Rule, bytes]]:
    for family in families:
        body = RULE_HEADER.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)
        for message in sock.dump(RTM_GETRULE, body):
            if message.kind == RTM_NEWRULE:
                rule, protocol = read_rule(message.body)
                if protocol == PROTOCOL or rule.table == TABLE:
                    yield rule, message.body


def _table(sock: RouteSocket, families: tuple[int, ...], table: int) -> Iterable[bytes]:
    for family in families:
        body = ROUTE_HEADER.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)
        for message in sock.dump(RTM_GETROUTE, body + attribute_u32(RTA_TABLE, table)):
            if message.kind == RTM_NEWROUTE:
                yield message.body


def _routes(sock: RouteSocket, families: tuple[int, ...]) -> Iterable[tuple[Route, bytes]]:
    for body in _table(sock, families, TABLE):
        route, _ = read_route(body)
        if route.table == TABLE:
            yield route, _without_flags(body)


def main_routes(sock: RouteSocket, families: tuple[int, ...]) -> tuple[MainRoute, ...]:
    """Return the main table of those families. Raises RoutingError."""
    return tuple(
        (read_route(body)[0], gateway_of(body), body) for body in _table(sock, families, MAIN)
    )


def _addresses(
    sock: RouteSocket, links: tuple[LinkFacts, ...], carriers: frozenset[str]
) -> dict[Address, bytes]:
    ours = {link.index for link in links if link.name in carriers}
    found = {}
    for message in sock.dump(RTM_GETADDR, ADDRESS_HEADER.pack(0, 0, 0, 0, 0)):
        # Other families than ours have addresses, too.
        if message.kind == RTM_NEWADDR and message.body[0] in FAMILIES:
            address, protocol = read_address(message.body)
            if protocol == PROTOCOL or address.device in ours:
                found[address] = message.body
    return found


def _without_flags(body: bytes) -> bytes:
    """Return a route's message without its link's state, which a request may not name."""
    return body[: ROUTE_HEADER.size - 4] + bytes(4) + body[ROUTE_HEADER.size :]

"""Rules, routes and addresses as rtnetlink writes them (rtnetlink(7), linux/fib_rules.h)."""

from __future__ import annotations

import struct
from ipaddress import ip_address, ip_interface, ip_network
from socket import AF_INET
from typing import Final

from worldvpn_core.types import IpAddress, IpNetwork
from worldvpn_host.netlink import attribute, attribute_text, attribute_u32, attributes, text, u32
from worldvpn_host.routes import PROTOCOL, Action, Address, Route, Rule, family_of

RTM_NEWADDR: Final = 20
RTM_DELADDR: Final = 21
RTM_GETADDR: Final = 22
RTM_NEWROUTE: Final = 24
RTM_DELROUTE: Final = 25
RTM_GETROUTE: Final = 26
RTM_NEWRULE: Final = 32
RTM_DELRULE: Final = 33
RTM_GETRULE: Final = 34

ROUTE_HEADER: Final = struct.Struct("=8BI")
RULE_HEADER: Final = struct.Struct("=8BI")
ADDRESS_HEADER: Final = struct.Struct("=4BI")

RTA_DST: Final = 1
RTA_OIF: Final = 4
RTA_GATEWAY: Final = 5
_RTA_PRIORITY: Final = 6
_RTA_CACHEINFO: Final = 12
RTA_TABLE: Final = 15
#: Source, input link, gateway, preferred source, metrics, several hops, realm, via,
#: encapsulation, nexthop object: none is in a route of ours.
_FOREIGN_HOPS: Final = (2, 3, 5, 7, 8, 9, 11, 18, 22, 30)
_RTN_UNICAST: Final = 1
_RTN_UNREACHABLE: Final = 7
_SCOPE_LINK: Final = 253

_FRA_DST: Final = 1
_FRA_SRC: Final = 2
_FRA_IIFNAME: Final = 3
_FRA_GOTO: Final = 4
_FRA_PRIORITY: Final = 6
_FRA_FWMARK: Final = 10
_FRA_SUPPRESS_PREFIXLEN: Final = 14
_FRA_TABLE: Final = 15
_FRA_FWMASK: Final = 16
_FRA_PROTOCOL: Final = 21
_FRA_IP_PROTO: Final = 22
_FRA_SPORT_RANGE: Final = 23
_FRA_DPORT_RANGE: Final = 24
_INVERT: Final = 2
#: What narrows a rule and is never ours: flow, tunnel id, suppressed group,
#: output link, l3mdev, uids, DSCP, flow label. Newer kernels also tell defaults of
#: what they have learnt since; those are no part of a rule's identity.
_FOREIGN_SELECTORS: Final = (11, 12, 13, 17, 19, 20, 25, 26, 27)
_PORTS: Final = struct.Struct("=HH")
_NOTHING_SUPPRESSED: Final = 0xFFFFFFFF

_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_FLAGS: Final = 8
_IFA_PROTO: Final = 11
#: No duplicate detection (nobody else can be there), and no route to the prefix.
_NODAD_NOPREFIXROUTE: Final = 0x02 | 0x200
_TENTATIVE: Final = 0x40


def write_rule(rule: Rule) -> bytes:
    """Return the body of the message that adds ``rule``."""
    length = rule.destination.prefixlen if rule.destination else 0
    source_length = rule.source.prefixlen if rule.source else 0
    flags = _INVERT if rule.invert else 0
    body = RULE_HEADER.pack(rule.family, length, source_length, 0, 0, 0, 0, rule.action, flags)
    body += attribute_u32(_FRA_PRIORITY, rule.priority) + attribute(_FRA_PROTOCOL, _OURS)
    body += _selectors(rule)
    if rule.table:
        body += attribute_u32(_FRA_TABLE, rule.table)
    if rule.target:
        body += attribute_u32(_FRA_GOTO, rule.target)
    if rule.suppress >= 0:
        body += attribute_u32(_FRA_SUPPRESS_PREFIXLEN, rule.suppress)
    return body


def _selectors(rule: Rule) -> bytes:
    """Return what narrows ``rule``."""
    body = b""
    for kind, network in ((_FRA_DST, rule.destination), (_FRA_SRC, rule.source)):
        if network:
            body += attribute(kind, network.network_address.packed)
    if rule.iif:
        body += attribute_text(_FRA_IIFNAME, rule.iif)
    if rule.mask:
        body += attribute_u32(_FRA_FWMARK, rule.mark) + attribute_u32(_FRA_FWMASK, rule.mask)
    if rule.ip_protocol:
        body += attribute(_FRA_IP_PROTO, bytes([rule.ip_protocol]))
    for kind, port in (
        (_FRA_SPORT_RANGE, rule.source_port),
        (_FRA_DPORT_RANGE, rule.destination_port),
    ):
        if port:
            body += attribute(kind, _PORTS.pack(port, port))
    return body


def read_rule(body: bytes) -> tuple[Rule, int]:
    """Return the rule in a message, and the protocol number it carries."""
    family, length, source_length, tos, table, _, _, action, flags = RULE_HEADER.unpack_from(body)
    found = dict(attributes(body, RULE_HEADER.size))
    source, destination = found.get(_FRA_SPORT_RANGE), found.get(_FRA_DPORT_RANGE)
    suppress = u32(found.get(_FRA_SUPPRESS_PREFIXLEN, b"\xff\xff\xff\xff"))
    rule = Rule(
        family=family,
        priority=u32(found.get(_FRA_PRIORITY, b"")),
        action=Action(action) if action in tuple(Action) else action,
        table=u32(found[_FRA_TABLE]) if _FRA_TABLE in found else table,
        target=u32(found.get(_FRA_GOTO, b"")),
        source=_network(found[_FRA_SRC], source_length) if _FRA_SRC in found else None,
        destination=_network(found[_FRA_DST], length) if _FRA_DST in found else None,
        iif=text(found.get(_FRA_IIFNAME, b"")),
        mark=u32(found.get(_FRA_FWMARK, b"")),
        mask=u32(found.get(_FRA_FWMASK, b"")),
        invert=bool(flags & _INVERT),
        ip_protocol=u32(found.get(_FRA_IP_PROTO, b"")),
        source_port=_port(source),
        destination_port=_port(destination),
        suppress=-1 if suppress == _NOTHING_SUPPRESSED else suppress,
        unknown=_among(found, _FOREIGN_SELECTORS) + (bytes([tos]) if tos else b""),
    )
    return rule, u32(found.get(_FRA_PROTOCOL, b""))


def write_route(route: Route) -> bytes:
    """Return the body of the message that adds ``route``."""
    kind, scope = (_RTN_UNICAST, _SCOPE_LINK) if route.device else (_RTN_UNREACHABLE, 0)
    network = route.destination
    family = family_of(network)
    body = ROUTE_HEADER.pack(family, network.prefixlen, 0, 0, 0, PROTOCOL, scope, kind, 0)
    body += attribute_u32(RTA_TABLE, route.table) + attribute_u32(_RTA_PRIORITY, route.metric)
    if network.prefixlen:
        body += attribute(RTA_DST, network.network_address.packed)
    if route.device:
        body += attribute_u32(RTA_OIF, route.device)
    return body


def read_route(body: bytes) -> tuple[Route, int]:
    """Return the route in a message, and the protocol number it carries."""
    family, length, _, _, table, protocol, _, kind, _ = ROUTE_HEADER.unpack_from(body)
    found = dict(attributes(body, ROUTE_HEADER.size))
    unreachable = kind == _RTN_UNREACHABLE
    foreign = b"" if kind in (_RTN_UNICAST, _RTN_UNREACHABLE) else bytes([kind])
    foreign += b"" if protocol == PROTOCOL else bytes([protocol])
    empty = bytes(4 if family == AF_INET else 16)
    route = Route(
        destination=_network(found.get(RTA_DST, empty), length),
        table=u32(found[RTA_TABLE]) if RTA_TABLE in found else table,
        # IPv6 names the loopback device in a route to nowhere.
        device=0 if unreachable else u32(found.get(RTA_OIF, b"")),
        metric=u32(found.get(_RTA_PRIORITY, b"")),
        unknown=_among(found, _FOREIGN_HOPS) + foreign,
    )
    return route, protocol


def write_address(address: Address) -> bytes:
    """Return the body of the message that adds, or deletes, ``address``."""
    interface = address.interface
    family = family_of(interface.network)
    packed = interface.ip.packed
    return (
        ADDRESS_HEADER.pack(family, interface.network.prefixlen, 0, 0, address.device)
        + attribute(_IFA_LOCAL, packed)
        + attribute(_IFA_ADDRESS, packed)
        + attribute_u32(_IFA_FLAGS, _NODAD_NOPREFIXROUTE)
        + attribute(_IFA_PROTO, _OURS)
    )


def read_address(body: bytes) -> tuple[Address, int]:
    """Return the address in a message, and the protocol number it carries."""
    _, length, _, _, device = ADDRESS_HEADER.unpack_from(body)
    found = dict(attributes(body, ADDRESS_HEADER.size))
    packed = found.get(_IFA_LOCAL) or found[_IFA_ADDRESS]
    interface = ip_interface((packed, length))
    return Address(device=device, interface=interface), u32(found.get(_IFA_PROTO, b""))


def is_tentative(body: bytes) -> bool:
    """Say whether the address in a message still waits for duplicate detection."""
    flags = u32(dict(attributes(body, ADDRESS_HEADER.size)).get(_IFA_FLAGS, b""))
    return bool(flags & _TENTATIVE)


def gateway_of(body: bytes) -> IpAddress | None:
    """Return the gateway of the route in a message."""
    packed = dict(attributes(body, ROUTE_HEADER.size)).get(RTA_GATEWAY)
    return ip_address(packed) if packed else None


def through_device(body: bytes, device: int) -> bytes:
    """Return the route in a message, leading through ``device`` instead."""
    family, length, source, tos, table, protocol, scope, kind, _ = ROUTE_HEADER.unpack_from(body)
    kept = (
        attribute(kind_, data)
        for kind_, data in attributes(body, ROUTE_HEADER.size)
        if kind_ not in (RTA_OIF, _RTA_CACHEINFO)
    )
    # Without the flags: they tell the link's present state, which nobody may set.
    header = ROUTE_HEADER.pack(family, length, source, tos, table, protocol, scope, kind, 0)
    return header + b"".join(kept) + attribute_u32(RTA_OIF, device)


def _network(packed: bytes, length: int) -> IpNetwork:
    return ip_network((packed, length))


def _port(data: bytes | None) -> int:
    return int(_PORTS.unpack(data)[0]) if data else 0


def _among(found: dict[int, bytes], kinds: tuple[int, ...]) -> bytes:
    return b"".join(attribute(kind, found[kind]) for kind in kinds if kind in found)


_OURS: Final = bytes([PROTOCOL])

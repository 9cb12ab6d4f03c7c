"""Which frames may leave a protected client, and which are leaks: a pure function.

The list is written from docs/security.md alone, by hand and a second time: it must not
share a line with the rules it is there to check.
"""

from __future__ import annotations

import enum
import re
from ipaddress import ip_network
from typing import Final

import attrs

from worldvpn_lab.oracle.frames import (
    ARP,
    EAPOL,
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    Address,
    Frame,
    decode_packet,
)


class Verdict(enum.StrEnum):
    """What a frame is. Only LEAK is an accusation."""

    ARP = "arp"
    EAPOL = "eapol"
    DHCP = "dhcp"
    DHCPV6 = "dhcpv6"
    NDP = "ndp"
    ENDPOINT = "endpoint"
    ENDPOINT_FRAGMENT = "endpoint-fragment"
    BOOTSTRAP = "bootstrap"
    LAN = "lan"
    NODE = "node"
    GUEST = "guest"
    ROUTER = "router"
    LEAK = "leak"


@attrs.frozen(kw_only=True)
class Outside:
    """An address outside, reached by ``protocol`` (TCP or UDP) at ``port``."""

    host: Address
    port: int
    protocol: int = UDP


@attrs.frozen(kw_only=True)
class Guests:
    """Guests of a node on the client: what of theirs may leave, beside all of the client's own.

    They are at ``outer``, outside, and their tunnels end at UDP ``port`` of the client, which
    answers from there, or that nobody listens. What they send into the internet leaves under
    one of the addresses ``senders``, from ports of guests, or under one of ``routers``, which
    have put theirs, and any port, in its place. ``asked`` are the routers at home, which are
    asked to lead them on: by UDP, at its ports for that alone.
    """

    outer: tuple[Address, ...]
    senders: tuple[Address, ...]
    routers: tuple[Address, ...]
    port: int
    asked: tuple[Address, ...] = ()


@attrs.frozen(kw_only=True)
class Admitted:
    """What may leave in the state under test, beyond what always may.

    ``inner`` are the tunnel's own addresses: no frame outside may name them.
    """

    endpoints: tuple[Outside, ...] = ()
    bootstrap: tuple[Outside, ...] = ()
    lan: bool = False
    inner: tuple[Address, ...] = ()
    guests: Guests | None = None


#: Every probe's payload holds one of these: number of the burst, number of the cell.
TAG: Final = re.compile(rb"wvlab-(\d{6})-(\d{5})")
#: TCP probes have no payload: their source port says which they are, and nobody else's does.
PROBE_PORTS: Final = range(20_000, 32_768)
#: What a guest sends holds one of these, and nothing else does: whether it may get out
#: ("gst") or must get nowhere ("bad"), number of the burst, number of the errand.
GUEST_TAG: Final = re.compile(rb"wv(gst|bad)-(\d{6})-(\d{5})")
#: PCP with NAT-PMP, and UPnP's search (RFC 6887 section 19, UPnP Device Architecture 1.1).
_MAPPING_PORTS: Final = (5_351, 1_900)
#: The ports guests have, so that none of theirs is a socket's of the client itself.
_GUEST_PORTS: Final = range(20_000, 32_768)

_LAN: Final = tuple(
    ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "224.0.0.0/24"),
        *("239.0.0.0/8", "255.255.255.255/32", "fe80::/10", "fc00::/7"),
        *("ff01::/16", "ff02::/16", "ff03::/16", "ff04::/16", "ff05::/16"),
    )
)
_LINK_LOCAL6: Final = ip_network("fe80::/10")
_DHCPV6_SERVERS: Final = ("ff02::1:2", "ff05::1:3")
_NEVER: Final = (53, 853, 5355, 137, 138)
_SOLICITATIONS: Final = (133, 135, 136)
_ON_LINK_HOP_LIMIT: Final = 255
#: Destination unreachable in either family; what it is about follows four unused bytes.
_UNREACHABLE: Final = ((ICMP, 3), (ICMPV6, 1))
_UNUSED_BYTES: Final = 4


def judge(frame: Frame, admitted: Admitted) -> Verdict:
    """Return what ``frame``, seen leaving the client, is. In doubt it is a leak."""
    if {frame.source, frame.destination, *frame.about} & set(admitted.inner):
        return Verdict.LEAK
    if frame.ethertype == ARP:
        return Verdict.ARP if frame.about else Verdict.LEAK
    if frame.ethertype == EAPOL:
        return Verdict.EAPOL
    tag = guest_tag(frame)
    if tag is not None:
        return Verdict.GUEST if _leaves_as_guest(frame, tag, admitted) else Verdict.LEAK
    if _is_probe(frame):
        return Verdict.LAN if _is_lan(frame, admitted) else Verdict.LEAK
    return (
        _configuring(frame)
        or _outside(frame, admitted)
        or _to_guests(frame, admitted)
        or _to_router(frame, admitted)
        or (Verdict.LAN if _is_lan(frame, admitted) else Verdict.LEAK)
    )


def guest_tag(frame: Frame) -> re.Match[bytes] | None:
    """Return the tag of the guest's packet that ``frame`` is, or quotes; None: it is neither."""
    return GUEST_TAG.search(frame.payload)


def _leaves_as_guest(frame: Frame, tag: re.Match[bytes], admitted: Admitted) -> bool:
    """Return whether a guest's packet has the client's address, a guest's port, and may leave."""
    guests = admitted.guests
    if guests is None or tag[1] != b"gst":
        return False
    if frame.destination is None or _within_lan(frame.destination):
        return False
    has_ports = frame.protocol in (TCP, UDP)
    own = frame.source in guests.senders
    return frame.source in guests.routers or (
        own and (not has_ports or frame.source_port in _GUEST_PORTS)
    )


def _to_guests(frame: Frame, admitted: Admitted) -> Verdict | None:
    """Return the kind of a frame by which the node speaks to its guests."""
    guests = admitted.guests
    if (
        guests is None
        or frame.source not in guests.senders
        or frame.destination not in guests.outer
    ):
        return None
    speaks = frame.protocol == UDP and frame.source_port == guests.port
    return Verdict.NODE if speaks or _tells_of_no_engine(frame, guests) else None


def _to_router(frame: Frame, admitted: Admitted) -> Verdict | None:
    """Return the kind of a frame by which the router is asked to lead guests on."""
    guests = admitted.guests
    if (
        guests is None
        or frame.source not in guests.senders
        or frame.destination not in guests.asked
    ):
        return None
    asks = frame.protocol == UDP and frame.destination_port in _MAPPING_PORTS
    return Verdict.ROUTER if asks and not frame.fragment else None


def _tells_of_no_engine(frame: Frame, guests: Guests) -> bool:
    """Return whether ``frame`` says to a guest that nobody listens at the node's port."""
    if (frame.protocol, frame.kind) not in _UNREACHABLE:
        return False
    quoted = decode_packet(frame.payload[_UNUSED_BYTES:])
    knock = (quoted.protocol, quoted.source, quoted.destination_port)
    return knock == (UDP, frame.destination, guests.port)


def _is_probe(frame: Frame) -> bool:
    by_port = frame.protocol == TCP and frame.source_port in PROBE_PORTS
    return by_port or TAG.search(frame.payload) is not None


def _configuring(frame: Frame) -> Verdict | None:
    """Return the kind of a frame by which a host finds its place on a network."""
    if frame.fragment or frame.destination is None or frame.source is None:
        return None
    ports = (frame.source_port, frame.destination_port)
    if frame.protocol == UDP and ports == (68, 67):
        home = str(frame.destination) == "255.255.255.255" or _within_lan(frame.destination)
        return Verdict.DHCP if home else None
    if frame.protocol == UDP and ports == (546, 547):
        home = frame.source in _LINK_LOCAL6 and str(frame.destination) in _DHCPV6_SERVERS
        return Verdict.DHCPV6 if home else None
    if (
        frame.protocol == ICMPV6
        and frame.kind in _SOLICITATIONS
        and frame.code == 0
        and frame.hop_limit == _ON_LINK_HOP_LIMIT
    ):
        return Verdict.NDP
    return None


def _outside(frame: Frame, admitted: Admitted) -> Verdict | None:
    """Return the kind of a frame to an admitted outside address."""
    for place in admitted.endpoints:
        if frame.destination == place.host and frame.protocol == place.protocol:
            if frame.offset_bytes:
                return Verdict.ENDPOINT_FRAGMENT
            if frame.destination_port == place.port:
                return Verdict.ENDPOINT
    for place in admitted.bootstrap:
        reached = (frame.destination, frame.protocol, frame.destination_port)
        if reached == (place.host, place.protocol, place.port):
            return Verdict.BOOTSTRAP
    return None


def _is_lan(frame: Frame, admitted: Admitted) -> bool:
    never = frame.protocol in (TCP, UDP) and frame.destination_port in _NEVER
    return (
        admitted.lan
        and not never
        and frame.destination is not None
        and _within_lan(frame.destination)
    )


def _within_lan(address: Address) -> bool:
    return any(address in network for network in _LAN)

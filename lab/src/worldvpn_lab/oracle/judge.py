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
    ICMPV6,
    TCP,
    UDP,
    Address,
    Frame,
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
    LEAK = "leak"


@attrs.frozen(kw_only=True)
class Outside:
    """An address outside, reached by ``protocol`` (TCP or UDP) at ``port``."""

    host: Address
    port: int
    protocol: int = UDP


@attrs.frozen(kw_only=True)
class Admitted:
    """What may leave in the state under test, beyond what always may.

    ``inner`` are the tunnel's own addresses: no frame outside may name them.
    """

    endpoints: tuple[Outside, ...] = ()
    bootstrap: tuple[Outside, ...] = ()
    lan: bool = False
    inner: tuple[Address, ...] = ()


#: Every probe's payload holds one of these: number of the burst, number of the cell.
TAG: Final = re.compile(rb"wvlab-(\d{6})-(\d{5})")
#: TCP probes have no payload: their source port says which they are, and nobody else's does.
PROBE_PORTS: Final = range(20_000, 32_768)

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


def judge(frame: Frame, admitted: Admitted) -> Verdict:
    """Return what ``frame``, seen leaving the client, is. In doubt it is a leak."""
    if {frame.source, frame.destination, *frame.about} & set(admitted.inner):
        return Verdict.LEAK
    if frame.ethertype == ARP:
        return Verdict.ARP if frame.about else Verdict.LEAK
    if frame.ethertype == EAPOL:
        return Verdict.EAPOL
    if _is_probe(frame):
        return Verdict.LAN if _is_lan(frame, admitted) else Verdict.LEAK
    return (
        _configuring(frame)
        or _outside(frame, admitted)
        or (Verdict.LAN if _is_lan(frame, admitted) else Verdict.LEAK)
    )


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

"""What a guest of the client's node sends: what may go out, and what must get nowhere. Pure.

docs/security.md, the node, says which is which.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

import attrs

from worldvpn_core.types import IpAddress
from worldvpn_lab.map import NODES, PLACES
from worldvpn_lab.probes.cells import ECHO
from worldvpn_lab.probes.marks import guest_tag_of
from worldvpn_lab.probes.packets import dns_query, echo_packet, tcp_packet, udp_packet

_HTTP: Final = 80
_DNS: Final = 53
_SMTP: Final = 25
_SYN: Final = 0x02
#: A flow is sent from the same port each time, all else from one that is new in each burst.
_FLOW_PORT: Final = 40_000
_NEW_PORTS: Final = range(41_000, 61_000)
_SLOTS: Final = 128


class Way(enum.StrEnum):
    """How a guest sends; a FLOW is a UDP flow that goes on through all bursts."""

    FLOW = "flow"
    UDP = "udp"
    TCP = "tcp"
    ICMP = "icmp"
    DNS = "dns"


@attrs.frozen(kw_only=True)
class Errand:
    """One packet of each burst; ``index`` is its place. ``may``: it may leave, as a guest's."""

    index: int
    way: Way
    to: str
    source: IpAddress
    address: IpAddress
    port: int
    may: bool

    @property
    def name(self) -> str:
        """How tables call it; the cells of the host's own burst have other names."""
        return f"guest-{self.way}→{self.to}"

    def packet(self, burst: int) -> bytes:
        """Return the IP packet that is sent in ``burst``."""
        text = guest_tag_of(burst, self.index, may=self.may)
        port = _NEW_PORTS[(burst * _SLOTS + self.index) % len(_NEW_PORTS)]
        match self.way:
            case Way.ICMP:
                return echo_packet(self.source, self.address, text)
            case Way.TCP:
                ports = (port, self.port)
                return tcp_packet(self.source, self.address, ports, _SYN, text)
            case Way.FLOW:
                port = _FLOW_PORT
            case Way.DNS:
                text = dns_query(text)
        return udp_packet(self.source, self.address, self.port, text, source_port=port)


#: What may be reached, and how.
_OPEN: Final = (
    *((way, "internet", PLACES.page) for way in (Way.FLOW, Way.UDP, Way.TCP, Way.ICMP)),
    *((way, "internet6", PLACES.page6) for way in (Way.FLOW, Way.UDP, Way.TCP, Way.ICMP)),
    (Way.DNS, "resolver", PLACES.resolver),
    (Way.DNS, "resolver6", PLACES.resolver6),
)
_PORTS: Final = {
    Way.FLOW: ECHO,
    Way.UDP: ECHO,
    Way.TCP: _HTTP,
    Way.ICMP: 0,
    Way.DNS: _DNS,
}

#: What must get nowhere, each by UDP, TCP and an echo request.
_CLOSED: Final = (
    ("lan-host", PLACES.lan_host),
    ("lan-host6", PLACES.lan_host6),
    ("router", PLACES.router),
    ("router6", PLACES.router6),
    ("router6-public", ip_address("2001:db8:77:1::1")),
    ("host", PLACES.client),
    ("host6", PLACES.client6),
    ("host6-local", PLACES.client_ula),
    ("owners-address", NODES[0].guest.ip),
    ("owners-address6", NODES[0].guest6.ip),
    ("owners-resolver", NODES[0].gateway.ip),
    ("owners-resolver6", NODES[0].gateway6.ip),
    ("shared-space", PLACES.shared_space),
    ("metadata", PLACES.metadata),
    ("link-local6", PLACES.router_link_local),
    ("mdns", ip_address("224.0.0.251")),
    ("ssdp6", ip_address("ff05::c")),
    ("translated-lan-host", ip_address("64:ff9b::c0a8:4d14")),
)
_CLOSED_WAYS: Final = (Way.UDP, Way.TCP, Way.ICMP)

#: Whose addresses a guest might pretend to have: the owner's, outside and in the tunnel.
_FORGED: Final = (
    ("internet-as-host", PLACES.client, PLACES.page),
    ("internet6-as-host", PLACES.client6, PLACES.page6),
    ("internet-as-owner", NODES[0].guest.ip, PLACES.page),
    ("internet6-as-owner", NODES[0].guest6.ip, PLACES.page6),
)


def errands(own: Sequence[IpAddress], pair: Sequence[IpAddress]) -> tuple[Errand, ...]:
    """Return what a guest sends in a burst.

    ``own`` are its addresses, ``pair`` those of the host towards the node: one of each family.
    """
    host = tuple((f"pair-ipv{one.version}", one) for one in pair)
    rows: list[tuple[Way, str, IpAddress, IpAddress, int, bool]] = [
        (way, to, _of_family(own, address), address, _PORTS[way], True)
        for way, to, address in _OPEN
    ]
    rows += [
        (way, to, _of_family(own, address), address, _PORTS[way], False)
        for to, address in (*_CLOSED, *host)
        for way in _CLOSED_WAYS
    ]
    rows += [(Way.UDP, to, source, address, ECHO, False) for to, source, address in _FORGED]
    rows += [
        (Way.TCP, to, _of_family(own, address), address, _SMTP, False)
        for to, address in (("mail", PLACES.page), ("mail6", PLACES.page6))
    ]
    return tuple(
        Errand(index=index, way=way, to=to, source=source, address=address, port=port, may=may)
        for index, (way, to, source, address, port, may) in enumerate(rows)
    )


def _of_family(own: Sequence[IpAddress], address: IpAddress) -> IpAddress:
    return next(one for one in own if one.version == address.version)


#: How many errands a burst has, whoever the guest is.
_ANY: Final = (ip_address("10.0.0.1"), ip_address("fd00::1"))
NUMBER: Final = len(errands(_ANY, _ANY))

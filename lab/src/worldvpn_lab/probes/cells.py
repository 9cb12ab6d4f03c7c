"""Which probe is sent where: the rows of one burst (docs/security.md, the leak matrix). Pure."""

from __future__ import annotations

import enum
from ipaddress import IPv4Address, ip_address
from typing import Final

import attrs

from worldvpn_core.types import IpAddress
from worldvpn_lab.map import NODES, PLACES

ECHO: Final = 7


class Probe(enum.StrEnum):
    """A way to send. Ports are the probe's own unless the destination has one."""

    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"
    UDP_BOUND = "udp-bound"
    PACKET = "packet"
    GUEST = "guest"
    GRE = "gre"
    FRAGMENT = "fragment"
    QUIC = "quic"
    DNS_UDP = "dns-udp"
    DNS_TCP = "dns-tcp"
    DOT = "dot"
    DOQ = "doq"
    STUN = "stun"
    TORRENT = "torrent"
    MULTICAST = "multicast"
    BROADCAST = "broadcast"
    MDNS = "mdns"
    JOIN = "join"


#: The port each probe is for; None: it has none.
PORTS: Final[dict[Probe, int | None]] = {
    Probe.TCP: 80,
    Probe.UDP: ECHO,
    Probe.ICMP: None,
    Probe.UDP_BOUND: ECHO,
    Probe.PACKET: ECHO,
    Probe.GUEST: ECHO,
    Probe.GRE: None,
    Probe.FRAGMENT: ECHO,
    Probe.QUIC: 443,
    Probe.DNS_UDP: 53,
    Probe.DNS_TCP: 53,
    Probe.DOT: 853,
    Probe.DOQ: 853,
    Probe.STUN: 3478,
    Probe.TORRENT: 6969,
    Probe.MULTICAST: 1900,
    Probe.BROADCAST: 9,
    Probe.MDNS: 5353,
    Probe.JOIN: None,
}


@attrs.frozen(kw_only=True)
class Destination:
    """Where probes are aimed; ``port`` overrides theirs, ``uid`` says who sends there."""

    name: str
    address: IpAddress
    port: int | None = None
    uid: int = 0


@attrs.frozen(kw_only=True)
class Cell:
    """One probe to one destination; ``index`` is its place in every burst."""

    index: int
    probe: Probe
    destination: str
    address: IpAddress
    port: int | None
    uid: int

    @property
    def name(self) -> str:
        """How people and tables call it."""
        return f"{self.probe}→{self.destination}"


def _at(name: str, address: IpAddress, port: int | None = None, uid: int = 0) -> Destination:
    return Destination(name=name, address=address, port=port, uid=uid)


#: ``nobody``: a uid that is certainly not ours.
STRANGER: Final = 65_534
_RELAY = NODES[0]

UNICAST: Final = (
    _at("internet", PLACES.page),
    _at("internet6", PLACES.page6),
    _at("resolver", PLACES.resolver),
    _at("resolver6", PLACES.resolver6),
    _at("lan-host", PLACES.lan_host),
    _at("lan-host6", PLACES.lan_host6),
    _at("router", PLACES.router),
    _at("router6", PLACES.router6),
    _at("relay-other-port", _RELAY.endpoint),
    _at("relay6-other-port", _RELAY.endpoint6),
    _at("relay-unmarked", _RELAY.endpoint, _RELAY.port),
    _at("relay6-unmarked", _RELAY.endpoint6, _RELAY.port),
    _at("central-stranger", PLACES.central, 443, STRANGER),
    _at("central6-stranger", PLACES.central6, 443, STRANGER),
    _at("shared-space", PLACES.shared_space),
    _at("metadata", PLACES.metadata),
    _at("link-local6", PLACES.router_link_local),
)

_EVERYWHERE: Final = (
    *(Probe.TCP, Probe.UDP, Probe.ICMP, Probe.UDP_BOUND, Probe.PACKET, Probe.GUEST, Probe.GRE),
    *(Probe.FRAGMENT, Probe.QUIC, Probe.DNS_UDP, Probe.DNS_TCP, Probe.DOT, Probe.DOQ),
    *(Probe.STUN, Probe.TORRENT),
)

_GROUPS: Final = (
    (Probe.MULTICAST, _at("local-control", ip_address("224.0.0.99"))),
    (Probe.MULTICAST, _at("ssdp", ip_address("239.255.255.250"))),
    (Probe.MULTICAST, _at("wide", ip_address("233.252.0.9"))),
    (Probe.MULTICAST, _at("ssdp6", ip_address("ff05::c"))),
    (Probe.MULTICAST, _at("all-nodes6", ip_address("ff02::1"))),
    (Probe.BROADCAST, _at("limited", ip_address("255.255.255.255"))),
    (Probe.BROADCAST, _at("directed", ip_address("192.168.77.255"))),
    (Probe.MDNS, _at("mdns", ip_address("224.0.0.251"))),
    (Probe.MDNS, _at("mdns6", ip_address("ff02::fb"))),
    (Probe.JOIN, _at("igmp", ip_address("239.86.0.0"))),
    (Probe.JOIN, _at("mld", ip_address("ff05::5756:0"))),
)


def _cell(index: int, probe: Probe, to: Destination) -> Cell:
    # What has no port of its own cannot be sent to one: ICMP to "relay, unmarked" is still a cell.
    port = None if PORTS[probe] is None else to.port or PORTS[probe]
    return Cell(
        index=index,
        probe=probe,
        destination=to.name,
        address=to.address,
        port=port,
        uid=to.uid,
    )


def cells() -> tuple[Cell, ...]:
    """Return every cell of a burst: each unicast probe to each destination, then the groups."""
    pairs = [(probe, to) for to in UNICAST for probe in _EVERYWHERE]
    return tuple(_cell(index, *pair) for index, pair in enumerate([*pairs, *_GROUPS]))


def is_ipv4(cell: Cell) -> bool:
    """Return whether ``cell`` is of IPv4."""
    return isinstance(cell.address, IPv4Address)

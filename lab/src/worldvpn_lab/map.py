"""The world as one frozen value: who is there, on which cable, under which address.

Addresses are documentation ranges (RFC 5737, RFC 3849) and the private ranges a home
has, so that a packet that strays is recognised wherever it is seen.

    client ── lan ── isp ─┬─ node1
       eth0 ┊ (eth1, eth2)├─ node2
                          └─ internet
"""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from typing import Final

import attrs

from worldvpn_core.types import IpAddress, IpInterface, IpNetwork
from worldvpn_lab.netlink import BOOT, DHCP, RA, VethEnd

ROLES: Final = ("client", "lan", "isp", "node1", "node2", "internet")
#: A machine bridged onto the LAN through the client; it has no cable until one is asked for.
GUEST: Final = "guest"


@attrs.frozen(kw_only=True)
class End:
    """Where a cable enters a role; ``up`` says whether it is in use from the start."""

    role: str
    name: str
    index: int
    addresses: tuple[IpInterface, ...] = ()
    up: bool = True

    @property
    def mac(self) -> bytes:
        """A locally administered address, derived from role and index: always the same."""
        everyone = (*ROLES, GUEST)
        return bytes((0x02, 0x57, 0x56, 0x00, everyone.index(self.role), self.index))

    @property
    def veth(self) -> VethEnd:
        """What the kernel is asked for."""
        return VethEnd(name=self.name, index=self.index, mac=self.mac)


@attrs.frozen(kw_only=True)
class Cable:
    """Two ends that are joined."""

    near: End
    far: End


@attrs.frozen(kw_only=True)
class Hop:
    """A route of a role, through its link ``device``."""

    role: str
    to: IpNetwork
    device: str
    via: IpAddress | None = None
    metric: int = 0
    proto: int = BOOT


@attrs.frozen(kw_only=True)
class Node:
    """A WireGuard server: where it listens, and what its guests have inside."""

    role: str
    endpoint: IpAddress
    endpoint6: IpAddress
    port: int
    gateway: IpInterface
    gateway6: IpInterface
    guest: IpInterface
    guest6: IpInterface


@attrs.frozen(kw_only=True)
class Places:
    """Addresses with a name: what tests aim at."""

    client: IpAddress
    client6: IpAddress
    client_ula: IpAddress
    router: IpAddress
    router6: IpAddress
    router_link_local: IpAddress
    lan_host: IpAddress
    lan_host6: IpAddress
    isp_resolver: IpAddress
    page: IpAddress
    page6: IpAddress
    resolver: IpAddress
    resolver6: IpAddress
    stun: IpAddress
    tracker: IpAddress
    central: IpAddress
    central6: IpAddress
    shared_space: IpAddress
    metadata: IpAddress


PLACES: Final = Places(
    client=ip_address("192.168.77.10"),
    client6=ip_address("2001:db8:77:1::10"),
    client_ula=ip_address("fd77:1::10"),
    router=ip_address("192.168.77.1"),
    router6=ip_address("fd77:1::1"),
    router_link_local=ip_address("fe80::1"),
    lan_host=ip_address("192.168.77.20"),
    lan_host6=ip_address("fd77:1::20"),
    isp_resolver=ip_address("192.0.2.53"),
    page=ip_address("198.51.100.80"),
    page6=ip_address("2001:db8:80::80"),
    resolver=ip_address("198.51.100.53"),
    resolver6=ip_address("2001:db8:80::53"),
    stun=ip_address("198.51.100.34"),
    tracker=ip_address("198.51.100.69"),
    central=ip_address("198.51.100.10"),
    central6=ip_address("2001:db8:80::10"),
    shared_space=ip_address("100.64.0.9"),
    metadata=ip_address("169.254.169.254"),
)
WIREGUARD_PORT: Final = 51820


def _on(*texts: str) -> tuple[IpInterface, ...]:
    return tuple(ip_interface(text) for text in texts)


def _hop(role: str, to: str, device: str, via: str) -> Hop:
    return Hop(role=role, to=ip_network(to), device=device, via=ip_address(via))


def _end(role: str, name: str, index: int, *addresses: str, up: bool = True) -> End:
    return End(role=role, name=name, index=index, addresses=_on(*addresses), up=up)


UPLINK: Final = Cable(
    near=_end("client", "eth0", 2, "192.168.77.10/24", "2001:db8:77:1::10/64", "fd77:1::10/64"),
    far=_end(
        "lan",
        "lan0",
        2,
        *("192.168.77.1/24", "192.168.77.20/24", "169.254.169.254/16"),
        *("2001:db8:77:1::1/64", "fd77:1::1/64", "fd77:1::20/64", "fe80::1/64", "fe80::20/64"),
    ),
)
#: A second way out (say, Wi-Fi): plugged in, but down until a disturbance brings it up.
SECOND_UPLINK: Final = Cable(
    near=_end(
        *("client", "eth1", 3, "192.168.78.10/24", "2001:db8:77:2::10/64", "fd77:2::10/64"),
        up=False,
    ),
    far=_end(
        *("lan", "lan1", 3, "192.168.78.1/24", "2001:db8:77:2::1/64", "fd77:2::1/64"),
        "fe80::1/64",
    ),
)

CABLES: Final = (
    UPLINK,
    SECOND_UPLINK,
    Cable(
        near=_end("lan", "wan0", 9, "192.0.2.77/24", "2001:db8:0:77::2/64"),
        far=_end("isp", "lan", 2, "192.0.2.1/24", "192.0.2.53/24", "2001:db8:0:77::1/64"),
    ),
    Cable(
        near=_end("isp", "node1", 3, "203.0.113.1/28", "2001:db8:a1::1/64"),
        far=_end("node1", "eth0", 2, "203.0.113.10/28", "2001:db8:a1::10/64"),
    ),
    Cable(
        near=_end("isp", "node2", 4, "203.0.113.17/28", "2001:db8:a2::1/64"),
        far=_end("node2", "eth0", 2, "203.0.113.20/28", "2001:db8:a2::20/64"),
    ),
    Cable(
        near=_end("isp", "internet", 5, "198.51.100.1/24", "2001:db8:80::1/64"),
        far=_end(
            *("internet", "eth0", 2, "198.51.100.80/24", "198.51.100.53/24"),
            *("198.51.100.34/24", "198.51.100.69/24", "198.51.100.10/24", "100.64.0.9/32"),
            *("2001:db8:80::80/64", "2001:db8:80::53/64", "2001:db8:80::10/64"),
        ),
    ),
)

HOPS: Final = (
    attrs.evolve(_hop("client", "0.0.0.0/0", "eth0", "192.168.77.1"), metric=100, proto=DHCP),
    attrs.evolve(_hop("client", "::/0", "eth0", "fe80::1"), metric=1024, proto=RA),
    _hop("lan", "0.0.0.0/0", "wan0", "192.0.2.1"),
    _hop("lan", "::/0", "wan0", "2001:db8:0:77::1"),
    _hop("isp", "2001:db8:77::/48", "lan", "2001:db8:0:77::2"),
    _hop("isp", "100.64.0.0/10", "internet", "198.51.100.80"),
    _hop("node1", "0.0.0.0/0", "eth0", "203.0.113.1"),
    _hop("node1", "::/0", "eth0", "2001:db8:a1::1"),
    _hop("node2", "0.0.0.0/0", "eth0", "203.0.113.17"),
    _hop("node2", "::/0", "eth0", "2001:db8:a2::1"),
    _hop("internet", "0.0.0.0/0", "eth0", "198.51.100.1"),
    _hop("internet", "::/0", "eth0", "2001:db8:80::1"),
)

ROUTERS: Final = ("lan", "isp", "node1", "node2")
#: Role and outward link of those who put their own address on what they forward.
MASQUERADES: Final = (("lan", "wan0"), ("node1", "eth0"), ("node2", "eth0"))


def _node(number: int, endpoint: str, endpoint6: str) -> Node:
    return Node(
        role=f"node{number}",
        endpoint=ip_address(endpoint),
        endpoint6=ip_address(endpoint6),
        port=WIREGUARD_PORT,
        gateway=ip_interface(f"10.63.{number}.1/24"),
        gateway6=ip_interface(f"fd64:{number}::1/64"),
        guest=ip_interface(f"10.63.{number}.2/32"),
        guest6=ip_interface(f"fd64:{number}::2/128"),
    )


NODES: Final = (
    _node(1, "203.0.113.10", "2001:db8:a1::10"),
    _node(2, "203.0.113.20", "2001:db8:a2::20"),
)

#: Which resolver each role's resolv.conf names.
RESOLVERS: Final = {
    "client": (PLACES.router,),
    "lan": (PLACES.isp_resolver,),
    "isp": (PLACES.isp_resolver,),
    "node1": (PLACES.resolver,),
    "node2": (PLACES.resolver,),
    "internet": (PLACES.resolver,),
}

#: What every resolver of the world knows (RFC 6761: ``example`` belongs to nobody).
NAMES: Final[dict[str, tuple[IpAddress, ...]]] = {
    "www.example": (PLACES.page, PLACES.page6),
    "central.example": (PLACES.central, PLACES.central6),
    "stun.example": (PLACES.stun,),
    "tracker.example": (PLACES.tracker,),
    "node1.example": (NODES[0].endpoint, NODES[0].endpoint6),
    "node2.example": (NODES[1].endpoint, NODES[1].endpoint6),
}


def ends(role: str) -> tuple[End, ...]:
    """Return where cables enter ``role``."""
    every = tuple(end for cable in CABLES for end in (cable.near, cable.far))
    return tuple(end for end in every if end.role == role)


def node(role: str) -> Node:
    """Return the node of that name."""
    return next(known for known in NODES if known.role == role)

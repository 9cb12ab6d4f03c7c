"""A hostile network that says where packets should go (TunnelVision, LocalNet, rogue RA)."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_interface, ip_network
from typing import Final

import attrs

from worldvpn_core.types import IpNetwork
from worldvpn_lab import netlink, nodes
from worldvpn_lab.disturb import forged
from worldvpn_lab.disturb.scene import Effect, Scene
from worldvpn_lab.map import PLACES, UPLINK
from worldvpn_lab.probes.packets import frame

_ROGUE: Final = IPv6Address("fe80::bad")
_SAID: Final = forged.Advertisement(
    router=_ROGUE,
    prefix=IPv6Network("2001:db8:bad::/64"),
    resolver=IPv6Address(PLACES.resolver6),
    lifetime_s=1800,
)
_ETH_P_IPV6: Final = 0x86DD

#: A lease that makes the internet's servers neighbours (LocalNet, CVE-2023-36672).
FALSE_LEASE: Final = (ip_interface("198.51.100.200/24"), ip_interface("2001:db8:80::200/64"))


def _injected(networks: Sequence[IpNetwork]) -> list[netlink.Route]:
    return [
        netlink.Route(
            to=network,
            index=UPLINK.near.index,
            via=PLACES.router if isinstance(network, IPv4Network) else PLACES.router_link_local,
            proto=netlink.DHCP if isinstance(network, IPv4Network) else netlink.RA,
        )
        for network in networks
    ]


@contextlib.contextmanager
def _routes(scene: Scene, networks: Sequence[IpNetwork]) -> Iterator[None]:
    routes = _injected(networks)
    scene.ask("client", [netlink.new_route(route) for route in routes])
    try:
        yield
    finally:
        scene.undo("client", [netlink.delete_route(route) for route in routes])


def option_121(*texts: str) -> Effect:
    """Return the effect of classless static routes (RFC 3442) to these networks."""
    networks = tuple(ip_network(text) for text in texts)
    return lambda scene: _routes(scene, networks)


def option_121_inner(scene: Scene) -> contextlib.AbstractContextManager[None]:
    """Inject routes that cover the tunnel's inner addresses, its resolver's among them."""
    return _routes(scene, (scene.node.gateway.network, scene.node.gateway6.network))


@contextlib.contextmanager
def local_net(scene: Scene) -> Iterator[None]:
    """Lease addresses of the internet's own subnets; the router answers for everyone in them."""
    scene.world.write(
        "lan",
        {
            "/proc/sys/net/ipv4/conf/lan0/proxy_arp": "1",
            "/proc/sys/net/ipv6/conf/lan0/proxy_ndp": "1",
            # Else the router waits up to 0.8 s, as if another might answer.
            "/proc/sys/net/ipv4/neigh/lan0/proxy_delay": "0",
            "/proc/sys/net/ipv6/neigh/lan0/proxy_delay": "0",
        },
    )
    stolen = (PLACES.page6, PLACES.resolver6, PLACES.central6)
    scene.ask("lan", [netlink.new_proxy(UPLINK.far.index, address) for address in stolen])
    index = UPLINK.near.index
    scene.ask("client", [netlink.new_address(index, address) for address in FALSE_LEASE])
    try:
        yield
    finally:
        scene.undo("client", [netlink.delete_address(index, each) for each in FALSE_LEASE])
        scene.world.write("lan", {"/proc/sys/net/ipv4/conf/lan0/proxy_arp": "0"})


@contextlib.contextmanager
def rogue_ra(scene: Scene) -> Iterator[None]:
    """Advertise, on the LAN, a preferred router with a prefix and a resolver of its own."""
    own = ip_interface(f"{_ROGUE}/64")
    scene.ask("lan", [netlink.new_address(UPLINK.far.index, own)])
    _advertise_on_lan(scene, 1800)
    try:
        yield
    finally:
        _advertise_on_lan(scene, 0)
        scene.undo("lan", [netlink.delete_address(UPLINK.far.index, own)])


def _advertise_on_lan(scene: Scene, lifetime_s: int) -> None:
    said = attrs.evolve(_SAID, lifetime_s=lifetime_s, mac=UPLINK.far.mac)
    packet = forged.router_advertisement(said)
    with scene.world.open_socket("lan", socket.AF_PACKET, socket.SOCK_RAW) as line:
        line.bind((UPLINK.far.name, 0))
        line.send(frame(forged.ALL_NODES_MAC, UPLINK.far.mac, packet))


@contextlib.contextmanager
def rogue_ra_in_tunnel(scene: Scene) -> Iterator[None]:
    """Let the node advertise itself, through the tunnel, as its guest's router."""
    guest = scene.node.guest6.ip
    packet = forged.router_advertisement(_SAID, IPv6Address(guest))
    role = scene.node.role
    with scene.world.open_socket(role, socket.AF_PACKET, socket.SOCK_DGRAM) as line:
        line.sendto(packet, (nodes.DEVICE, _ETH_P_IPV6))
    yield

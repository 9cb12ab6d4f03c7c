"""The fixed address ranges the rules speak of, and what of them belongs in a tunnel."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_network,
)
from typing import Final

from worldvpn_core.policy import TunnelRule
from worldvpn_core.types import IpAddress, IpNetwork

VERSIONS: Final = (4, 6)

_PRIVATE4: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")

#: What "LAN" means: never what a lease claims (LocalNet, USENIX Security 2023).
LAN: Final[dict[int, tuple[IpNetwork, ...]]] = {
    4: tuple(map(ip_network, (*_PRIVATE4, "224.0.0.0/24", "239.0.0.0/8", "255.255.255.255/32"))),
    6: tuple(
        map(ip_network, ("fe80::/10", "fc00::/7", *(f"ff0{scope}::/16" for scope in range(1, 6))))
    ),
}
#: Where a DHCPv4 client may send: everyone, or the server that gave the lease.
DHCP4: Final[tuple[IpNetwork, ...]] = tuple(map(ip_network, (*_PRIVATE4, "255.255.255.255/32")))
#: What a guest of a node never reaches, beyond the LAN: RFC 6890, multicast.
NOT_FOR_GUESTS: Final[dict[int, tuple[IpNetwork, ...]]] = {
    4: tuple(
        map(
            ip_network,
            (
                *(*_PRIVATE4, "0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "192.0.0.0/24"),
                *("198.18.0.0/15", "224.0.0.0/3"),
            ),
        )
    ),
    # IPv4 addresses in IPv6 ones among them, which a translator or tunnel would reach.
    6: tuple(
        map(
            ip_network,
            (
                *("fe80::/10", "fec0::/10", "fc00::/7", "ff00::/8", "::/96", "::ffff:0:0/96"),
                *("64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2002::/16"),
            ),
        )
    ),
}


def of_version(networks: Iterable[IpNetwork], version: int) -> tuple[IpNetwork, ...]:
    """Return those of ``networks`` that are of IP ``version``, in as few as will do."""
    return _of_version(tuple(networks), version)


@lru_cache(maxsize=64)
def _of_version(networks: tuple[IpNetwork, ...], version: int) -> tuple[IpNetwork, ...]:
    if version == IPv4Address(0).version:
        return tuple(collapse_addresses(n for n in networks if isinstance(n, IPv4Network)))
    return tuple(collapse_addresses(n for n in networks if isinstance(n, IPv6Network)))


def whole(addresses: Iterable[IpAddress]) -> tuple[IpNetwork, ...]:
    """Return each of ``addresses`` as the network of just it."""
    return tuple(map(_alone, addresses))


@lru_cache(maxsize=64)
def _alone(address: IpAddress) -> IpNetwork:
    return IPv6Network(address) if isinstance(address, IPv6Address) else IPv4Network(address)


def in_lan(network: IpNetwork) -> bool:
    """Say whether all of ``network`` lies within the LAN ranges."""
    if isinstance(network, IPv4Network):
        return any(network.subnet_of(lan) for lan in LAN[4] if isinstance(lan, IPv4Network))
    return any(network.subnet_of(lan) for lan in LAN[6] if isinstance(lan, IPv6Network))


def inside(tunnels: Iterable[TunnelRule]) -> tuple[IpNetwork, ...]:
    """Return what lies in the LAN ranges and yet belongs in one of ``tunnels``.

    Their own addresses, their resolvers, and every AllowedIPs within them.
    """
    return tuple(
        network
        for tunnel in tunnels
        for network in (*whole((*tunnel.addresses, *tunnel.dns)), *tunnel.allowed)
        if in_lan(network)
    )

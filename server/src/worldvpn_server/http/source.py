"""Where a request comes from: the peer's address, or what a trusted load balancer says it is."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

from litestar.connection import ASGIConnection

from worldvpn_server.errors import MalformedError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_HEADER: Final = "x-forwarded-for"
#: A chain of proxies is short; what is further left was written by strangers anyway.
_MOST_HOPS: Final = 16
_MOST_CHARACTERS: Final = 1024


def source_address(connection: ASGIConnection[Any, Any, Any, Any]) -> Address:
    """Return the address that ``connection`` was opened from.

    X-Forwarded-For is read only behind ``ServerConfig.trusted_proxies``, from its right end.

    Raises:
        MalformedError: the connection has no address: it came over a local socket.
    """
    client = connection.client
    peer = None if client is None else plain(client.host)
    if peer is None:
        raise MalformedError("the request has no source address: send it over IP")
    trusted = connection.app.state.services.config.trusted_proxies
    if not trusted:
        return peer
    said = connection.headers.getall(_HEADER, [])
    return forwarded(peer, ",".join(said), trusted)


def forwarded(peer: Address, header: str, trusted: Sequence[Network]) -> Address:
    """Return the last address in the chain that is no trusted proxy. Pure.

    Each proxy appends whom it heard from: an entry is worth what the one right of it is worth.
    """
    known = peer
    for hop in reversed(header[-_MOST_CHARACTERS:].split(",")[-_MOST_HOPS:]):
        if not _within(known, trusted):
            break
        named = plain(hop.strip())
        if named is None:
            break
        known = named
    return known


@functools.lru_cache(maxsize=4096)
def plain(text: str) -> Address | None:
    """Return the address in ``text`` as its owner would write it; None: there is none.

    IPv4 in IPv6 (RFC 4291 section 2.5.5.2) is IPv4, and a scope says nothing to us.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)

"""Frames that an attacker on the LAN, or a hostile node, sends. Pure.

Router advertisements: RFC 4861 §4.2, 4191 §2.3, 8106 §5.1. ARP: RFC 826.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Final

import attrs

from worldvpn_core.types import IpAddress
from worldvpn_lab.probes.packets import ip_packet, summed, tcp_packet

BROADCAST: Final = b"\xff" * 6
ALL_NODES: Final = IPv6Address("ff02::1")
ALL_NODES_MAC: Final = bytes.fromhex("333300000001")

_ICMPV6: Final = 58
_HIGH_PREFERENCE: Final = 0x08
_ON_LINK_AUTONOMOUS: Final = 0xC0
_SYN_ACK: Final = 0x12
_ON_LINK_HOP_LIMIT: Final = 255


def _icmpv6(source: IpAddress, destination: IpAddress, body: bytes) -> bytes:
    total = summed(source, destination, _ICMPV6, body[:2] + b"\0\0" + body[4:])
    packet = body[:2] + total + body[4:]
    return ip_packet(source, destination, _ICMPV6, packet, hop_limit=_ON_LINK_HOP_LIMIT)


@attrs.frozen(kw_only=True)
class Advertisement:
    """What a router says of itself; a lifetime of 0 takes it back."""

    router: IPv6Address
    prefix: IPv6Network
    resolver: IPv6Address
    lifetime_s: int = 1800
    mac: bytes | None = None


def router_advertisement(said: Advertisement, to: IPv6Address = ALL_NODES) -> bytes:
    """Return the IPv6 packet of a router that wants to be preferred to all others."""
    body = struct.pack(
        "!BBHBBHII",
        134,
        0,
        0,
        64,
        _HIGH_PREFERENCE if said.lifetime_s else 0,
        said.lifetime_s,
        0,
        0,
    )
    body += (
        struct.pack(
            "!BBBBIII",
            3,
            4,
            said.prefix.prefixlen,
            _ON_LINK_AUTONOMOUS,
            said.lifetime_s,
            said.lifetime_s,
            0,
        )
        + said.prefix.network_address.packed
    )
    body += struct.pack("!BBHI", 25, 3, 0, said.lifetime_s) + said.resolver.packed
    if said.mac is not None:
        body += b"\1\1" + said.mac
    return _icmpv6(said.router, to, body)


def neighbour_solicitation(source: IPv6Address, target: IPv6Address) -> tuple[bytes, bytes]:
    """Return the multicast MAC and the packet that asks who has ``target`` (RFC 4861 §4.3)."""
    group = IPv6Address(IPv6Address("ff02::1:ff00:0").packed[:13] + target.packed[13:])
    body = struct.pack("!BBHI", 135, 0, 0, 0) + target.packed
    return b"\x33\x33" + group.packed[12:], _icmpv6(source, group, body)


def arp_request(mac: bytes, sender: IPv4Address, target: IPv4Address) -> bytes:
    """Return the whole frame that asks everyone who has ``target``."""
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)
    body += mac + sender.packed + bytes(6) + target.packed
    return BROADCAST + mac + struct.pack("!H", 0x0806) + body


def syn_ack(source: IpAddress, destination: IpAddress, port: int) -> bytes:
    """Return the packet of CVE-2019-14899: an answer to what was never asked, to ``port``."""
    return tcp_packet(source, destination, (80, port), _SYN_ACK)

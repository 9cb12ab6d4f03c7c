"""Packets written by hand, for the probes that go round the kernel's own sockets. Pure."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import Final

from worldvpn_core.types import IpAddress

_ICMP: Final = 1
_TCP: Final = 6
_UDP: Final = 17
_ICMPV6: Final = 58
_HOP_LIMIT: Final = 64
_SOURCE_PORT: Final = 9_999
_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_VERSION4: Final = 0x40
_ACK: Final = 0x10


def checksum(data: bytes) -> int:
    """Return the Internet check sum (RFC 1071) of ``data``."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_request(address: IpAddress, payload: bytes) -> bytes:
    """Return an ICMP or ICMPv6 echo request; the kernel sums up the latter."""
    if not isinstance(address, IPv4Address):
        return struct.pack("!BBHHH", 128, 0, 0, 0, 0) + payload
    whole = struct.pack("!BBHHH", 8, 0, 0, 0, 0) + payload
    return whole[:2] + struct.pack("!H", checksum(whole)) + whole[4:]


def summed(source: IpAddress, destination: IpAddress, protocol: int, body: bytes) -> bytes:
    """Return the check sum of ``body`` with its pseudo header, as it is sent."""
    if isinstance(source, IPv4Address):
        tail = struct.pack("!BBH", 0, protocol, len(body))
    else:
        tail = struct.pack("!II", len(body), protocol)
    return struct.pack("!H", checksum(source.packed + destination.packed + tail + body))


def ip_packet(
    source: IpAddress,
    destination: IpAddress,
    protocol: int,
    body: bytes,
    *,
    hop_limit: int = _HOP_LIMIT,
) -> bytes:
    """Return ``body`` in a whole IP packet, as a program with a raw socket would send it."""
    if isinstance(source, IPv4Address):
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, hop_limit, protocol, 0)
        head += source.packed + destination.packed
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body
    head = struct.pack("!IHBB", 0x60000000, len(body), protocol, hop_limit)
    return head + source.packed + destination.packed + body


def udp_packet(
    source: IpAddress,
    destination: IpAddress,
    port: int,
    payload: bytes,
    *,
    source_port: int = _SOURCE_PORT,
) -> bytes:
    """Return a whole IP packet with one UDP datagram."""
    head = struct.pack("!HHH", source_port, port, 8 + len(payload))
    total = summed(source, destination, _UDP, head + b"\0\0" + payload)
    # A sum of zero means that there is none (RFC 768).
    datagram = head + (total if any(total) else b"\xff\xff") + payload
    return ip_packet(source, destination, _UDP, datagram)


def tcp_packet(
    source: IpAddress,
    destination: IpAddress,
    ports: tuple[int, int],
    flags: int,
    payload: bytes = b"",
) -> bytes:
    """Return a whole IP packet with one TCP segment, the first of its sender (RFC 9293 §3.1)."""
    acknowledged = 1 if flags & _ACK else 0
    head = struct.pack("!HHIIBBHHH", *ports, 1, acknowledged, 5 << 4, flags, 1024, 0, 0)
    body = head + payload
    total = summed(source, destination, _TCP, body)
    return ip_packet(source, destination, _TCP, body[:16] + total + body[18:])


def echo_packet(source: IpAddress, destination: IpAddress, payload: bytes) -> bytes:
    """Return a whole IP packet with an ICMP or ICMPv6 echo request."""
    body = echo_request(destination, payload)
    if isinstance(source, IPv4Address):
        return ip_packet(source, destination, _ICMP, body)
    total = summed(source, destination, _ICMPV6, body)
    return ip_packet(source, destination, _ICMPV6, body[:2] + total + body[4:])


def frame(destination: bytes, source: bytes, packet: bytes) -> bytes:
    """Return ``packet`` in an Ethernet frame."""
    return destination + source + struct.pack("!H", ethertype_of(packet)) + packet


def ethertype_of(packet: bytes) -> int:
    """Return what a frame around the IP packet ``packet`` is called."""
    return _IPV4 if packet[0] & 0xF0 == _VERSION4 else _IPV6


def quic_initial(payload: bytes) -> bytes:
    """Return what the first datagram of a QUIC connection looks like (RFC 9000 §17.2.2)."""
    return b"\xc3\0\0\0\1\x08" + bytes(8) + b"\0\0\x44\xb0" + payload.ljust(1200, b"\0")


def dns_query(label: bytes) -> bytes:
    """Return a DNS question for ``label``.example (RFC 1035)."""
    name = bytes((len(label),)) + label + b"\x07example\0"
    return struct.pack("!HHHHHH", 1, 0x0100, 1, 0, 0, 0) + name + struct.pack("!HH", 1, 1)


def stun_request(software: bytes) -> bytes:
    """Return a STUN binding request that names ``software`` (RFC 8489)."""
    padded = software + bytes(-len(software) % 4)
    attribute = struct.pack("!HH", 0x8022, len(software)) + padded
    return struct.pack("!HHI", 1, len(attribute), 0x2112A442) + bytes(12) + attribute


def tracker_announce(payload: bytes) -> bytes:
    """Return a BitTorrent tracker's connect request (BEP 15), with ``payload`` behind it."""
    return struct.pack("!QII", 0x41727101980, 0, 1) + payload

"""Packets written by hand, for the probes that go round the kernel's own sockets. Pure."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import Final

from worldvpn_core.types import IpAddress

_UDP: Final = 17
_HOP_LIMIT: Final = 64
_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_VERSION4: Final = 0x40


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


def udp_packet(source: IpAddress, destination: IpAddress, port: int, payload: bytes) -> bytes:
    """Return a whole IP packet with one UDP datagram, as a program with a raw socket would."""
    length = 8 + len(payload)
    pseudo = source.packed + destination.packed + struct.pack("!HH", _UDP, length)
    ports = struct.pack("!HHH", 9999, port, length)
    summed = checksum(pseudo + ports + b"\0\0" + payload) or 0xFFFF
    datagram = ports + struct.pack("!H", summed) + payload
    if isinstance(source, IPv4Address):
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, _HOP_LIMIT, _UDP, 0)
        head += source.packed + destination.packed
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + datagram
    head = struct.pack("!IHBB", 0x60000000, length, _UDP, _HOP_LIMIT)
    return head + source.packed + destination.packed + datagram


def frame(destination: bytes, source: bytes, packet: bytes) -> bytes:
    """Return ``packet`` in an Ethernet frame."""
    ethertype = _IPV4 if packet[0] & 0xF0 == _VERSION4 else _IPV6
    return destination + source + struct.pack("!H", ethertype) + packet


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

"""Ethernet frames, taken apart (IEEE 802.3, RFC 791, 826, 8200). Pure; garbage never raises."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import attrs

Address = IPv4Address | IPv6Address

IPV4: Final = 0x0800
ARP: Final = 0x0806
IPV6: Final = 0x86DD
EAPOL: Final = 0x888E
_VLANS: Final = (0x8100, 0x88A8)

ICMP: Final = 1
IGMP: Final = 2
TCP: Final = 6
UDP: Final = 17
GRE: Final = 47
ICMPV6: Final = 58
_FRAGMENT: Final = 44
#: Extension headers that carry their own length: hop-by-hop, routing, destination options.
_EXTENSIONS: Final = (0, 43, 60)

_ETHERNET_BYTES: Final = 14
_IPV4_BYTES: Final = 20
_IPV6_BYTES: Final = 40
_ARP_BYTES: Final = 28
_TCP_BYTES: Final = 20
_PORTS_BYTES: Final = 4
_NEIGHBOUR_BYTES: Final = 24
_VERSION4: Final = 0x40
_VERSION6: Final = 0x60


@attrs.frozen(kw_only=True)
class Frame:
    """What one frame says; None where it says nothing or is cut short.

    ``offset_bytes`` is that of a fragment (0: the first, or whole), ``fragment`` whether it is
    one at all. ``kind`` and ``code`` are ICMP's. ``about`` are the further addresses that a
    frame of ARP or neighbour discovery names. ``payload`` follows the last header understood.
    """

    ethertype: int | None = None
    source: Address | None = None
    destination: Address | None = None
    protocol: int | None = None
    source_port: int | None = None
    destination_port: int | None = None
    hop_limit: int | None = None
    fragment: bool = False
    offset_bytes: int = 0
    kind: int | None = None
    code: int | None = None
    about: tuple[Address, ...] = ()
    payload: bytes = attrs.field(default=b"", repr=False)
    length_bytes: int = 0


def decode(raw: bytes) -> Frame:
    """Return what ``raw``, an Ethernet frame without check sum, says."""
    if len(raw) < _ETHERNET_BYTES:
        return Frame(payload=raw, length_bytes=len(raw))
    (ethertype,) = struct.unpack_from("!H", raw, 12)
    at = _ETHERNET_BYTES
    while ethertype in _VLANS and len(raw) >= at + 4:
        (ethertype,) = struct.unpack_from("!H", raw, at + 2)
        at += 4
    frame = Frame(ethertype=ethertype, payload=raw[at:], length_bytes=len(raw))
    if ethertype == IPV4:
        return _ipv4(frame)
    if ethertype == IPV6:
        return _ipv6(frame)
    if ethertype == ARP:
        return _arp(frame)
    return frame


def decode_packet(raw: bytes) -> Frame:
    """Return what ``raw`` says: an IP packet as a tunnel's device has it, without any frame."""
    version = raw[0] & 0xF0 if raw else 0
    ethertype = {_VERSION4: IPV4, _VERSION6: IPV6}.get(version, 0)
    return decode(bytes(12) + struct.pack("!H", ethertype) + raw)


def _arp(frame: Frame) -> Frame:
    body = frame.payload
    if len(body) < _ARP_BYTES or body[4:6] != b"\x06\x04":
        return frame
    sender, target = IPv4Address(body[14:18]), IPv4Address(body[24:28])
    return attrs.evolve(frame, kind=body[7], about=(sender, target), payload=body[_ARP_BYTES:])


def _ipv4(frame: Frame) -> Frame:
    body = frame.payload
    if len(body) < _IPV4_BYTES or body[0] & 0xF0 != _VERSION4:
        return frame
    header_bytes = (body[0] & 15) * 4
    total_bytes, _, fragment = struct.unpack_from("!HHH", body, 2)
    # A frame of a segmentation offload says 0; padding after a short packet is no payload.
    end = total_bytes if header_bytes <= total_bytes <= len(body) else len(body)
    if header_bytes < _IPV4_BYTES or header_bytes > end:
        return frame
    return _transport(
        attrs.evolve(
            frame,
            source=IPv4Address(body[12:16]),
            destination=IPv4Address(body[16:20]),
            protocol=body[9],
            hop_limit=body[8],
            fragment=bool(fragment & 0x3FFF),
            offset_bytes=(fragment & 0x1FFF) * 8,
            payload=body[header_bytes:end],
        )
    )


def _ipv6(frame: Frame) -> Frame:
    body = frame.payload
    if len(body) < _IPV6_BYTES or body[0] & 0xF0 != _VERSION6:
        return frame
    following, at, offset_bytes, fragment = body[6], _IPV6_BYTES, 0, False
    while offset_bytes == 0 and len(body) >= at + 8:
        if following == _FRAGMENT:
            fragment = True
            offset_bytes = struct.unpack_from("!H", body, at + 2)[0] & 0xFFF8
            following, at = body[at], at + 8
        elif following in _EXTENSIONS:
            following, at = body[at], at + 8 * (body[at + 1] + 1)
        else:
            break
    return _transport(
        attrs.evolve(
            frame,
            source=IPv6Address(body[8:24]),
            destination=IPv6Address(body[24:40]),
            protocol=following,
            hop_limit=body[7],
            fragment=fragment,
            offset_bytes=offset_bytes,
            payload=body[at:],
        )
    )


def _transport(frame: Frame) -> Frame:
    body = frame.payload
    if frame.offset_bytes:
        return frame
    match frame.protocol:
        case int(protocol) if protocol in (TCP, UDP) and len(body) >= _PORTS_BYTES:
            source, destination = struct.unpack_from("!HH", body)
            header_bytes = 8 if protocol == UDP else _tcp_header_bytes(body)
            return attrs.evolve(
                frame,
                source_port=source,
                destination_port=destination,
                payload=body[header_bytes:],
            )
        case int(protocol) if protocol in (ICMP, ICMPV6) and len(body) >= _PORTS_BYTES:
            about = (IPv6Address(body[8:24]),) if _names_a_neighbour(protocol, body) else ()
            return attrs.evolve(frame, kind=body[0], code=body[1], about=about, payload=body[4:])
        case _:
            return frame


def _tcp_header_bytes(body: bytes) -> int:
    return (body[12] >> 4) * 4 if len(body) >= _TCP_BYTES else len(body)


def _names_a_neighbour(protocol: int, body: bytes) -> bool:
    return protocol == ICMPV6 and body[0] in (135, 136) and len(body) >= _NEIGHBOUR_BYTES

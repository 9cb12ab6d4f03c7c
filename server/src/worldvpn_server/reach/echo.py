"""ICMP echo requests with a nonce, and whether a packet answers one (RFC 792, RFC 4443)."""

from __future__ import annotations

import hmac
import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import attrs

from worldvpn_server.http.source import Address

NONCE_BYTES: Final = 32
_IPV4: Final = struct.Struct("!BBHHHBBH4s4s")
_IPV6: Final = struct.Struct("!IHBB16s16s")
_ICMP: Final = struct.Struct("!BBHHH")
_ICMP_PROTOCOL: Final = 1
_ICMPV6_PROTOCOL: Final = 58
_HOPS: Final = 64
#: Type of a request and of its reply, by IP version.
_REQUEST: Final = {4: 8, 6: 128}
_REPLY: Final = {4: 0, 6: 129}
_FRAGMENT: Final = 0x3FFF  # more fragments, or an offset


@attrs.frozen(kw_only=True)
class Echo:
    """One question inside a tunnel, from ``source`` to ``target``, of one IP version."""

    source: Address
    target: Address
    identifier: int
    nonce: bytes = attrs.field(repr=False)

    def packet(self) -> bytes:
        """Return the IP packet that asks."""
        body = self._icmp(_REQUEST[self.source.version])
        if isinstance(self.source, IPv6Address):
            first = 6 << 28
            head = _IPV6.pack(
                first,
                len(body),
                _ICMPV6_PROTOCOL,
                _HOPS,
                self.source.packed,
                self.target.packed,
            )
            return head + body
        fields = (0x45, 0, _IPV4.size + len(body), self.identifier, 0, _HOPS, _ICMP_PROTOCOL)
        ends = (self.source.packed, self.target.packed)
        checksum = internet_checksum(_IPV4.pack(*fields, 0, *ends))
        return _IPV4.pack(*fields, checksum, *ends) + body

    def is_answered_by(self, packet: bytes) -> bool:
        """Return whether ``packet``, perhaps padded, is the reply to this very question. Pure."""
        head = _split(packet)
        if head is None or (head.source, head.target) != (self.target, self.source):
            return False
        expected = self._icmp(_REPLY[self.source.version], backwards=True)
        return hmac.compare_digest(head.body, expected)

    def _icmp(self, kind: int, *, backwards: bool = False) -> bytes:
        raw = _ICMP.pack(kind, 0, 0, self.identifier, 1) + self.nonce
        pseudo = b""
        if isinstance(self.source, IPv6Address):
            ends = (self.target, self.source) if backwards else (self.source, self.target)
            pseudo = b"".join(each.packed for each in ends)
            pseudo += struct.pack("!IxxxB", len(raw), _ICMPV6_PROTOCOL)
        checksum = internet_checksum(pseudo + raw)
        return _ICMP.pack(kind, 0, checksum, self.identifier, 1) + self.nonce


@attrs.frozen
class _Head:
    source: Address
    target: Address
    body: bytes


def _split(packet: bytes) -> _Head | None:
    """Return ends and body of an ICMP packet; None: it is none."""
    match packet[0] >> 4 if packet else 0:
        case 4 if len(packet) >= _IPV4.size:
            first, _, total, _, fragment, _, protocol, _, source, target = _IPV4.unpack_from(packet)
            length = (first & 15) * 4
            if protocol != _ICMP_PROTOCOL or fragment & _FRAGMENT or length < _IPV4.size:
                return None
            return _Head(IPv4Address(source), IPv4Address(target), packet[length:total])
        case 6 if len(packet) >= _IPV6.size:
            _, payload, protocol, _, source, target = _IPV6.unpack_from(packet)
            if protocol != _ICMPV6_PROTOCOL:
                return None
            body = packet[_IPV6.size : _IPV6.size + payload]
            return _Head(IPv6Address(source), IPv6Address(target), body)
        case _:
            return None


def internet_checksum(raw: bytes) -> int:
    """Return the checksum of RFC 1071."""
    padded = raw + bytes(len(raw) % 2)
    words = len(padded) // 2
    total: int = sum(struct.unpack(f"!{words}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

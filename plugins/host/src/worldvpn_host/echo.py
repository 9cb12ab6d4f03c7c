"""ICMP and ICMPv6 echoes through one interface (RFC 792, RFC 4443 section 4)."""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from contextlib import suppress
from ipaddress import IPv4Address
from typing import Final

import attrs

from worldvpn_core.types import IpAddress

_IP_MTU_DISCOVER: Final = 10
_IPV6_MTU_DISCOVER: Final = 23
#: Do not fragment, and do not believe what is known of the path either (ip(7)).
_PMTUDISC_PROBE: Final = 3
_SOL_RAW: Final = 255
_ICMP_FILTER: Final = 1
_ICMPV6_FILTER: Final = 1
_HEADER: Final = struct.Struct("!BBHHH")
_TOKEN_BYTES: Final = 8
_RECEIVE_BYTES: Final = 65_536


@attrs.frozen(kw_only=True)
class Family:
    """How one version of ICMP asks and answers; ``ip_bytes`` is its IP header's length."""

    request: int
    reply: int
    ip_bytes: int
    #: Whether the header comes with what is received (raw(7): IPv4 only).
    has_header: bool


V4: Final = Family(request=8, reply=0, ip_bytes=20, has_header=True)
V6: Final = Family(request=128, reply=129, ip_bytes=40, has_header=False)


def checksum(data: bytes) -> int:
    """Return the internet checksum of ``data`` (RFC 1071)."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def request(family: Family, token: bytes, number: int, size_bytes: int) -> bytes:
    """Return the echo request that makes an IP packet of ``size_bytes``."""
    body = token.ljust(size_bytes - family.ip_bytes - _HEADER.size, b"\0")
    identifier = int.from_bytes(token[:2])
    unsummed = _HEADER.pack(family.request, 0, 0, identifier, number) + body
    # The kernel sums ICMPv6 itself: its checksum covers addresses chosen there.
    total = checksum(unsummed) if family.has_header else 0
    return _HEADER.pack(family.request, 0, total, identifier, number) + body


def answered(family: Family, token: bytes, packet: bytes) -> int | None:
    """Return the number of the request that ``packet`` answers, None if it is not ours."""
    start = (packet[0] & 0x0F) * 4 if family.has_header and packet else 0
    if len(packet) < start + _HEADER.size + len(token):
        return None
    kind, _, _, _, number = _HEADER.unpack_from(packet, start)
    body = packet[start + _HEADER.size :]
    return int(number) if kind == family.reply and body.startswith(token) else None


class SocketEcho:
    """Echoes from raw sockets, which need CAP_NET_RAW."""

    async def burst(
        self, interface: str, target: IpAddress, sizes_bytes: tuple[int, ...], wait_s: float
    ) -> frozenset[int]:
        family = V4 if isinstance(target, IPv4Address) else V6
        smallest = family.ip_bytes + _HEADER.size + _TOKEN_BYTES
        token = secrets.token_bytes(_TOKEN_BYTES)
        waiting: dict[int, int] = {}
        heard: set[int] = set()
        # What cannot be sent counts as not answered, whatever the reason.
        with suppress(OSError), _bound(family, interface) as sock:
            for number, size in enumerate(sizes_bytes):
                with suppress(OSError):
                    packet = request(family, token, number, max(size, smallest))
                    sock.sendto(packet, (str(target), 0))
                    waiting[number] = size
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await _hear(sock, family, token, waiting, heard)
        return frozenset(heard)


async def _hear(
    sock: socket.socket, family: Family, token: bytes, waiting: dict[int, int], heard: set[int]
) -> None:
    """Move sizes to ``heard`` until every one that was sent is there."""
    loop = asyncio.get_running_loop()
    while waiting:
        number = answered(family, token, await loop.sock_recv(sock, _RECEIVE_BYTES))
        if number is not None and number in waiting:
            heard.add(waiting.pop(number))


def _bound(family: Family, interface: str) -> socket.socket:
    """Return a raw socket on ``interface`` that hears echo replies alone."""
    is_v4 = family is V4
    sock = socket.socket(
        socket.AF_INET if is_v4 else socket.AF_INET6,
        socket.SOCK_RAW | socket.SOCK_NONBLOCK,
        socket.IPPROTO_ICMP if is_v4 else socket.IPPROTO_ICMPV6,
    )
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        if is_v4:
            sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_PROBE)
            blocked = (0xFFFFFFFF ^ 1 << family.reply).to_bytes(4, "little")
            sock.setsockopt(_SOL_RAW, _ICMP_FILTER, blocked)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, _PMTUDISC_PROBE)
            every = bytearray(b"\xff" * 32)
            every[family.reply // 8] ^= 1 << family.reply % 8
            sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, bytes(every))
    except BaseException:
        sock.close()
        raise
    return sock

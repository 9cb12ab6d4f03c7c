"""What a role itself takes in: its own sockets, which no frame on a wire tells of.

A raw socket gets each packet that the input rules let in, whether a program waits for it or
not (raw(7)).
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from typing import Final, Self

from worldvpn_lab.oracle.frames import ICMPV6, IPV6, Frame, decode_packet
from worldvpn_lab.oracle.tap import Opener, Point, Sighting

_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("=9I")
_BUFFER_BYTES: Final = 1 << 20
_MOST_BYTES: Final = 1 << 16

_HEARD: Final = (
    (socket.AF_INET, socket.IPPROTO_UDP),
    (socket.AF_INET, socket.IPPROTO_TCP),
    (socket.AF_INET, socket.IPPROTO_ICMP),
    (socket.AF_INET6, socket.IPPROTO_UDP),
    (socket.AF_INET6, socket.IPPROTO_TCP),
    (socket.AF_INET6, socket.IPPROTO_ICMPV6),
)


class Ears:
    """Hears what ``role`` takes in from now on. Ask often: what it can keep is little."""

    def __init__(self, opener: Opener, role: str) -> None:
        self._point = Point(role=role, device="itself", is_home=True)
        self._lines: list[socket.socket] = []
        for family, protocol in _HEARD:
            line = opener(role, family, socket.SOCK_RAW, protocol)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
            line.settimeout(0)
            self._lines.append(line)
        self._heard: list[Sighting] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for line in self._lines:
            line.close()

    def listen(self) -> None:
        """Take out of the kernel's hands what it has heard."""
        now_ns = time.time_ns()
        self._heard += [
            Sighting(point=self._point, time_ns=now_ns, frame=_read(line, raw))
            for line in self._lines
            for raw in _waiting(line)
        ]

    def take(self) -> list[Sighting]:
        """Return what was heard since the last call; of IPv6 no header is told (raw(7))."""
        self.listen()
        heard, self._heard = self._heard, []
        return heard

    def lost(self) -> int:
        """Return how much was too much for the kernel to keep."""
        return sum(_dropped(line) for line in self._lines)


def _waiting(line: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield line.recv(_MOST_BYTES)
        except BlockingIOError:
            return


def _read(line: socket.socket, raw: bytes) -> Frame:
    if line.family == socket.AF_INET:
        return decode_packet(raw)
    kind = raw[0] if line.proto == ICMPV6 and raw else None
    return Frame(ethertype=IPV6, protocol=line.proto, kind=kind, payload=raw)


def _dropped(line: socket.socket) -> int:
    """Return the socket's own counter (sock_diag(7), SK_MEMINFO_DROPS)."""
    raw = line.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
    return int(_MEMINFO.unpack(raw)[8])

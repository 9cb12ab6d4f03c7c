"""Frames as the kernel saw them: a ring in shared memory on an AF_PACKET socket.

The kernel fills the ring while nobody reads, so that a burst is not slowed by its witness,
and counts what did not fit: a capture with losses proves nothing. Source: packet(7),
linux/if_packet.h, Documentation/networking/packet_mmap.rst (TPACKET_V2).
"""

from __future__ import annotations

import mmap
import socket
import struct
from collections.abc import Iterator
from typing import Final

import attrs

_SOL_PACKET: Final = 263
_PACKET_RX_RING: Final = 5
_PACKET_STATISTICS: Final = 6
_PACKET_VERSION: Final = 10
_PACKET_IGNORE_OUTGOING: Final = 23
_TPACKET_V2: Final = 1
_ETH_P_ALL: Final = 3
#: The protocol of an AF_PACKET socket on every device there is and will be.
EVERY: Final = socket.htons(_ETH_P_ALL)

_BLOCK_BYTES: Final = 1 << 16
_SLOT_BYTES: Final = 1 << 11
_HEADER: Final = struct.Struct("=IIIHHII")
_FOR_US: Final = 1


@attrs.frozen(kw_only=True)
class Caught:
    """One frame off the wire; ``raw`` may be cut short, ``length_bytes`` is its true size."""

    time_ns: int
    raw: bytes = attrs.field(repr=False)
    length_bytes: int


@attrs.frozen(kw_only=True)
class Losses:
    """How many frames a ring was given since it was last asked, and how many did not fit."""

    frames: int
    lost: int


class Ring:
    """Records what arrives at one device; what the device sends is not recorded."""

    def __init__(self, line: socket.socket, device: str, slots: int = 8192) -> None:
        """Take over ``line``, an AF_PACKET socket of protocol 0, and record from now on.

        Without ``device`` its protocol is ``EVERY``: it has been on all devices ever since.
        """
        self._line = line
        blocks = slots * _SLOT_BYTES // _BLOCK_BYTES
        self._slots = blocks * (_BLOCK_BYTES // _SLOT_BYTES)
        self._next = 0
        line.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V2)
        line.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        request = struct.pack("=IIII", _BLOCK_BYTES, blocks, _SLOT_BYTES, self._slots)
        line.setsockopt(_SOL_PACKET, _PACKET_RX_RING, request)
        self._memory = mmap.mmap(line.fileno(), blocks * _BLOCK_BYTES)
        if device:
            line.bind((device, _ETH_P_ALL))

    def drain(self) -> Iterator[Caught]:
        """Yield, and free, what was recorded since the last call."""
        while True:
            at = self._next * _SLOT_BYTES
            status, length, kept, start, _net, seconds, nanoseconds = _HEADER.unpack_from(
                self._memory, at
            )
            if not status & _FOR_US:
                return
            raw = self._memory[at + start : at + start + kept]
            struct.pack_into("=I", self._memory, at, 0)
            self._next = (self._next + 1) % self._slots
            time_ns = seconds * 1_000_000_000 + nanoseconds
            yield Caught(time_ns=time_ns, raw=raw, length_bytes=length)

    def losses(self) -> Losses:
        """Return what the kernel counted since the last call."""
        raw = self._line.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        frames, lost = struct.unpack("=II", raw)
        return Losses(frames=frames, lost=lost)

    def close(self) -> None:
        """Stop recording."""
        self._memory.close()
        self._line.close()

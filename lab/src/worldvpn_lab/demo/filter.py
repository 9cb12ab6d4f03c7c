"""A packet filter that hides one tunnel's own packets from a capture (bpf(4), linux/filter.h)."""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import Final

from worldvpn_lab.oracle.frames import IPV4, UDP

_SO_ATTACH_FILTER: Final = 26
_INSTRUCTION: Final = struct.Struct("=HBBI")

_LOAD_WORD: Final = 0x20
_LOAD_HALF: Final = 0x28
_LOAD_BYTE: Final = 0x30
_LOAD_HALF_AT_X: Final = 0x48
_X_IS_HEADER_BYTES: Final = 0xB1
_IF_EQUAL: Final = 0x15
_IF_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06
_WHOLE: Final = 0xFFFFFFFF


def all_but_datagrams_to(address: bytes, port: int) -> bytes:
    """Return a program that refuses whole UDP packets to one IPv4 address and port. Pure.

    Jumps are counted from the next instruction; offsets are of an Ethernet frame.
    """
    program = (
        (_LOAD_HALF, 0, 0, 12),
        (_IF_EQUAL, 0, 9, IPV4),
        (_LOAD_BYTE, 0, 0, 23),
        (_IF_EQUAL, 0, 7, UDP),
        (_LOAD_HALF, 0, 0, 20),
        (_IF_ANY_BIT, 5, 0, 0x3FFF),
        (_LOAD_WORD, 0, 0, 30),
        (_IF_EQUAL, 0, 3, int.from_bytes(address)),
        (_X_IS_HEADER_BYTES, 0, 0, 14),
        (_LOAD_HALF_AT_X, 0, 0, 16),
        (_IF_EQUAL, 1, 0, port),
        (_RETURN, 0, 0, _WHOLE),
        (_RETURN, 0, 0, 0),
    )
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in program)


def attach(line: socket.socket, program: bytes) -> None:
    """Let ``line`` receive only what ``program`` does not refuse."""
    kept = ctypes.create_string_buffer(program, len(program))
    count = len(program) // _INSTRUCTION.size
    line.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", count, ctypes.addressof(kept))
    )

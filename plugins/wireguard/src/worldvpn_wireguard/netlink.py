"""Netlink's framing: messages and attributes, both ways. Pure.

Sources: netlink(7); linux/netlink.h; linux/genetlink.h. Numbers are in host order.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import attrs

REQUEST: Final = 0x1
ACK: Final = 0x4
DUMP: Final = 0x300

ERROR: Final = 2
DONE: Final = 3

_HEADER: Final = struct.Struct("=IHHII")
_GENERIC: Final = struct.Struct("=BBH")
_ATTRIBUTE: Final = struct.Struct("=HH")
_CODE: Final = struct.Struct("=i")
_NESTED: Final = 0x8000
_TYPE_MASK: Final = 0x3FFF
_VERSION: Final = 1


@attrs.frozen(kw_only=True)
class Message:
    """One message of an answer; ``payload`` may hold a private key."""

    kind: int
    payload: bytes = attrs.field(repr=False)

    @property
    def error(self) -> int:
        """The errno that an ERROR or a DONE carries; 0 is success."""
        if len(self.payload) < _CODE.size:
            return 0
        return -int(_CODE.unpack_from(self.payload)[0])

    @property
    def attributes(self) -> bytes:
        """What follows the generic header."""
        return self.payload[_GENERIC.size :]


def message(kind: int, flags: int, command: int, attributes: bytes) -> bytes:
    """Return one generic netlink message."""
    payload = _GENERIC.pack(command, _VERSION, 0) + attributes
    return _HEADER.pack(_HEADER.size + len(payload), kind, REQUEST | flags, 0, 0) + payload


def attribute(kind: int, value: bytes) -> bytes:
    """Return one attribute, padded to four bytes."""
    head = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind)
    return head + value + bytes(-len(value) % 4)


def nested(kind: int, *values: bytes) -> bytes:
    """Return an attribute that holds attributes."""
    return attribute(kind | _NESTED, b"".join(values))


def messages(data: bytes) -> Iterator[Message]:
    """Split what one receive returned. Raises ValueError when it is cut short."""
    at = 0
    while at < len(data):
        length, kind = _lengths(_HEADER, data, at)
        yield Message(kind=kind, payload=data[at + _HEADER.size : at + length])
        at += length + -length % 4


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Split attributes into kind and value. Raises ValueError when one is cut short."""
    at = 0
    while at < len(data):
        length, kind = _lengths(_ATTRIBUTE, data, at)
        yield kind & _TYPE_MASK, data[at + _ATTRIBUTE.size : at + length]
        at += length + -length % 4


def _lengths(header: struct.Struct, data: bytes, at: int) -> tuple[int, int]:
    if len(data) - at < header.size:
        raise ValueError("a netlink header is cut short")
    length, kind = header.unpack_from(data, at)[:2]
    if length < header.size or at + length > len(data):
        raise ValueError("a netlink message is cut short")
    return int(length), int(kind)

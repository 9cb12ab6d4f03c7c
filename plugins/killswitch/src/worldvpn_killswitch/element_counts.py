"""What the elements of an nftables set have counted, asked of the kernel without nft.

A dump over nfnetlink (NFT_MSG_GETSETELEM, linux/netfilter/nf_tables.h): nft's own listing of a
thousand elements has to be written as text and read again.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Final

import attrs

from worldvpn_core.errors import FirewallError

NETLINK_NETFILTER: Final = 12
_NLM_F_REQUEST: Final = 0x1
_NLM_F_DUMP_INTR: Final = 0x10
_NLM_F_DUMP: Final = 0x300
_NLMSG_ERROR: Final = 2
_NLMSG_DONE: Final = 3
_NFT_MSG_NEWSETELEM: Final = (10 << 8) | 12
_NFT_MSG_GETSETELEM: Final = (10 << 8) | 13
_NFPROTO_INET: Final = 1
# Attributes, each of its own nest.
_LIST_TABLE, _LIST_SET, _LIST_ELEMENTS = 1, 2, 3
_ELEM_KEY, _ELEM_EXPR = 1, 7
_DATA_VALUE: Final = 1
_EXPR_NAME, _EXPR_DATA = 1, 2
_COUNTER_BYTES, _COUNTER_PACKETS = 1, 2
#: Without the flags that say how an attribute is to be read.
_KIND: Final = 0x3FFF
_HEADER: Final = struct.Struct("=LHHLL")
_NFGENMSG: Final = struct.Struct("!BBH")
_ATTRIBUTE: Final = struct.Struct("=HH")
_COUNT: Final = struct.Struct("!Q")
_MOST_BYTES: Final = 1 << 18
#: How often a dump that a change has disturbed is begun again.
_MOST_TRIES: Final = 5


@attrs.frozen
class Count:
    """What an element has counted: zero where it has no counter."""

    bytes: int = 0
    packets: int = 0


def asking() -> socket.socket:
    """Return a socket to ask the kernel by: of the network it is opened in. Raises OSError."""
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)


def counts(kernel: socket.socket, table: str, name: str) -> dict[bytes, int]:
    """Return the bytes that each element of the set ``name`` has counted. See ``counted``."""
    return {key: count.bytes for key, count in counted(kernel, table, name).items()}


def counted(kernel: socket.socket, table: str, name: str) -> dict[bytes, Count]:
    """Return what each element of the set ``name`` has counted, by its key.

    ``kernel`` is a netlink socket of the namespace, of ``NETLINK_NETFILTER``.

    Raises:
        FirewallError: there is no such set, or the kernel does not tell.
    """
    for number in range(1, _MOST_TRIES + 1):
        found: dict[bytes, Count] = {}
        try:
            kernel.send(_request(table, name, number))
            if _gathered(kernel, number, found):
                return found
        except OSError as error:
            raise FirewallError(f"what guests carry cannot be counted: {error}") from error
    raise FirewallError("what guests carry cannot be counted: it changes all the time")


def _gathered(kernel: socket.socket, number: int, found: dict[bytes, Count]) -> bool:
    """Fill ``found``; return whether nothing has changed while the kernel was telling."""
    is_whole = True
    while True:
        answer = kernel.recv(_MOST_BYTES)
        for kind, flags, sequence, body in _messages(answer):
            if sequence != number:
                continue
            is_whole = is_whole and not flags & _NLM_F_DUMP_INTR
            if kind == _NLMSG_DONE:
                return is_whole
            if kind == _NLMSG_ERROR:
                (code,) = struct.unpack_from("=i", body)
                raise OSError(-code, f"the kernel refused ({-code})")
            if kind == _NFT_MSG_NEWSETELEM:
                found.update(elements(body[_NFGENMSG.size :]))


def elements(body: bytes) -> Iterator[tuple[bytes, Count]]:
    """Yield key and count of each element in the attributes ``body``."""
    for kind, listed in _attributes(body):
        if kind != _LIST_ELEMENTS:
            continue
        for _, element in _attributes(listed):
            parts = dict(_attributes(element))
            key = dict(_attributes(parts.get(_ELEM_KEY, b""))).get(_DATA_VALUE)
            expression = dict(_attributes(parts.get(_ELEM_EXPR, b"")))
            if key is None:
                continue
            counter = {}
            if expression.get(_EXPR_NAME, b"").rstrip(b"\0") == b"counter":
                counter = dict(_attributes(expression.get(_EXPR_DATA, b"")))
            yield key, Count(_number(counter, _COUNTER_BYTES), _number(counter, _COUNTER_PACKETS))


def _number(counter: dict[int, bytes], kind: int) -> int:
    raw = counter.get(kind, b"")
    return int(_COUNT.unpack(raw)[0]) if len(raw) == _COUNT.size else 0


def _request(table: str, name: str, number: int) -> bytes:
    body = (
        _NFGENMSG.pack(_NFPROTO_INET, 0, 0) + _named(_LIST_TABLE, table) + _named(_LIST_SET, name)
    )
    flags = _NLM_F_REQUEST | _NLM_F_DUMP
    return _HEADER.pack(_HEADER.size + len(body), _NFT_MSG_GETSETELEM, flags, number, 0) + body


def _named(kind: int, text: str) -> bytes:
    raw = text.encode() + b"\0"
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(raw), kind) + raw + bytes(-len(raw) % 4)


def _messages(answer: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield kind, flags, sequence number and body of each message."""
    at = 0
    while at + _HEADER.size <= len(answer):
        length, kind, flags, sequence, _ = _HEADER.unpack_from(answer, at)
        if length < _HEADER.size:
            return
        yield kind, flags, sequence, answer[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


def _attributes(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, at)
        if length < _ATTRIBUTE.size:
            return
        yield kind & _KIND, body[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3

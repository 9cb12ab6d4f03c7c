"""Answers of the world's resolvers: a pure function of the question (RFC 1035)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

import attrs

from worldvpn_core.types import IpAddress

#: Answered with the asker's own address, as the resolver saw it.
WHOAMI: Final = "whoami.example"
#: Answered with the address the question was sent to: which resolver is this?
RESOLVER: Final = "resolver.example"

_HEADER: Final = struct.Struct("!HHHHHH")
_QUERY: Final = 0x8000
_OPCODE: Final = 0x7800
_ANSWER: Final = 0x8580  # response, authoritative, recursion desired and available
_NO_SUCH_NAME: Final = 3
_INTERNET: Final = 1
_TYPES: Final = {1: 4, 28: 6}
_TTL_S: Final = 1
_MAX_LABEL: Final = 63


@attrs.frozen(kw_only=True)
class Question:
    """What a well-formed query asks; ``raw`` is its question section."""

    identifier: int
    name: str
    kind: int
    raw: bytes


def parse(query: bytes) -> Question | None:
    """Return what ``query`` asks, or None if it is not one plain question."""
    if len(query) < _HEADER.size:
        return None
    identifier, flags, questions, *_ = _HEADER.unpack_from(query)
    if flags & (_QUERY | _OPCODE) or questions != 1:
        return None
    labels: list[str] = []
    at = _HEADER.size
    while at < len(query) and query[at]:
        length = query[at]
        if length > _MAX_LABEL or at + 1 + length > len(query):
            return None
        labels.append(query[at + 1 : at + 1 + length].decode("ascii", "replace").lower())
        at += 1 + length
    end = at + 5
    if end > len(query):
        return None
    kind, class_ = struct.unpack_from("!HH", query, at + 1)
    if class_ != _INTERNET:
        return None
    return Question(
        identifier=identifier, name=".".join(labels), kind=kind, raw=query[_HEADER.size : end]
    )


def query(name: str, kind: int, identifier: int) -> bytes:
    """Return a question for ``name``; ``kind`` is 1 (A) or 28 (AAAA)."""
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    header = _HEADER.pack(identifier, 0x0100, 1, 0, 0, 0)
    return header + labels + struct.pack("!BHH", 0, kind, _INTERNET)


def answer(question: Question, names: Mapping[str, tuple[IpAddress, ...]]) -> bytes:
    """Return the response to ``question`` from ``names``; unknown ones do not exist."""
    addresses = names.get(question.name)
    version = _TYPES.get(question.kind)
    records = [
        struct.pack("!HHHIH", 0xC00C, question.kind, _INTERNET, _TTL_S, len(address.packed))
        + address.packed
        for address in addresses or ()
        if address.version == version
    ]
    flags = _ANSWER | (_NO_SUCH_NAME if addresses is None else 0)
    header = _HEADER.pack(question.identifier, flags, 1, len(records), 0, 0)
    return header + question.raw + b"".join(records)


def addresses(response: bytes) -> list[bytes]:
    """Return the packed addresses a response of ``answer`` carries."""
    question = parse(response[:2] + b"\x01\x00" + response[4:])
    if question is None:
        return []
    count = _HEADER.unpack_from(response)[3]
    at = _HEADER.size + len(question.raw)
    found: list[bytes] = []
    for _ in range(count):
        length = struct.unpack_from("!H", response, at + 10)[0]
        found.append(response[at + 12 : at + 12 + length])
        at += 12 + length
    return found

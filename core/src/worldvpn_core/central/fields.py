"""What a field of a call, an answer or a piece of news may hold: checked on both sides."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import attrs
from attrs import validators

from worldvpn_core.credit.lengths import RECEIPT_BYTES

KEY_BYTES: Final = 32
MOST_TEXT_CHARACTERS: Final = 1_024
#: What is handed on unread has room in one packet, quoted.
MOST_RELAYED_CHARACTERS: Final = 60_000
MOST_TICKET_BYTES: Final = 1_024

_T = TypeVar("_T")
Check = Callable[[Any, "attrs.Attribute[_T]", _T], None]

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

key: Final[list[Check[bytes]]] = [validators.min_len(KEY_BYTES), validators.max_len(KEY_BYTES)]
ticks: Final[list[Check[int]]] = [validators.ge(0), validators.lt(1 << 63)]
#: What a session may carry, in bytes: more, the server takes for no number.
cap: Final[list[Check[int]]] = [validators.ge(0), validators.lt(1 << 62)]
time_s: Final[list[Check[int]]] = [validators.ge(0), validators.lt(1 << 62)]
ticket: Final[list[Check[bytes]]] = [validators.min_len(1), validators.max_len(MOST_TICKET_BYTES)]


def receipt(_: object, attribute: attrs.Attribute[bytes], value: bytes) -> None:
    """Refuse what has not the length of a signed receipt."""
    if len(value) != RECEIPT_BYTES:
        raise ValueError(f"{attribute.name} must have {RECEIPT_BYTES} bytes each")


def line(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse what is empty, long, or would break out of the line it is shown or sent in."""
    if not 1 <= len(value) <= MOST_TEXT_CHARACTERS or not value.isprintable():
        raise ValueError(f"{attribute.name} must be 1 to {MOST_TEXT_CHARACTERS} printable")


def sentence(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse as ``line`` does, but let nothing be said."""
    if len(value) > MOST_TEXT_CHARACTERS or not value.isprintable():
        raise ValueError(f"{attribute.name} must be at most {MOST_TEXT_CHARACTERS} printable")


def uuid(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse what is no UUID in lower case (RFC 9562 section 4)."""
    if not _UUID.fullmatch(value):
        raise ValueError(f"{attribute.name} must be a UUID in lower case")


def word(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse what is no short name of letters, digits, ".", "_" and "-"."""
    if not _WORD.fullmatch(value):
        raise ValueError(f"{attribute.name} must be a word of at most 64 characters")


protocols: Final[list[Check[tuple[str, ...]]]] = [
    validators.min_len(1),
    validators.max_len(16),
    validators.deep_iterable(word),
]


def relayed(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse what does not fit a packet."""
    if len(value) > MOST_RELAYED_CHARACTERS:
        raise ValueError(f"{attribute.name} must be at most {MOST_RELAYED_CHARACTERS} characters")

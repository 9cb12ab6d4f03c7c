"""Validators for what clients send: their errors never repeat the value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import attrs

from worldvpn_core.central.place import Place
from worldvpn_core.errors import ConfigError

_MOST_NAME_CHARACTERS: Final = 64
_MOST_SECRET_CHARACTERS: Final = 1_024

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Check = Callable[[object, "attrs.Attribute[Any]", Any], None]


def must(holds: Callable[[Any], bool], sentence: str) -> Check:
    """Make a validator whose error never repeats the value: it may be a secret."""

    def check(_instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if not holds(value):
            raise ValueError(f"{attribute.name} must be {sentence}")

    return check


def _is_place(text: str) -> bool:
    try:
        Place.parse(text)
    except ConfigError:
        return False
    return True


name: Final = must(
    lambda value: (
        1 <= len(value) <= _MOST_NAME_CHARACTERS and value.isprintable() and value == value.strip()
    ),
    f"1 to {_MOST_NAME_CHARACTERS} printable characters without blanks at either end",
)
secret: Final = must(
    lambda value: 1 <= len(value) <= _MOST_SECRET_CHARACTERS and value.isprintable(),
    f"1 to {_MOST_SECRET_CHARACTERS} printable characters",
)
uuid: Final = must(lambda value: _UUID.fullmatch(value) is not None, "a UUID in lower case")
word: Final = must(
    lambda value: _WORD.fullmatch(value) is not None,
    "1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit",
)
place: Final = must(
    _is_place, "fastest, a country (DE), a city (DE/Berlin) or a node's id (a UUID)"
)


def between(least: int, most: int) -> Check:
    """Make a validator of a whole number from ``least`` to ``most``."""
    return must(lambda value: least <= value <= most, f"{least} to {most}")

"""Texts and protocol names that strangers send, as the directory takes them. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from worldvpn_server.directory.values import Group, Protocol
from worldvpn_server.errors import InvalidError

#: Of a city's name: at most 240 bytes, which is what a directory entry has room for.
MOST_CITY: Final = 60


def city_of(text: str | None) -> str:
    """Return a city's name, spelled one way (NFC).

    Raises:
        InvalidError: it is longer than any, or holds what cannot be shown.
    """
    name = unicodedata.normalize("NFC", " ".join((text or "").split()))
    if len(name) > MOST_CITY or not name.isprintable():
        raise InvalidError(f"city: give at most {MOST_CITY} printable characters")
    return name


def protocols_of(names: Iterable[str]) -> tuple[Protocol, ...]:
    """Return the protocols called ``names``, each once.

    Raises:
        InvalidError: one is not known, or there is none.
    """
    found = tuple(dict.fromkeys(protocol_of(name) for name in names))
    if not found:
        raise InvalidError("protocols: name at least one that the node serves")
    return found


def protocol_of(name: str) -> Protocol:
    """Return the protocol called ``name``. Raises InvalidError for any other name."""
    try:
        return Protocol(name)
    except ValueError as error:
        known = ", ".join(Protocol)
        raise InvalidError(f"{name[:32]!r} is no protocol: known are {known}") from error


def group_of(name: str) -> Group:
    """Return the group called ``name``. Raises InvalidError for any other name."""
    try:
        return Group(name)
    except ValueError as error:
        raise InvalidError(f"{name[:32]!r} is no group of nodes: community or public") from error

"""A lease as one line of text, keys and all: for the vault, and nowhere else. Pure."""

from __future__ import annotations

import json
from typing import Final

import cattrs

from worldvpn_core import exact
from worldvpn_core.central.leases import Lease
from worldvpn_core.central.place import Place
from worldvpn_core.errors import ConfigError


def to_line(lease: Lease) -> str:
    """Return ``lease`` as a line that ``from_line`` reads."""
    return json.dumps(_CONVERTER.unstructure(lease), separators=(",", ":"))


def from_line(line: str) -> Lease:
    """Return what ``to_line`` was given.

    Raises:
        ValueError: it is no such line; nothing of it is quoted.
    """
    try:
        return _CONVERTER.structure(json.loads(line), Lease)
    except (*exact.MALFORMED, ConfigError) as error:
        raise ValueError(f"a lease is malformed ({type(error).__name__})") from None


def _bytes(value: object, _kind: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError("must be hexadecimal")
    return bytes.fromhex(value)


def _place(value: object, _kind: object) -> Place:
    if not isinstance(value, str):
        raise TypeError("must be a place")
    return Place.parse(value)


def _converter() -> cattrs.Converter:
    made = exact.converter(detailed=False)
    made.register_structure_hook(bytes, _bytes)
    made.register_unstructure_hook(bytes, bytes.hex)
    made.register_structure_hook(Place, _place)
    made.register_unstructure_hook(Place, str)
    return made


_CONVERTER: Final = _converter()

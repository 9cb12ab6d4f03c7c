"""How far each guest is let go on: a quota of its own in the table that counts it. Pure.

One object for all addresses of a guest and both directions. It is made anew whenever it changes:
an object that is full goes on counting what it drops, and so cannot be filled up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from worldvpn_core.types import NODE_GUESTS, IpAddress

ROOMS: Final[Mapping[int, str]] = {4: "room4", 6: "room6"}
_TYPES: Final = {4: "ipv4_addr", 6: "ipv6_addr"}
_FAMILIES: Final = {4: "ip", 6: "ip6"}

#: A guest's addresses.
Guest = tuple[IpAddress, ...]


def maps() -> Iterator[str]:
    """Yield the lines that declare the maps, in their table."""
    for version, kind in _TYPES.items():
        yield from (f"map {ROOMS[version]} {{", f"type {kind} : quota", "}")


def rules() -> Iterator[str]:
    """Yield the rules that stop who has no room left."""
    for version, family in _FAMILIES.items():
        yield f'iifname "{NODE_GUESTS}" quota name {family} saddr map @{ROOMS[version]} drop'
        yield f'oifname "{NODE_GUESTS}" quota name {family} daddr map @{ROOMS[version]} drop'


def given(table: str, guest: Guest, old: str | None, new: str, room_bytes: int) -> Iterator[str]:
    """Yield the commands that give ``guest`` a quota ``new`` instead of ``old``."""
    yield f"add quota inet {table} {new} {{ over {max(1, room_bytes)} bytes }}"
    if old is not None:
        yield from _elements("delete", table, guest, old)
    yield from _elements("add", table, guest, new)
    if old is not None:
        yield f"delete quota inet {table} {old}"


def taken(table: str, guest: Guest, old: str) -> Iterator[str]:
    """Yield the commands that take the quota ``old`` of ``guest`` away."""
    yield from _elements("delete", table, guest, old)
    yield f"delete quota inet {table} {old}"


def _elements(verb: str, table: str, guest: Iterable[IpAddress], name: str) -> Iterator[str]:
    for address in guest:
        yield f'{verb} element inet {table} {ROOMS[address.version]} {{ {address} : "{name}" }}'

"""What proves a sealed journal to its owner and to anybody: checkpoints, and paths to them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from worldvpn_server.errors import NotFoundError
from worldvpn_server.ledger import merkle
from worldvpn_server.ledger.leaf import encoded
from worldvpn_server.ledger.rows import LEAF_COLUMNS, sealed
from worldvpn_server.ledger.tree import hashes_of

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

_AFTER: Final = """
SELECT size, note, created_at FROM checkpoint WHERE size > $1 ORDER BY size LIMIT $2
"""
_LATEST: Final = "SELECT size, note, created_at FROM checkpoint ORDER BY size DESC LIMIT 1"
_LEAF: Final = "SELECT hash FROM seal WHERE leaf = $1"
_PLACE: Final = "SELECT leaf FROM seal WHERE journal = $1"
_OWN: Final = LEAF_COLUMNS + " FROM journal WHERE id = $1 AND account = $2"


class Checkpoint(msgspec.Struct, frozen=True):
    """A signed tree head (C2SP tlog-checkpoint)."""

    size: int
    note: str
    created_at: datetime


class Inclusion(msgspec.Struct, frozen=True):
    """RFC 6962 section 2.1.1: ``path`` leads from ``leaf_hash`` to the root of ``size`` leaves."""

    leaf: int
    size: int
    leaf_hash: str
    path: Sequence[str]


class Consistency(msgspec.Struct, frozen=True):
    """RFC 6962 section 2.1.2: the tree of ``old_size`` leaves is the start of ``new_size``."""

    old_size: int
    new_size: int
    path: Sequence[str]


class JournalProof(msgspec.Struct, frozen=True):
    """The bytes of one's own leaf, and that they are in the tree of ``checkpoint``."""

    journal: UUID
    leaf_bytes: str
    inclusion: Inclusion
    checkpoint: Checkpoint


async def checkpoints(sql: Connection, *, after: int, limit: int) -> list[Checkpoint]:
    """Return at most ``limit`` checkpoints of more than ``after`` leaves, smallest first."""
    return [Checkpoint(**row) for row in await sql.fetch(_AFTER, after, limit)]


async def latest(sql: Connection) -> Checkpoint:
    """Return the newest checkpoint. Raises NotFoundError while there is none."""
    row = await sql.fetchrow(_LATEST)
    if row is None:
        raise NotFoundError("no journal has been sealed yet: ask again in a moment")
    return Checkpoint(**row)


async def inclusion(sql: Connection, leaf: int, size: int) -> Inclusion:
    """Return the proof of ``leaf`` in the tree of ``size`` leaves.

    Raises:
        NotFoundError: there is no such leaf, or the tree is not that large yet.
    """
    await _must_have(sql, size)
    hash_ = await sql.fetchval(_LEAF, leaf)
    if hash_ is None or leaf >= size:
        raise NotFoundError(f"there is no leaf {leaf} in a tree of {size}")
    path = await hashes_of(sql, merkle.inclusion(leaf, size))
    return Inclusion(leaf=leaf, size=size, leaf_hash=_text(hash_), path=[*map(_text, path)])


async def consistency(sql: Connection, old: int, new: int) -> Consistency:
    """Return the proof that the tree of ``old`` leaves is the start of that of ``new``.

    Raises:
        NotFoundError: not ``0 < old <= new``, or the tree is not that large yet.
    """
    await _must_have(sql, new)
    if not 0 < old <= new:
        raise NotFoundError(f"a tree of {old} leaves is not the start of one of {new}")
    path = await hashes_of(sql, merkle.consistency(old, new))
    return Consistency(old_size=old, new_size=new, path=[*map(_text, path)])


async def journal_proof(sql: Connection, journal: UUID, account: UUID) -> JournalProof:
    """Return the proof of a journal to the account it belongs to.

    Raises:
        NotFoundError: there is none of that account, or it is not sealed yet.
    """
    row = await sql.fetchrow(_OWN, journal, account)
    if row is None:
        raise NotFoundError("there is no such journal of yours")
    leaf = await sql.fetchval(_PLACE, journal)
    if leaf is None:
        raise NotFoundError("the journal is not sealed yet: ask again in a moment")
    head = await latest(sql)
    return JournalProof(
        journal=journal,
        leaf_bytes=_text(encoded(sealed(row))),
        inclusion=await inclusion(sql, leaf, head.size),
        checkpoint=head,
    )


async def _must_have(sql: Connection, size: int) -> None:
    head = await latest(sql)
    if size > head.size:
        raise NotFoundError(f"the tree has {head.size} leaves, not {size}")


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

"""What an owner sees of all their nodes, and how one goes for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.directory import rows
from worldvpn_server.directory.values import NodeRecord
from worldvpn_server.errors import ConflictError, NotFoundError

_ALL: Final = f"""
SELECT {rows.RECORD} FROM node WHERE account = $1 ORDER BY id LIMIT 100
"""  # noqa: S608 - columns only
_LOCK: Final = "SELECT guests FROM node WHERE id = $1 AND account = $2 FOR UPDATE"
_DELETE: Final = "DELETE FROM node WHERE id = $1"
_SILENT: Final = "DELETE FROM presence WHERE node = $1"


async def nodes_of(database: Database, account: UUID) -> Sequence[NodeRecord]:
    """Return the nodes of ``account``."""
    async with database.read() as sql:
        return [rows.record(row) for row in await sql.fetch(_ALL, account)]


async def withdraw(tx: Tx, account: UUID, node: UUID) -> None:
    """Delete a node that has no guests.

    Raises:
        NotFoundError: it is not one of ``account``.
        ConflictError: it has guests, whose sessions are settled with it.
    """
    guests = await tx.sql.fetchval(_LOCK, node, account)
    if guests is None:
        raise NotFoundError("there is no such node, or it is not yours")
    if guests:
        raise ConflictError(
            "the node has guests: write accepting=false to it and delete it once they are gone",
            guests=guests,
        )
    await tx.sql.execute(_SILENT, node)
    await tx.sql.execute(_DELETE, node)

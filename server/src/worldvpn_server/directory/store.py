"""The directory in PostgreSQL: what nodes offer, and who is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random, SystemRandom
from typing import Final
from uuid import UUID

import asyncpg
import attrs

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Connection, Database, Tx
from worldvpn_server.directory import picking, registration, rows, search
from worldvpn_server.directory.networks import Networks
from worldvpn_server.directory.values import (
    Candidate,
    Listing,
    NodeRecord,
    Offer,
    Protocol,
    Query,
    Status,
)

_MARK: Final = """
UPDATE node SET status = $2, left_at = CASE WHEN $2 = 0 THEN $3::timestamptz END
WHERE id = $1 AND status <> $2 RETURNING id
"""

_SILENT: Final = "DELETE FROM presence WHERE node = $1"
_HEARD: Final = """
INSERT INTO presence (node, seen_at) SELECT id, $2 FROM node WHERE id = $1
ON CONFLICT (node) DO UPDATE SET seen_at = greatest(presence.seen_at, excluded.seen_at)
"""

_OWN: Final = f"""
SELECT {rows.RECORD} FROM node WHERE account = $1 AND device IS NOT DISTINCT FROM $2
"""  # noqa: S608 - columns only

_OFFERED: Final = """
SELECT name FROM unnest($1::text[]) AS name
WHERE EXISTS (SELECT FROM node WHERE open AND protocols @> ARRAY[name])
"""


@attrs.frozen(eq=False)
class PostgresDirectory:
    """Implements ``seams.DirectoryStore``."""

    _database: Database
    _clock: Clock
    _networks: Networks
    _dice: Random = attrs.field(factory=SystemRandom)

    async def put(self, tx: Tx, offer: Offer) -> NodeRecord:
        return await registration.put(tx, offer, self._clock.now(), self._networks)

    async def find(self, query: Query) -> Sequence[Listing]:
        statement, values = search.listing(query, self._clock.now())
        async with self._database.read() as sql:
            return [rows.listing(row) for row in await _planned(sql, statement, values)]

    async def candidates(self, query: Query) -> Sequence[Candidate]:
        statement, values = search.picking(query, self._clock.now())
        async with self._database.read() as sql:
            found = [rows.candidate(row) for row in await _planned(sql, statement, values)]
        return picking.tried(found, query.limit, self._dice)

    async def mark(self, tx: Tx, node: UUID, status: Status) -> bool:
        now = self._clock.now()
        if status is Status.OFFLINE:
            await tx.sql.execute(_SILENT, node)
        else:
            await tx.sql.execute(_HEARD, node, now)
        return await tx.sql.fetchval(_MARK, node, status, now) is not None

    async def own(self, account: UUID, device: UUID | None) -> NodeRecord | None:
        async with self._database.read() as sql:
            row = await sql.fetchrow(_OWN, account, device)
        return None if row is None else rows.record(row)


async def offered(database: Database) -> tuple[Protocol, ...]:
    """Return the protocols that nodes offer at the moment."""
    async with database.read() as sql:
        found = await sql.fetch(_OFFERED, [str(each) for each in Protocol])
    return tuple(Protocol(row["name"]) for row in found)


async def _planned(
    sql: Connection, statement: str, values: Sequence[object]
) -> Sequence[asyncpg.Record]:
    # Planned each time for its values, half a millisecond: PostgreSQL keeps one plan for all after
    # five calls of a statement, and which index is best depends on the country or protocol.
    prepared = await sql.prepare(statement)
    return await prepared.fetch(*values)

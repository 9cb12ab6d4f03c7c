"""Reads what owners and guests are shown: nothing finer than what ``rounding`` lets through."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import attrs

from worldvpn_server.database.pool import Database
from worldvpn_server.transparency.alias import alias, kept_keys, known_key
from worldvpn_server.transparency.rounding import (
    earned_credits,
    rounded_bytes,
    rounded_seconds,
    shown_country,
)

if TYPE_CHECKING:
    import asyncpg

_MOST_ROWS: Final = 200
_TOP: Final = 5

#: What either end has said so far, never more than the ticket covers.
_LIVE: Final = """
SELECT id, node, client_country, opened_at,
    greatest(settled_bytes, least(cap_bytes, coalesce(node_up + node_down, 0))) AS bytes, (
        SELECT count(DISTINCT payer) FROM session AS other
        WHERE other.owner = session.owner AND other.node = session.node
            AND other.client_country = session.client_country
            AND other.created_at > $2::timestamptz - interval '24 hours'
    ) AS guests
FROM session WHERE {whose} = $1 AND state = 2 AND opened_at IS NOT NULL
ORDER BY opened_at DESC
"""
_OF_OWNER: Final = _LIVE.format(whose="owner")
_OF_GUEST: Final = _LIVE.format(whose="payer")
_PAST: Final = """
SELECT country, traffic, sessions, bytes, credits, started_at FROM carried
WHERE owner = $1 AND started_at >= $2 ORDER BY started_at DESC, id LIMIT $3
"""
_SUM: Final = """
SELECT coalesce(sum(sessions), 0)::bigint AS sessions, coalesce(sum(bytes), 0)::bigint AS bytes,
    coalesce(sum(credits), 0)::bigint AS credits
FROM carried WHERE owner = $1 AND started_at >= $2
"""
_COUNTRIES: Final = """
SELECT country, sum(sessions)::bigint AS sessions, sum(bytes)::bigint AS bytes FROM (
    SELECT country, sessions, bytes FROM carried WHERE owner = $1 AND alias IS NOT NULL
    UNION ALL SELECT country, sessions, bytes FROM carried_country WHERE owner = $1
) AS every GROUP BY country ORDER BY bytes DESC, country LIMIT $2
"""
_NODES: Final = "SELECT DISTINCT node FROM session WHERE payer = $1"
_OF_ALIASES: Final = """
SELECT encode(alias, 'hex') AS alias, node, country, traffic, bytes, credits, started_at
FROM carried WHERE alias = ANY ($1) ORDER BY started_at DESC
"""


@attrs.frozen(kw_only=True)
class Live:
    """A guest that is there now."""

    session: UUID
    node: UUID
    country: str
    bytes: int
    duration_s: int
    credits: int


@attrs.frozen(kw_only=True)
class Past:
    """What was carried since a day, the newest rows of it and the sum of all."""

    rows: tuple[asyncpg.Record, ...]
    sessions: int
    bytes: int
    credits: int


async def live(database: Database, owner: UUID, now: datetime) -> tuple[Live, ...]:
    """Return the guests of ``owner``'s nodes."""
    async with database.read() as sql:
        rows = await sql.fetch(_OF_OWNER, owner, now)
    return tuple(_live(row, now) for row in rows)


async def past(database: Database, owner: UUID, now: datetime, days: int) -> Past:
    """Return what ``owner``'s nodes carried in the last ``days``."""
    since = now - timedelta(days=days)
    async with database.read() as sql:
        rows = await sql.fetch(_PAST, owner, since, _MOST_ROWS)
        total = await sql.fetchrow(_SUM, owner, since)
    sums = dict(total) if total else {"sessions": 0, "bytes": 0, "credits": 0}
    return Past(rows=tuple(rows), **sums)


async def top_countries(database: Database, owner: UUID) -> list[asyncpg.Record]:
    """Return the countries that most was carried for."""
    async with database.read() as sql:
        return await sql.fetch(_COUNTRIES, owner, _TOP)


async def stored_of(database: Database, guest: UUID, now: datetime) -> list[asyncpg.Record]:
    """Return the rows that owners have of ``guest``: found by the keys that still exist."""
    async with database.read() as sql:
        nodes = await sql.fetch(_NODES, guest)
        keys = await kept_keys(sql, now)
        names = [alias(key, row["node"], guest) for key in keys for row in nodes]
        return await sql.fetch(_OF_ALIASES, names)


async def shown_of(
    database: Database, guest: UUID, now: datetime
) -> tuple[tuple[Live, str | None], ...]:
    """Return what owners see of ``guest`` now, each with what its history calls them today.

    None: nobody was named on this day yet.
    """
    async with database.read() as sql:
        key = await known_key(sql, now.date())
        rows = await sql.fetch(_OF_GUEST, guest, now)
    return tuple(
        (_live(row, now), None if key is None else alias(key, row["node"], guest).hex())
        for row in rows
    )


def _live(row: asyncpg.Record, now: datetime) -> Live:
    size = rounded_bytes(row["bytes"])
    return Live(
        session=row["id"],
        node=row["node"],
        country=shown_country(row["client_country"], row["guests"]),
        bytes=size,
        duration_s=rounded_seconds(now - row["opened_at"]),
        credits=earned_credits(size),
    )

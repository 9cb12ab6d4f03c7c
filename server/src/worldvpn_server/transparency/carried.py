"""What is kept of a session for its node's owner, once it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import attrs

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.operations.jobs import Job
from worldvpn_server.transparency.alias import alias, destroy_old, key_of
from worldvpn_server.transparency.rounding import (
    HIDDEN_COUNTRY,
    TRAFFIC,
    earned_credits,
    rounded_bytes,
    rounded_time,
    shown_country,
)

_INTERVAL_S: Final = 60.0
_ADDED_UP_INTERVAL_S: Final = 600.0
_AT_ONCE: Final = 500
#: A session that its guest never settled is settled by then.
_UNSETTLED: Final = timedelta(hours=25)

_OVER: Final = """
SELECT id FROM session
WHERE (state = 4 OR state = 3 AND ended_at < $1) AND opened_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM carried_session WHERE session = session.id)
LIMIT $2
"""
_CLAIM: Final = """
INSERT INTO carried_session (session)
SELECT id FROM session WHERE id = ANY ($1) AND state IN (3, 4) AND opened_at IS NOT NULL
ON CONFLICT DO NOTHING RETURNING session
"""
#: Guests are counted over the 24 h before the session ended.
_SESSIONS: Final = """
SELECT payer, owner, node, client_country, settled_bytes, opened_at, (
    SELECT count(DISTINCT payer) FROM session AS other
    WHERE other.owner = session.owner AND other.node = session.node
        AND other.client_country = session.client_country
        AND other.created_at > coalesce(session.ended_at, $2) - interval '24 hours'
) AS guests
FROM session WHERE id = ANY ($1)
"""
_KEEP: Final = """
INSERT INTO carried
    (id, owner, node, alias, country, traffic, sessions, bytes, credits, started_at)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)
"""
#: Hours and volumes are habits, and the same country on two days is a link: of each day only the
#: sum is left, and the countries are counted without a day.
_ADD_UP: Final = """
WITH old AS (
    DELETE FROM carried WHERE alias IS NOT NULL AND started_at < $1 RETURNING *
), countries AS (
    INSERT INTO carried_country (owner, country, sessions, bytes)
    SELECT owner, country, sum(sessions), sum(bytes) FROM old GROUP BY owner, country
    ON CONFLICT (owner, country) DO UPDATE SET
        sessions = carried_country.sessions + excluded.sessions,
        bytes = carried_country.bytes + excluded.bytes
)
INSERT INTO carried
    (id, owner, node, alias, country, traffic, sessions, bytes, credits, started_at)
SELECT gen_random_uuid(), owner, node, NULL, $2, traffic,
    sum(sessions), sum(bytes), sum(credits), date_trunc('day', started_at, 'UTC') AS day
FROM old GROUP BY owner, node, traffic, day
ON CONFLICT (node, started_at, traffic) WHERE alias IS NULL DO UPDATE SET
    sessions = carried.sessions + excluded.sessions,
    bytes = carried.bytes + excluded.bytes,
    credits = carried.credits + excluded.credits
"""


@attrs.frozen(kw_only=True)
class Trace:
    """All that is kept of one session."""

    alias: bytes
    country: str
    bytes: int
    credits: int
    started_at: datetime


def trace(  # noqa: PLR0913 - a session has that many sides
    *, key: bytes, node: UUID, guest: UUID, country: str, guests: int, count: int, began: datetime
) -> Trace:
    """Return what is kept of a session that carried ``count`` bytes. Pure."""
    size = rounded_bytes(count)
    return Trace(
        alias=alias(key, node, guest),
        country=shown_country(country, guests),
        bytes=size,
        credits=earned_credits(size),
        started_at=rounded_time(began),
    )


async def record(tx: Tx, sessions: Sequence[UUID], now: datetime) -> int:
    """Keep what may be kept of ``sessions`` that are over; return how many were new. Idempotent."""
    claimed = [row["session"] for row in await tx.sql.fetch(_CLAIM, list(sessions))]
    if not claimed:
        return 0
    key = await key_of(tx.sql, now.date())
    rows = await tx.sql.fetch(_SESSIONS, claimed, now)
    await tx.sql.executemany(_KEEP, [_kept(row, key) for row in rows])
    return len(rows)


async def record_rest(database: Database, now: datetime) -> int:
    """Record sessions that are over and were not recorded yet; return how many."""

    async def recorded(tx: Tx) -> int:
        over = await tx.sql.fetch(_OVER, now - _UNSETTLED, _AT_ONCE)
        return await record(tx, [row["id"] for row in over], now)

    total = 0
    while count := await database.run(recorded):
        total += count
    return total


async def add_up(database: Database, now: datetime) -> None:
    """Leave of every day that is over only its sum, and destroy the alias keys that are due."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    async with database.transaction() as tx:
        await tx.sql.execute(_ADD_UP, today, HIDDEN_COUNTRY)
        await destroy_old(tx.sql, now)


def jobs(database: Database, clock: Clock) -> tuple[Job, ...]:
    """Return what keeps the record of ended sessions, and lets it fade."""
    return (
        Job(
            name="carried-record",
            interval_s=_INTERVAL_S,
            work=lambda: record_rest(database, clock.now()),
        ),
        Job(
            name="carried-fade",
            interval_s=_ADDED_UP_INTERVAL_S,
            work=lambda: add_up(database, clock.now()),
        ),
    )


def _kept(row: asyncpg.Record, key: bytes) -> tuple[object, ...]:
    kept = trace(
        key=key,
        node=row["node"],
        guest=row["payer"],
        country=row["client_country"],
        guests=row["guests"],
        count=row["settled_bytes"],
        began=row["opened_at"],
    )
    return (
        uuid4(),
        row["owner"],
        row["node"],
        kept.alias,
        kept.country,
        TRAFFIC,
        kept.bytes,
        kept.credits,
        kept.started_at,
    )

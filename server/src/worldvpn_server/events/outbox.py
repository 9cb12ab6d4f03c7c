"""The outbox in SQL: written with what it tells of, read in the order of (position, id)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

import asyncpg
import attrs

from worldvpn_server.events.values import Cursor, Delivered, Event

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

#: How long what was told can still be resumed from, and how much of it there may be.
KEEP_S: Final = 15 * 60
KEEP_ROWS: Final = 1_000_000
#: Rows a statement reads or deletes: its time stays far under the statement timeout.
PAGE: Final = 1_000
_TRIM_ROWS: Final = 20_000

_WRITE: Final = """
INSERT INTO outbox (position, topic, device, kind, body)
SELECT (SELECT tx_position()), topic, device, kind, body
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[])
    WITH ORDINALITY AS event (topic, device, kind, body, number)
ORDER BY number
"""

_LAST: Final = """
SELECT position, id FROM outbox WHERE position < tx_horizon()
ORDER BY position DESC, id DESC LIMIT 1
"""

#: The row at the cursor comes along: if it is gone, so may be others that nobody read.
_AFTER: Final = """
SELECT position, id, topic, device, kind, body FROM outbox
WHERE (position, id) >= ($1, $2) AND position < tx_horizon()
ORDER BY position, id LIMIT $3
"""

_MORE: Final = "SELECT EXISTS (SELECT FROM outbox WHERE (position, id) > ($1, $2))"

_HOLDS: Final = """
SELECT EXISTS (
    SELECT FROM outbox WHERE position = $1 AND id = $2 AND position < tx_horizon()
)
"""

#: At most one row more than a reader may miss before a snapshot is cheaper.
_SINCE: Final = """
SELECT position, id, topic, device, kind, body FROM outbox
WHERE topic = ANY ($1) AND (device IS NULL OR device = $2)
    AND (position, id) > ($3, $4) AND position < tx_horizon()
ORDER BY position, id LIMIT $5
"""

#: A prefix of the order goes, and never its newest old row: the head of a quiet server stays.
_TRIM: Final = """
DELETE FROM outbox WHERE (position, id) IN (
    SELECT position, id FROM outbox
    WHERE position < tx_horizon() AND position < greatest(
        (SELECT max(position) FROM outbox WHERE created_at < now() - make_interval(secs => $1)),
        (SELECT position FROM outbox ORDER BY position DESC, id DESC OFFSET $2 LIMIT 1)
    )
    ORDER BY position, id LIMIT $3
)
"""


@attrs.frozen(kw_only=True)
class Page:
    """What was read; ``more``: there is, or will be soon, something behind it."""

    news: tuple[Delivered, ...]
    more: bool


async def write(sql: Connection, events: Sequence[Event]) -> None:
    """Write ``events`` in their order, in the transaction under way."""
    await sql.execute(
        _WRITE,
        [each.topic for each in events],
        [each.device for each in events],
        [each.kind for each in events],
        [each.body for each in events],
    )


async def last(sql: Connection) -> Cursor:
    """Return the last place that nothing can appear before any more."""
    row = await sql.fetchrow(_LAST)
    return Cursor(position=row["position"], id=row["id"]) if row else Cursor(position=0, id=0)


async def after(sql: Connection, cursor: Cursor) -> Page | None:
    """Return what comes after ``cursor``; None: the place is gone, and perhaps more with it."""
    rows = await sql.fetch(_AFTER, cursor.position, cursor.id, PAGE)
    news = tuple(_delivered(row) for row in rows)
    if not news or news[0].cursor != cursor:
        return None
    if len(news) == PAGE:
        return Page(news=news[1:], more=True)
    end = news[-1].cursor
    return Page(news=news[1:], more=bool(await sql.fetchval(_MORE, end.position, end.id)))


async def since(
    sql: Connection, topics: Sequence[UUID], device: UUID | None, cursor: Cursor
) -> tuple[Delivered, ...] | None:
    """Return all of ``topics`` after ``cursor``; None: it is gone, or that is too much."""
    rows = await sql.fetch(_SINCE, list(topics), device, cursor.position, cursor.id, PAGE)
    # Asked after reading: what is trimmed between the two would be missing otherwise.
    holds = await sql.fetchval(_HOLDS, cursor.position, cursor.id)
    if not holds or len(rows) == PAGE:
        return None
    return tuple(_delivered(row) for row in rows)


async def trim(sql: Connection, *, keep_s: float = KEEP_S, keep_rows: int = KEEP_ROWS) -> int:
    """Delete what is too old to resume from; return how many rows that were."""
    deleted = 0
    while True:
        said = await sql.execute(_TRIM, keep_s, keep_rows, _TRIM_ROWS)
        count = int(said.rpartition(" ")[2])
        deleted += count
        if count < _TRIM_ROWS:
            return deleted


def _delivered(row: asyncpg.Record) -> Delivered:
    event = Event(topic=row["topic"], kind=row["kind"], body=row["body"], device=row["device"])
    return Delivered(cursor=Cursor(position=row["position"], id=row["id"]), event=event)

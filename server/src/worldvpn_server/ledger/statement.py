"""An account's whole history, holds too, with what each journal moved in each bucket."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_server.database.pool import Database
from worldvpn_server.ledger.values import Kind

_PAGE_ROWS: Final = 500
_MILLIONTH: Final = Decimal("0.000001")
#: What a spreadsheet would run as a formula instead of showing it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

_PAGE: Final = """
SELECT journal.id, kind, note, created_at, moved.*
FROM journal, LATERAL (
    SELECT coalesce(sum(ticks) FILTER (WHERE bucket = 1), 0)::bigint AS promo,
           coalesce(sum(ticks) FILTER (WHERE bucket = 2), 0)::bigint AS available,
           coalesce(sum(ticks) FILTER (WHERE bucket = 3), 0)::bigint AS held,
           coalesce(sum(ticks) FILTER (WHERE bucket = 4), 0)::bigint AS vesting,
           coalesce(-sum(ticks) FILTER (WHERE bucket = 5), 0)::bigint AS debt
    FROM posting WHERE posting.journal = journal.id
) AS moved
WHERE account = $1 AND ($2::uuid IS NULL OR journal.id < $2)
ORDER BY journal.id DESC LIMIT $3
"""


#: What is earned while something is owed repays that first.
_EARNED: Final = """
SELECT coalesce(sum(ticks) FILTER (WHERE bucket = 2), 0)::bigint AS available,
       coalesce(sum(ticks) FILTER (WHERE bucket = 4), 0)::bigint AS vesting,
       coalesce(sum(ticks) FILTER (WHERE bucket = 5), 0)::bigint AS repaid
FROM journal JOIN posting ON posting.journal = journal.id
WHERE account = $1 AND kind = $2 AND created_at >= $3
"""


class Earned(msgspec.Struct, frozen=True):
    """What sharing has earned since ``since``, by where it went when it was booked."""

    since: datetime
    available_ticks: int
    vesting_ticks: int
    repaid_ticks: int


class StatementLine(msgspec.Struct, frozen=True):
    """One journal. ``ticks`` changed the credits shown; ``credits`` is that, in decimal.

    The others are what it moved in each bucket; ``debt_ticks`` is positive as more is owed.
    """

    id: UUID
    kind: str
    ticks: int
    credits: str
    promo_ticks: int
    available_ticks: int
    held_ticks: int
    vesting_ticks: int
    debt_ticks: int
    note: str
    created_at: datetime


async def page(
    database: Database, account: UUID, *, before: UUID | None, limit: int
) -> Sequence[StatementLine]:
    """Return at most ``limit`` journals of ``account``, newest first, older than ``before``."""
    async with database.read() as sql:
        return [_line(row) for row in await sql.fetch(_PAGE, account, before, limit)]


async def earned(database: Database, account: UUID, since: datetime) -> Earned:
    """Return what ``account`` has earned by sharing; corrections of it are not taken off."""
    async with database.read() as sql:
        row = await sql.fetchrow(_EARNED, account, Kind.EARN.value, since)
    sums = dict(row) if row else {}
    return Earned(
        since=since,
        **{f"{name}_ticks": sums.get(name, 0) for name in ("available", "vesting", "repaid")},
    )


async def as_csv(database: Database, account: UUID) -> AsyncIterator[bytes]:
    """Yield the whole statement as CSV (RFC 4180), page by page, newest first."""
    yield _row(StatementLine.__struct_fields__)
    before: UUID | None = None
    while True:
        lines = await page(database, account, before=before, limit=_PAGE_ROWS)
        yield b"".join(_row(_cells(line)) for line in lines)
        if len(lines) < _PAGE_ROWS:
            return
        before = lines[-1].id


def decimal_credits(ticks: int) -> str:
    """Return ``ticks`` in credits, to the millionth. Pure."""
    return str((Decimal(ticks) / CREDIT_TICKS).quantize(_MILLIONTH))


def _line(row: asyncpg.Record) -> StatementLine:
    ticks = row["promo"] + row["available"] + row["held"]
    return StatementLine(
        id=row["id"],
        kind=Kind(row["kind"]).name.lower(),
        ticks=ticks,
        credits=decimal_credits(ticks),
        promo_ticks=row["promo"],
        available_ticks=row["available"],
        held_ticks=row["held"],
        vesting_ticks=row["vesting"],
        debt_ticks=row["debt"],
        note=row["note"],
        created_at=row["created_at"],
    )


def _cells(line: StatementLine) -> list[str]:
    cells = [str(each) for each in msgspec.structs.astuple(line)[:-2]]
    note = f"'{line.note}" if line.note.startswith(_FORMULA) else line.note
    return [*cells, note, line.created_at.isoformat()]


def _row(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()

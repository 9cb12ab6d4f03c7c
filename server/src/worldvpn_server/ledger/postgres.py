"""The ledger in PostgreSQL: every change is one call of a function of the schema.

The functions own the tables and the server's role does not: no statement of ours can move
money other than by a journal that sums to zero.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

import asyncpg
import attrs
import msgspec

from worldvpn_core.credit.units import CREDIT_TICKS, credits_of
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import CreditError, LedgerError
from worldvpn_server.events.values import Event
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.presentation import BALANCE_EVENT, balance_body
from worldvpn_server.ledger.values import Balance, Bucket, Entry, Held, Journal, Kind, Release
from worldvpn_server.seams import Bus

_POST: Final = """
SELECT * FROM ledger_post(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
) ORDER BY number
"""
_HOLD: Final = "SELECT * FROM ledger_hold($1, $2, $3, $4, $5)"
_BALANCE: Final = """
SELECT promo AS promo_now, available AS available_now, held AS held_now,
       vesting AS vesting_now, debt AS debt_now
FROM wallet WHERE account = $1
"""
#: What became the user's to spend or is held for them: the same sum as "credits". Holds and
#: releases (2, 4) are left out, for they move between the user's own buckets alone.
_HISTORY: Final = """
SELECT id, kind, note, created_at, coalesce(
    (SELECT sum(ticks) FROM posting WHERE posting.journal = journal.id AND bucket IN (1, 2, 3)), 0
)::bigint AS ticks
FROM journal WHERE account = $1 AND ($2::uuid IS NULL OR id < $2) AND kind NOT IN (2, 4)
ORDER BY id DESC LIMIT $3
"""
#: The buckets that a caller may name, in the order of ledger_post's arrays.
_NAMED: Final = (
    *(Bucket.PROMO, Bucket.AVAILABLE, Bucket.HELD, Bucket.VESTING),
    *(Bucket.MINT, Bucket.SUBSIDY, Bucket.CLEARING, Bucket.PENALTY),
)
#: What the database refuses, by SQLSTATE, in our words.
_REFUSED: Final[Mapping[str, str]] = {
    "WV001": "a journal's lines do not sum to zero, move nothing, or reverse a stranger's",
    "WV003": "a journal's key was posted before with other lines",
    "22003": "a journal moves more ticks than there can be",
    "23505": "a journal was reversed before: a correction is made once",
    "23514": "a balance would go below zero",
}


@attrs.frozen
class PostgresLedger:
    """Both sides of the ledger: ``seams.Ledger`` and ``seams.Treasury``."""

    _database: Database
    _clock: Clock
    _bus: Bus

    async def hold(self, tx: Tx, account: UUID, key: bytes, ticks: int) -> Held:
        with _translated():
            row = await tx.sql.fetchrow(_HOLD, new_id(), account, key, ticks, self._clock.now())
        if row is None or row["posted"] is None:
            raise CreditError(
                "Insufficient credits",
                credits=0 if row is None else credits_of(_balance(row).spendable_ticks),
                required=-(-ticks // CREDIT_TICKS),
            )
        if row["posted"]:
            await self._tell(tx, {account: _balance(row)})
        return Held(promo_ticks=row["from_promo"], available_ticks=row["from_available"])

    async def settle(self, tx: Tx, account: UUID, key: bytes, spent: Held) -> bool:
        lines = ((Bucket.HELD, -spent.ticks), (Bucket.CLEARING, spent.ticks))
        return await self.post(tx, Journal(account=account, key=key, kind=Kind.SPEND, lines=lines))

    async def release(self, tx: Tx, release: Release) -> bool:
        return await self.post(tx, release_journal(release))

    async def balance(self, account: UUID) -> Balance:
        async with self._database.read() as sql:
            row = await sql.fetchrow(_BALANCE, account)
        return Balance() if row is None else _balance(row)

    async def history(self, account: UUID, *, before: UUID | None, limit: int) -> Sequence[Entry]:
        async with self._database.read() as sql:
            rows = await sql.fetch(_HISTORY, account, before, limit)
        return tuple(
            Entry(
                id=row["id"],
                kind=Kind(row["kind"]),
                ticks=row["ticks"],
                note=row["note"],
                created_at=row["created_at"],
            )
            for row in rows
        )

    async def post(self, tx: Tx, journal: Journal) -> bool:
        (posted,) = await self.post_many(tx, (journal,))
        return posted

    async def post_many(self, tx: Tx, journals: Sequence[Journal]) -> Sequence[bool]:
        if not journals:
            return ()
        for each in journals:
            if any(bucket is Bucket.DEBT for bucket, _ in each.lines):
                raise LedgerError("a journal names debt: it follows from the other lines")
        with _translated():
            rows = await tx.sql.fetch(
                _POST,
                [new_id() for _ in journals],
                [each.account for each in journals],
                [each.key for each in journals],
                [each.kind for each in journals],
                [each.note for each in journals],
                [each.reverses for each in journals],
                *([each.ticks(bucket) for each in journals] for bucket in _NAMED),
                self._clock.now(),
            )
        # Rows of one account come in the order of posting: the last one is what it has now.
        told = {
            each.account: _balance(row)
            for each, row in zip(journals, rows, strict=True)
            if row["posted"]
        }
        await self._tell(tx, told)
        return tuple(row["posted"] for row in rows)

    async def _tell(self, tx: Tx, balances: Mapping[UUID, Balance]) -> None:
        if balances:
            await self._bus.publish(
                tx,
                *(
                    Event(
                        topic=account,
                        kind=BALANCE_EVENT,
                        body=msgspec.json.encode(balance_body(balance)),
                    )
                    for account, balance in balances.items()
                ),
            )


def release_journal(release: Release) -> Journal:
    """Return the journal that gives back what is held. Pure."""
    lines = (
        (Bucket.HELD, -release.back.ticks),
        (Bucket.PROMO, release.back.promo_ticks),
        (Bucket.AVAILABLE, release.back.available_ticks),
    )
    return Journal(account=release.account, key=release.key, kind=Kind.RELEASE, lines=lines)


def _balance(row: asyncpg.Record) -> Balance:
    return Balance(
        promo_ticks=row["promo_now"],
        available_ticks=row["available_now"],
        held_ticks=row["held_now"],
        vesting_ticks=row["vesting_now"],
        debt_ticks=row["debt_now"],
    )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresError as error:
        words = _REFUSED.get(error.sqlstate or "")
        if words is None:
            raise
        raise LedgerError(words) from None

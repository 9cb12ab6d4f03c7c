"""Corrections: taken back once, by a journal of their own, and what is gone is owed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.conftest import MovingClock
from tests.server.ledger.conftest import Opener, movement
from worldvpn_server.database.pool import Database
from worldvpn_server.errors import LedgerError, NotFoundError
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.ledger.reversal import reverse, reversed_lines
from worldvpn_server.ledger.values import Balance, Bucket, Held, Journal, Kind
from worldvpn_server.ledger.welcome import STARTING_TICKS

pytestmark = pytest.mark.anyio

lines = st.dictionaries(st.sampled_from(Bucket), st.integers(-(2**40), 2**40), max_size=8).map(
    lambda found: tuple(found.items())
)


async def posted(database: Database, ledger: PostgresLedger, journal: Journal) -> UUID:
    """Post, and return which journal that made."""
    await database.run(lambda tx: ledger.post(tx, journal))
    return (await ledger.history(journal.account, before=None, limit=1))[0].id


@given(lines, st.integers(0, 2**41))
def test_reversal_moves_as_much_back_and_takes_no_more_than_vests(
    moved: tuple[tuple[Bucket, int], ...], vesting_ticks: int
) -> None:
    back = reversed_lines(moved, vesting_ticks)

    assert sum(ticks for _, ticks in back) == -sum(ticks for _, ticks in moved)
    assert {Bucket.HELD, Bucket.DEBT, Bucket.CLEARING}.isdisjoint(bucket for bucket, _ in back)
    assert all(ticks >= -vesting_ticks for bucket, ticks in back if bucket is Bucket.VESTING)


async def test_grant_is_taken_back_once_and_what_was_spent_is_owed(
    database: Database, ledger: PostgresLedger
) -> None:
    account = new_id()
    grant = await posted(database, ledger, movement(account, Kind.GRANT, Bucket.MINT, 50))
    await database.run(lambda tx: ledger.hold(tx, account, b"h", 20))

    done = [
        await database.run(lambda tx: reverse(tx, ledger, grant, "a mistake")) for _ in range(2)
    ]

    assert done == [True, False]
    assert await ledger.balance(account) == Balance(held_ticks=20, debt_ticks=20)
    async with database.read() as sql:
        assert await sql.fetchval("SELECT reverses FROM reversal") == grant


async def test_two_reversals_at_once_are_one(database: Database, ledger: PostgresLedger) -> None:
    account = new_id()
    grant = await posted(database, ledger, movement(account, Kind.GRANT, Bucket.MINT, 50))

    done = await asyncio.gather(
        *(database.run(lambda tx: reverse(tx, ledger, grant, "a mistake")) for _ in range(5))
    )

    assert sorted(done) == [False] * 4 + [True]
    assert await ledger.balance(account) == Balance()


async def test_spending_comes_back_as_available_and_clearing_keeps_what_is_due(
    database: Database, ledger: PostgresLedger, opened_wallet: Opener
) -> None:
    account = await opened_wallet()
    held = await database.run(lambda tx: ledger.hold(tx, account, b"h", 100))
    spend = Journal(
        account=account,
        key=b"s",
        kind=Kind.SPEND,
        lines=((Bucket.HELD, -held.ticks), (Bucket.CLEARING, held.ticks)),
    )
    journal = await posted(database, ledger, spend)

    await database.run(lambda tx: reverse(tx, ledger, journal, "the node cheated"))

    assert held == Held(promo_ticks=100, available_ticks=0)
    assert await ledger.balance(account) == Balance(
        promo_ticks=STARTING_TICKS - 100, available_ticks=100
    )
    async with database.read() as sql:
        assert await sql.fetchval("SELECT sum(ticks) FROM posting WHERE bucket = 13") == 100


async def test_earnings_are_taken_from_what_vests_latest_then_from_available_then_owed(
    database: Database, ledger: PostgresLedger, clock: MovingClock
) -> None:
    account = new_id()
    earn = Journal(
        account=account,
        key=b"e",
        kind=Kind.EARN,
        lines=(
            *((Bucket.CLEARING, -90), (Bucket.SUBSIDY, -10)),
            *((Bucket.VESTING, 70), (Bucket.AVAILABLE, 30)),
        ),
    )
    journal = await posted(database, ledger, earn)
    async with database.transaction() as tx:
        # 40 of the 70 have vested since, and were spent with all the rest.
        for days, ticks in ((7, 10), (9, 20)):
            await tx.sql.execute(
                "INSERT INTO vesting VALUES ($1, $2, $3, $4)",
                *(new_id(), account, ticks, clock.now() + timedelta(days=days)),
            )
        vested = ((Bucket.VESTING, -40), (Bucket.AVAILABLE, 40))
        await ledger.post(tx, Journal(account=account, key=b"v", kind=Kind.VEST, lines=vested))
        await ledger.hold(tx, account, b"h", 65)

    await database.run(lambda tx: reverse(tx, ledger, journal, "receipts were forged"))

    assert await ledger.balance(account) == Balance(held_ticks=65, debt_ticks=65)
    async with database.read() as sql:
        assert await sql.fetchval("SELECT count(*) FROM vesting") == 0


async def test_penalty_taken_back_pays_the_debt_it_made_first(
    database: Database, ledger: PostgresLedger
) -> None:
    account = new_id()
    await posted(database, ledger, movement(account, Kind.GRANT, Bucket.MINT, 30))
    penalty = await posted(database, ledger, movement(account, Kind.PENALTY, Bucket.PENALTY, -100))
    assert await ledger.balance(account) == Balance(debt_ticks=70)

    await database.run(lambda tx: reverse(tx, ledger, penalty, "it was somebody else"))

    assert await ledger.balance(account) == Balance(available_ticks=30)


async def test_what_a_reversal_does_not_correct_is_refused(
    database: Database, ledger: PostgresLedger, opened_wallet: Opener
) -> None:
    account = await opened_wallet()
    await database.run(lambda tx: ledger.hold(tx, account, b"h", 5))
    async with database.read() as sql:
        hold = await sql.fetchval("SELECT id FROM journal WHERE kind = 2")

    with pytest.raises(LedgerError, match="HOLD"):
        await database.run(lambda tx: reverse(tx, ledger, hold, ""))
    with pytest.raises(NotFoundError):
        await database.run(lambda tx: reverse(tx, ledger, new_id(), ""))

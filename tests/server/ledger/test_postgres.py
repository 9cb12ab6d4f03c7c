"""The ledger: what moves, in which order, once, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest

from tests.server.ledger.conftest import HeardBus, Opener
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_server.database.pool import Database
from worldvpn_server.errors import CreditError, LedgerError
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.ledger.presentation import BalanceBody, balance_body
from worldvpn_server.ledger.values import Balance, Bucket, Held, Journal, Kind, Release
from worldvpn_server.ledger.welcome import STARTING_TICKS, open_wallet

pytestmark = pytest.mark.anyio


def grant(account: UUID, ticks: int, key: bytes = b"grant") -> Journal:
    lines = ((Bucket.MINT, -ticks), (Bucket.AVAILABLE, ticks))
    return Journal(account=account, key=key, kind=Kind.GRANT, lines=lines)


def penalty(account: UUID, ticks: int, key: bytes = b"penalty") -> Journal:
    lines = ((Bucket.AVAILABLE, -ticks), (Bucket.PENALTY, ticks))
    return Journal(account=account, key=key, kind=Kind.PENALTY, lines=lines)


async def test_new_wallet_has_a_hundred_credits_of_promo_once(
    database: Database, ledger: PostgresLedger
) -> None:
    account = new_id()

    first = await database.run(lambda tx: open_wallet(tx, ledger, account))
    second = await database.run(lambda tx: open_wallet(tx, ledger, account))

    assert (first, second) == (True, False)
    assert await ledger.balance(account) == Balance(promo_ticks=STARTING_TICKS)
    assert (await ledger.balance(account)).credits == 100


async def test_promo_is_held_first_and_the_same_key_holds_once(
    database: Database, ledger: PostgresLedger, opened_wallet: Opener
) -> None:
    account = await opened_wallet()
    await database.run(lambda tx: ledger.post(tx, grant(account, 50)))
    ticks = STARTING_TICKS + 20

    first = await database.run(lambda tx: ledger.hold(tx, account, b"h", ticks))
    again = await database.run(lambda tx: ledger.hold(tx, account, b"h", ticks))

    assert first == again == Held(promo_ticks=STARTING_TICKS, available_ticks=20)
    assert await ledger.balance(account) == Balance(available_ticks=30, held_ticks=ticks)


async def test_hold_of_more_than_there_is_moves_nothing(
    database: Database, ledger: PostgresLedger, opened_wallet: Opener
) -> None:
    account = await opened_wallet()

    with pytest.raises(CreditError) as refused:
        await database.run(lambda tx: ledger.hold(tx, account, b"h", 101 * CREDIT_TICKS))

    assert refused.value.extra == {"credits": 100, "required": 101}
    assert await ledger.balance(account) == Balance(promo_ticks=STARTING_TICKS)


async def test_account_without_a_wallet_has_nothing_to_hold(
    database: Database, ledger: PostgresLedger
) -> None:
    with pytest.raises(CreditError):
        await database.run(lambda tx: ledger.hold(tx, new_id(), b"h", 1))


async def test_spending_and_releasing_end_a_hold(
    database: Database, ledger: PostgresLedger, opened_wallet: Opener
) -> None:
    account = await opened_wallet()
    held = await database.run(lambda tx: ledger.hold(tx, account, b"h", 100))
    spent = Held(promo_ticks=60, available_ticks=0)
    back = Release(account=account, key=b"r", back=Held(promo_ticks=40, available_ticks=0))

    assert held == Held(promo_ticks=100, available_ticks=0)
    for fresh in (True, False):
        assert await database.run(lambda tx: ledger.settle(tx, account, b"s", spent)) is fresh
        assert await database.run(lambda tx: ledger.release(tx, back)) is fresh
    assert await ledger.balance(account) == Balance(promo_ticks=STARTING_TICKS - 60)


async def test_penalty_takes_what_there_is_and_the_rest_is_repaid_first(
    database: Database, ledger: PostgresLedger
) -> None:
    account = new_id()
    await database.run(lambda tx: ledger.post(tx, grant(account, 30)))

    await database.run(lambda tx: ledger.post(tx, penalty(account, 100)))
    owing = await ledger.balance(account)
    await database.run(lambda tx: ledger.post(tx, grant(account, 50, b"2")))
    less = await ledger.balance(account)
    await database.run(lambda tx: ledger.post(tx, grant(account, 50, b"3")))

    assert owing == Balance(debt_ticks=70)
    assert less == Balance(debt_ticks=20)
    assert await ledger.balance(account) == Balance(available_ticks=30)


@pytest.mark.parametrize(
    "other",
    [
        lambda account: grant(account, 51),
        lambda account: penalty(account, 50, b"grant"),
        lambda account: Journal(
            account=account,
            key=b"grant",
            kind=Kind.GRANT,
            lines=((Bucket.MINT, -50), (Bucket.PROMO, 50)),
        ),
    ],
    ids=["more", "another kind", "another bucket"],
)
async def test_key_of_another_journal_is_a_fault_not_a_repetition(
    database: Database, ledger: PostgresLedger, other: Callable[[UUID], Journal]
) -> None:
    account = new_id()
    await database.run(lambda tx: ledger.post(tx, penalty(account, 20)))
    await database.run(lambda tx: ledger.post(tx, grant(account, 50)))

    with pytest.raises(LedgerError, match="other lines"):
        await database.run(lambda tx: ledger.post(tx, other(account)))

    assert await database.run(lambda tx: ledger.post(tx, grant(account, 50))) is False
    assert await database.run(lambda tx: ledger.post(tx, penalty(account, 20))) is False
    assert await ledger.balance(account) == Balance(available_ticks=30)


async def test_hold_under_the_key_of_another_amount_is_a_fault(
    database: Database, ledger: PostgresLedger, opened_wallet: Opener
) -> None:
    account = await opened_wallet()
    await database.run(lambda tx: ledger.hold(tx, account, b"h", 10))

    with pytest.raises(LedgerError, match="other lines"):
        await database.run(lambda tx: ledger.hold(tx, account, b"h", 11))


@pytest.mark.parametrize(
    "lines",
    [
        ((Bucket.MINT, -5), (Bucket.AVAILABLE, 6)),
        ((Bucket.MINT, 50), (Bucket.AVAILABLE, -50)),
        ((Bucket.MINT, 5), (Bucket.HELD, -5)),
        ((Bucket.MINT, 5), (Bucket.DEBT, -5)),
        ((Bucket.MINT, 5), (Bucket.MINT, -5)),
        ((Bucket.MINT, -(2**63) + 1), (Bucket.AVAILABLE, 2**63 - 1)),
    ],
    ids=["unbalanced", "overdrawn", "overheld", "debt by hand", "nothing", "overflow"],
)
async def test_journal_that_breaks_an_invariant_is_refused_whole(
    database: Database, ledger: PostgresLedger, lines: tuple[tuple[Bucket, int], ...]
) -> None:
    account = new_id()
    await database.run(lambda tx: ledger.post(tx, grant(account, 1)))
    bad = Journal(account=account, key=b"x", kind=Kind.GRANT, lines=lines)

    with pytest.raises(LedgerError):
        await database.run(lambda tx: ledger.post_many(tx, (grant(account, 7, b"good"), bad)))

    assert await ledger.balance(account) == Balance(available_ticks=1)


async def test_balance_is_told_with_the_posting_once_an_account(
    database: Database, ledger: PostgresLedger, bus: HeardBus
) -> None:
    one, other = new_id(), new_id()
    journals = (grant(one, 5), grant(other, 6), grant(one, 7, b"2"), grant(one, 5))

    posted = await database.run(lambda tx: ledger.post_many(tx, journals))

    assert posted == (True, True, True, False)
    told = {each.topic: msgspec.json.decode(each.body, type=BalanceBody) for each in bus.heard}
    assert len(bus.heard) == len(told) == 2
    assert told[one] == balance_body(Balance(available_ticks=12))
    assert {each.kind for each in bus.heard} == {"balance"}


async def test_history_is_newest_first_and_goes_on_from_a_journal(
    database: Database, ledger: PostgresLedger, opened_wallet: Opener
) -> None:
    account = await opened_wallet()
    for number in range(1, 5):
        async with database.transaction() as tx:
            await ledger.post(tx, grant(account, number, bytes([number])))

    first = await ledger.history(account, before=None, limit=3)
    rest = await ledger.history(account, before=first[-1].id, limit=3)

    assert [each.ticks for each in (*first, *rest)] == [4, 3, 2, 1, STARTING_TICKS]
    assert rest[-1].kind is Kind.WELCOME

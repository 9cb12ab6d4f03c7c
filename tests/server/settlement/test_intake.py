"""What is no proof changes nothing, and whoever sent it learns why."""

from __future__ import annotations

import base64
import os

import pytest

from tests.server.conftest import MovingClock
from tests.server.settlement.rig import Opened, Rig
from worldvpn_core.credit.lengths import RECEIPT_BYTES
from worldvpn_core.credit.receipt import Role
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.errors import InvalidError, TooLargeError
from worldvpn_server.http.receipts import _bytes
from worldvpn_server.services import Services
from worldvpn_server.settlement.values import MOST_RECEIPTS, Outcome

pytestmark = pytest.mark.anyio


@pytest.fixture
async def session(rig: Rig, clock: MovingClock) -> Opened:
    """An open session, a minute old."""
    payer, owner = await rig.person(), await rig.person()
    made = await rig.session(payer, await rig.node(owner), owner)
    clock.pass_by(minutes=1)
    return made


async def test_each_receipt_of_a_batch_has_an_outcome_of_its_own(
    services: Services, session: Opened
) -> None:
    good, twin = session.pair(MEBIBYTE)
    forged = bytearray(session.word(Role.NODE, 2 * MEBIBYTE, sequence=2))
    forged[-1] ^= 1
    stranger = session.word(Role.NODE, MEBIBYTE, ticket=os.urandom(32))
    rival = session.word(Role.NODE, 2 * MEBIBYTE)
    first = session.word(Role.NODE, MEBIBYTE, sequence=0)
    huge = session.word(Role.NODE, MEBIBYTE, sequence=2**63)

    outcomes = await services.settlement.submit(
        [
            *(good, good, bytes(forged), stranger),
            *(b"", os.urandom(RECEIPT_BYTES), rival, twin),
            *(first, huge),
        ]
    )

    assert outcomes == (
        *(Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.BAD_SIGNATURE, Outcome.UNKNOWN_TICKET),
        *(Outcome.MALFORMED, Outcome.MALFORMED, Outcome.EQUIVOCATION, Outcome.ACCEPTED),
        *(Outcome.MALFORMED, Outcome.MALFORMED),
    )


async def test_two_words_under_one_number_are_kept_both_and_freeze_nothing(
    services: Services, rig: Rig, session: Opened
) -> None:
    await services.settlement.submit(session.pair(MEBIBYTE))
    other = session.word(Role.NODE, 3 * MEBIBYTE)

    outcomes = await services.settlement.submit([other])
    await services.settlement.submit(session.pair(2 * MEBIBYTE, sequence=2))

    assert outcomes == (Outcome.EQUIVOCATION,)
    assert await rig.settled_bytes(session) == 2 * MEBIBYTE
    async with services.database.read() as sql:
        kept = await sql.fetchval("SELECT count(*) FROM receipt WHERE sequence = 1 AND role = 1")
        counted = await sql.fetchrow("SELECT equivocations, node_equivocations FROM session")
    assert (kept, tuple(counted or ())) == (2, (1, 1))


async def test_receipts_are_taken_for_seven_days_after_the_ticket(
    services: Services, session: Opened, clock: MovingClock
) -> None:
    clock.pass_by(days=7, hours=3)
    in_time = await services.settlement.submit([session.word(Role.GUEST, MEBIBYTE)])
    clock.pass_by(hours=1)
    too_late = await services.settlement.submit([session.word(Role.GUEST, MEBIBYTE, sequence=2)])

    assert in_time + too_late == (Outcome.ACCEPTED, Outcome.EXPIRED)


async def test_a_last_word_is_only_its_guests(services: Services, session: Opened) -> None:
    with pytest.raises(InvalidError, match="not the guest's"):
        await services.settlement.finish(session.id, session.word(Role.NODE, 0))
    with pytest.raises(InvalidError, match="malformed"):
        await services.settlement.finish(session.id, b"no receipt")


async def test_a_batch_has_a_most(services: Services, session: Opened) -> None:
    with pytest.raises(TooLargeError, match="257"):
        await services.settlement.submit([session.word(Role.NODE, 1)] * (MOST_RECEIPTS + 1))


async def test_a_session_that_is_over_leaves_nothing_that_joins_its_two_accounts(
    services: Services, rig: Rig, session: Opened, clock: MovingClock
) -> None:
    await services.settlement.submit(session.pair(2 * MEBIBYTE))
    await services.settlement.payouts.pay()
    await rig.end(session)
    clock.pass_by(hours=28)
    await services.settlement.expiry.settle_past()
    clock.pass_by(days=5, hours=20)
    early = await services.settlement.expiry.delete_over()
    clock.pass_by(days=1, hours=4)
    late = await services.settlement.expiry.delete_over()
    async with services.database.read() as sql:
        left = await sql.fetchval(
            "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM ticket)"
            " + (SELECT count(*) FROM receipt)"
        )
        shared = await sql.fetchval(
            "SELECT count(*) FROM journal AS a JOIN journal AS b"
            " ON a.account = $1 AND b.account = $2 AND b.kind = 5"
            " AND (a.position = b.position OR a.key = b.key)",
            session.payer,
            session.owner,
        )

    assert (early, late, left, shared) == (0, 1, 0, 0)


async def test_a_dispute_is_kept_for_thirty_days_and_not_longer(
    services: Services, rig: Rig, session: Opened, clock: MovingClock
) -> None:
    await services.settlement.submit(
        [session.word(Role.NODE, 9 * MEBIBYTE), session.word(Role.GUEST, MEBIBYTE)]
    )
    await rig.end(session)
    clock.pass_by(days=30)
    await services.settlement.expiry.settle_past()
    clock.pass_by(hours=3)
    kept = await services.settlement.expiry.delete_over()
    clock.pass_by(hours=1)

    assert kept == 0
    assert await services.settlement.expiry.delete_over() == 1


def test_base64url_is_read_strictly() -> None:
    signed = os.urandom(RECEIPT_BYTES)
    text = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()

    assert _bytes(text) == signed
    assert _bytes("!" + text[1:]) == b""


async def test_a_nodes_record_is_told_with_its_payout(
    services: Services, rig: Rig, session: Opened, clock: MovingClock
) -> None:
    liar = await rig.session(session.payer, session.node, session.owner)
    clock.pass_by(minutes=1)
    last = liar.word(Role.GUEST, 2 * MEBIBYTE, sequence=2)
    await services.settlement.submit(session.pair(2 * MEBIBYTE))
    await services.settlement.submit([liar.word(Role.NODE, 9 * MEBIBYTE)])
    await rig.end(session)
    await rig.end(liar)
    await services.settlement.finish(liar.id, last)
    await services.settlement.finish(session.id, session.word(Role.GUEST, 2 * MEBIBYTE, sequence=2))
    await services.settlement.payouts.pay()

    async with services.database.read() as sql:
        told = await sql.fetchrow(
            "SELECT lifetime_bytes, lifetime_sessions, settled_sessions, successes, failures"
            " FROM node"
        )
    assert tuple(told or ()) == (4 * MEBIBYTE, 2, 1, 1.0, 1.0)

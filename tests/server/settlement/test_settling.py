"""Money follows what both ends signed, once, and to the tick."""

from __future__ import annotations

import pytest

from tests.server.conftest import MovingClock
from tests.server.settlement.rig import CAP_BYTES, Rig
from worldvpn_core.credit.receipt import Role
from worldvpn_core.credit.units import CREDIT_TICKS, MEBIBYTE
from worldvpn_server.errors import InvalidError
from worldvpn_server.services import Services
from worldvpn_server.settlement.figures import Word
from worldvpn_server.settlement.values import Outcome

pytestmark = pytest.mark.anyio

HELD = 5 * CAP_BYTES


async def test_a_signed_pair_moves_five_ticks_a_byte_and_pays_the_owner_in_a_batch_of_its_own(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner, subsidised_bytes=CAP_BYTES)
    clock.pass_by(minutes=1)

    outcomes = await services.settlement.submit(session.pair(10 * MEBIBYTE))
    before = await rig.wallets([payer, owner])
    await services.settlement.payouts.pay()
    after = await rig.wallets([payer, owner])

    assert outcomes == (Outcome.ACCEPTED, Outcome.ACCEPTED)
    start = 100 * CREDIT_TICKS
    assert before == [(start - HELD, 0, HELD // 2, 0, 0), (start, 0, 0, 0, 0)]
    # Sharing earns a fifth more; promo and subsidy vest.
    assert after == [before[0], (start, 0, 0, 6 * 10 * MEBIBYTE, 0)]


async def test_what_is_paid_from_earned_credits_is_available_at_once_and_its_subsidy_vests(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(available_credits=100), await rig.person()
    node = await rig.node(owner)
    await rig.session(payer, node, owner, cap_bytes=100 * MEBIBYTE)  # holds all the promo
    session = await rig.session(payer, node, owner, subsidised_bytes=4 * MEBIBYTE)
    clock.pass_by(minutes=1)

    await services.settlement.submit(session.pair(10 * MEBIBYTE))
    await services.settlement.payouts.pay()
    paid = await services.ledger.balance(owner)
    clock.pass_by(days=7)
    await services.settlement.vesting.vest()
    vested = await services.ledger.balance(owner)

    assert (paid.available_ticks, paid.vesting_ticks) == (50 * MEBIBYTE, 4 * MEBIBYTE)
    assert (vested.available_ticks, vested.vesting_ticks) == (54 * MEBIBYTE, 0)


async def test_starting_credits_spent_at_ones_own_second_account_are_burned(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner, subsidised_bytes=0)
    clock.pass_by(minutes=1)

    await services.settlement.submit(session.pair(10 * MEBIBYTE))
    await services.settlement.payouts.pay()

    assert await rig.wallets([owner]) == [(100 * CREDIT_TICKS, 0, 0, 0, 0)]


async def test_a_last_word_frees_the_rest_at_once(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner)
    clock.pass_by(minutes=1)
    node, guest = session.pair(3 * MEBIBYTE)

    await rig.end(session)
    await services.settlement.finish(session.id, guest)
    waiting = await services.ledger.balance(payer)
    await services.settlement.submit([node])
    done = await services.ledger.balance(payer)

    assert waiting.held_ticks == 15 * MEBIBYTE
    assert (done.held_ticks, done.promo_ticks) == (0, 97 * CREDIT_TICKS)
    assert (await services.ledger.balance(owner)).held_ticks == 0


async def test_a_node_that_carried_nothing_gives_the_hold_back_at_once(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner)
    clock.pass_by(minutes=1)

    await rig.end(session)
    await services.settlement.finish_node(session.id, None)
    told = await rig.wallets([payer])
    # Its guest's word cannot stand alone a day later: the node has spoken.
    await services.settlement.submit([session.word(Role.GUEST, 2 * MEBIBYTE)])
    clock.pass_by(hours=28)
    await services.settlement.expiry.settle_past()

    assert told == [(100 * CREDIT_TICKS, 0, 0, 0, 0)]
    assert await rig.wallets([payer]) == told
    assert await rig.settled_bytes(session) == 0


async def test_a_nodes_last_word_keeps_a_hold_for_what_it_claims_and_no_more(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner)
    clock.pass_by(minutes=1)
    node, guest = session.pair(3 * MEBIBYTE)

    await rig.end(session)
    await services.settlement.finish_node(session.id, node)
    waiting = await services.ledger.balance(payer)
    await services.settlement.submit([guest])
    done = await services.ledger.balance(payer)

    assert waiting.held_ticks == 15 * MEBIBYTE
    assert (done.held_ticks, done.promo_ticks) == (0, 97 * CREDIT_TICKS)
    assert await rig.settled_bytes(session) == 3 * MEBIBYTE


async def test_what_both_ends_signed_is_paid_even_where_the_node_said_less_last(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner)
    clock.pass_by(minutes=1)

    await rig.end(session)
    await services.settlement.finish_node(session.id, None)
    await services.settlement.submit(session.pair(3 * MEBIBYTE))

    assert await rig.settled_bytes(session) == 3 * MEBIBYTE
    assert await rig.wallets([payer]) == [(97 * CREDIT_TICKS, 0, 0, 0, 0)]


async def test_a_nodes_last_word_is_its_own_and_of_that_session(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    node = await rig.node(owner)
    session, other = [await rig.session(payer, node, owner, cap_bytes=MEBIBYTE) for _ in range(2)]
    clock.pass_by(minutes=1)

    for word in (session.word(Role.GUEST, 0), other.word(Role.NODE, 0)):
        with pytest.raises(InvalidError, match="not the node's word on this session"):
            await services.settlement.finish_node(session.id, word)

    assert (await services.ledger.balance(payer)).held_ticks == 2 * 5 * MEBIBYTE


async def test_a_word_beyond_the_last_one_is_charged_all_the_same(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner)
    clock.pass_by(minutes=1)

    await services.settlement.finish(session.id, session.word(Role.GUEST, MEBIBYTE, sequence=9))
    await services.settlement.submit(session.pair(10 * MEBIBYTE))

    assert await rig.settled_bytes(session) == 10 * MEBIBYTE
    assert await rig.wallets([payer]) == [(90 * CREDIT_TICKS, 0, 0, 0, 0)]


async def test_the_guests_word_stands_alone_a_day_after_the_ticket_and_its_node_may_still_speak(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner)
    clock.pass_by(minutes=1)
    node, guest = session.pair(3 * MEBIBYTE)
    await services.settlement.submit([guest])
    await rig.end(session)

    clock.pass_by(hours=27)
    await services.settlement.expiry.settle_past()
    early = await rig.settled_bytes(session)
    clock.pass_by(hours=1)
    await services.settlement.expiry.settle_past()
    alone = await rig.settled_bytes(session)
    outcomes = await services.settlement.submit([node])

    assert (early, alone) == (0, 3 * MEBIBYTE)
    assert outcomes == (Outcome.ACCEPTED,)
    assert await rig.wallets([payer]) == [(97 * CREDIT_TICKS, 0, 0, 0, 0)]


async def test_a_nodes_word_alone_is_worth_nothing_and_the_hold_goes_back(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner)
    clock.pass_by(minutes=1)
    await services.settlement.submit([session.word(Role.NODE, 3 * MEBIBYTE)])
    await rig.end(session)

    clock.pass_by(hours=28)
    await services.settlement.expiry.settle_past()
    refunded = await rig.wallets([payer])
    late = await services.settlement.submit([session.word(Role.GUEST, 2 * MEBIBYTE)])

    assert refunded == [(100 * CREDIT_TICKS, 0, 0, 0, 0)]
    assert late == (Outcome.ACCEPTED,)
    assert await rig.settled_bytes(session) == 2 * MEBIBYTE
    assert await rig.wallets([payer]) == [(98 * CREDIT_TICKS, 0, 0, 0, 0)]


async def test_what_comes_late_is_taken_as_far_as_it_is_there_and_never_becomes_debt(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    node = await rig.node(owner)
    session = await rig.session(payer, node, owner)
    await rig.end(session)
    clock.pass_by(hours=28)
    await services.settlement.expiry.settle_past()
    other = await rig.session(payer, node, owner, cap_bytes=99 * MEBIBYTE)

    await services.settlement.submit(session.pair(3 * MEBIBYTE))
    short = await rig.settled_bytes(session)
    await services.settlement.finish(other.id, other.word(Role.GUEST, 0))
    await services.settlement.submit([session.word(Role.GUEST, 3 * MEBIBYTE, sequence=2)])

    assert short == MEBIBYTE
    assert await rig.settled_bytes(session) == 3 * MEBIBYTE
    assert await rig.wallets([payer]) == [(97 * CREDIT_TICKS, 0, 0, 0, 0)]


async def test_a_prepaid_session_is_charged_by_its_nodes_figure_up_to_its_ticket(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(
        payer, await rig.node(owner), owner, cap_bytes=16 * MEBIBYTE, compat=True
    )
    clock.pass_by(minutes=1)
    word = Word(up_bytes=MEBIBYTE, down_bytes=4 * MEBIBYTE, elapsed_ms=60_000)
    lie = Word(up_bytes=2**62, down_bytes=2**62, elapsed_ms=2**62)

    first = await services.settlement.charge_compat(session.id, word)
    again = await services.settlement.charge_compat(session.id, word)
    most = await services.settlement.charge_compat(session.id, lie)

    assert (first, again, most) == (5 * MEBIBYTE, 5 * MEBIBYTE, 16 * MEBIBYTE)
    assert await rig.wallets([payer]) == [(84 * CREDIT_TICKS, 0, 0, 0, 0)]


async def test_the_last_figure_of_a_prepaid_session_frees_the_rest(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner, compat=True)
    clock.pass_by(minutes=1)
    word = Word(up_bytes=0, down_bytes=4 * MEBIBYTE, elapsed_ms=60_000)

    await services.settlement.charge_compat(session.id, word, final=True)

    assert await rig.wallets([payer]) == [(96 * CREDIT_TICKS, 0, 0, 0, 0)]


async def test_a_session_is_settled_no_faster_than_its_node_says_it_is(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner, rate_bps=8_000_000)
    clock.pass_by(seconds=2)

    await services.settlement.submit(session.pair(CAP_BYTES, elapsed_ms=2**63))
    soon = await rig.settled_bytes(session)
    clock.pass_by(seconds=1)
    await services.settlement.submit(session.pair(CAP_BYTES, sequence=2, elapsed_ms=2**63))

    assert (soon, await rig.settled_bytes(session)) == (2_000_000, 3_000_000)


async def test_a_guest_that_says_less_time_passed_pays_no_less(
    services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner = await rig.person(), await rig.person()
    session = await rig.session(payer, await rig.node(owner), owner, rate_bps=8_000_000)
    clock.pass_by(minutes=1)

    honest = session.word(Role.NODE, CAP_BYTES, elapsed_ms=60_000)
    hasty = session.word(Role.GUEST, CAP_BYTES, elapsed_ms=1)
    await services.settlement.submit([honest, hasty])

    assert await rig.settled_bytes(session) == CAP_BYTES

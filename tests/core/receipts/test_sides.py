"""Both sides exchange receipts over a real stream: what was carried is signed for by both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import attrs
import pytest

from tests.core.credit.ends import FLOAT_BYTES
from tests.core.receipts.sides import (
    NODE4,
    PATIENCE_S,
    SEEN,
    SESSION,
    Here,
    Sides,
    lease,
    session_id,
)
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import Reason
from worldvpn_core.credit.receipt import Role, read_receipt
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_core.receipts.guest_side import node_addresses

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sides() -> AsyncIterator[Sides]:
    made = await Sides.made()
    yield made
    await made.close()


def signed(sides: Sides, role: Role) -> Figures:
    book = sides.node_book if role is Role.NODE else sides.guest_book
    entry = None if book is None else book.get(session_id(), role)
    return Figures() if entry is None else Figures.of(entry.kept.own)


async def test_guest_goes_on_as_far_as_it_has_signed_and_a_float(sides: Sides) -> None:
    await sides.begin()
    await sides.carries(3 * FLOAT_BYTES)
    assert sides.counters.node.total_bytes == 3 * FLOAT_BYTES
    assert signed(sides, Role.GUEST).total_bytes >= 2 * FLOAT_BYTES


async def test_guest_that_never_comes_is_carried_for_one_float(sides: Sides) -> None:
    sides.node.admitted(SESSION, sides.seat())
    sides.running = asyncio.create_task(sides.node.run())
    async with asyncio.timeout(PATIENCE_S):
        await sides.counters.moved.wait()
    assert sides.counters.carry(0, 10 * FLOAT_BYTES) == FLOAT_BYTES
    await sides.node.count()
    await asyncio.sleep(0.1)
    assert sides.counters.carry(0, 1) == 0


async def test_guest_that_leaves_has_both_ends_agree_and_says_its_last_word(sides: Sides) -> None:
    await sides.begin()
    await sides.carries(MEBIBYTE)
    await sides.greeted()
    sides.guest.end(SESSION)
    session, word = await sides.word()
    assert word is not None
    assert session == SESSION
    assert Figures.of(read_receipt(word)) == sides.counters.node
    assert signed(sides, Role.NODE) == sides.counters.node
    assert await sides.stop() == (SESSION, Reason.LEFT)
    assert sides.drained == []
    assert not sides.guest.holds(SESSION)


async def test_guest_of_a_node_out_of_reach_signs_what_it_has_counted(sides: Sides) -> None:
    await sides.begin()
    await sides.carries(MEBIBYTE)
    sides.intake.close()
    await asyncio.sleep(0.05)
    sides.counters.carry(0, 77)
    sides.guest.end(SESSION)
    _, word = await sides.word()
    assert Figures.of(read_receipt(word or b"")) == sides.counters.guest


async def test_node_that_is_left_without_a_word_claims_what_it_has_carried(sides: Sides) -> None:
    await sides.begin()
    await sides.carries(MEBIBYTE)
    sides.guest.forget()
    await asyncio.sleep(0.05)
    sides.counters.carry(0, 1_000)
    await sides.node.leaving(SESSION)
    await asyncio.sleep(0.1)
    assert signed(sides, Role.NODE) == sides.counters.node


async def test_who_comes_to_an_address_that_was_just_left_is_counted_for_itself(
    sides: Sides,
) -> None:
    other = UUID(int=77)
    await sides.begin()
    await sides.carries(MEBIBYTE)
    sides.guest.forget()
    await asyncio.sleep(0.05)
    sides.counters.carry(0, 1_000)
    await sides.node.leaving(SESSION)
    left = sides.node.carried(SESSION)
    sides.counters.node = Figures()
    ticket = attrs.evolve(sides.ticket, session=other)
    sides.node.admitted(str(other), attrs.evolve(sides.seat(), ticket=ticket))
    sides.counters.carry(0, 777)
    await sides.node.count()
    assert sides.node.carried(SESSION) == left
    assert sides.node.carried(str(other)).total_bytes == 777
    end = sides.node.at(SEEN[0])
    assert end is not None
    assert end.end.ticket == ticket


async def test_stream_that_broke_is_opened_again(sides: Sides) -> None:
    await sides.begin()
    await sides.carries(MEBIBYTE)
    end = sides.node.at(SEEN[0])
    assert end is not None
    sides.intake.close()
    await sides.intake.open(Here(), (NODE4,))
    await sides.carries(2 * FLOAT_BYTES)
    assert signed(sides, Role.GUEST).total_bytes > FLOAT_BYTES


async def test_guest_that_says_less_is_sent_away_by_both(sides: Sides) -> None:
    await sides.begin()
    sides.counters.says = 2
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(sides.carries(8 * FLOAT_BYTES), 3)
    assert await sides.stop() == (SESSION, Reason.COUNTS_DIFFER)
    assert sides.drained == [(SESSION, Reason.COUNTS_DIFFER)]
    assert sides.counters.node.total_bytes <= 2 * FLOAT_BYTES


async def test_node_that_starts_again_goes_on_from_its_book(sides: Sides) -> None:
    await sides.begin()
    await sides.greeted()
    sides.node.forget()
    before = sides.node.carried(SESSION)
    assert before == signed(sides, Role.NODE)
    assert before.total_bytes
    sides.counters.node = Figures()
    sides.node.admitted(SESSION, sides.seat())
    sides.counters.carry(0, 5)
    await sides.node.count()
    assert sides.node.carried(SESSION).total_bytes == before.total_bytes + 5


async def test_room_waits_for_a_node_that_is_being_made(sides: Sides) -> None:
    sides.counters.has_node = False
    sides.node.admitted(SESSION, sides.seat())
    sides.running = asyncio.create_task(sides.node.run())
    await asyncio.sleep(0.05)
    assert sides.counters.room_bytes is None
    sides.counters.has_node = True
    async with asyncio.timeout(PATIENCE_S):
        await sides.counters.moved.wait()
    assert sides.counters.room_bytes == FLOAT_BYTES


async def test_room_of_a_newcomer_is_known_before_it_is_let_in(sides: Sides) -> None:
    sides.counters.is_slow = True
    sides.node.admitted(SESSION, sides.seat())
    # Whoever is told after that to let it in has its turn after this one.
    await asyncio.sleep(0)
    assert sides.counters.room_bytes == FLOAT_BYTES


async def test_newcomer_is_carried_for_nothing_until_the_book_is_open(sides: Sides) -> None:
    books, sides.node_book = sides.node_book, None
    sides.node.admitted(SESSION, sides.seat())
    await asyncio.sleep(0)
    assert sides.counters.room_bytes == 0
    sides.node_book = books
    sides.node.opened()
    await asyncio.sleep(0)
    assert sides.counters.room_bytes == FLOAT_BYTES


async def test_what_was_counted_is_shown(sides: Sides) -> None:
    assert sides.guest.shown(SESSION) is None
    await sides.begin()
    await sides.carries(MEBIBYTE)
    sides.guest.moved(SESSION)
    await asyncio.sleep(0.05)
    assert sides.guest.shown(SESSION) == {
        "up_bytes": 0,
        "down_bytes": MEBIBYTE,
        "signed_bytes": signed(sides, Role.GUEST).total_bytes,
    }


async def test_tunnel_that_stood_before_the_book_was_open_is_counted_from_then_on(
    sides: Sides,
) -> None:
    books, sides.guest_book = sides.guest_book, None
    await sides.begin()
    await sides.carries(MEBIBYTE)
    assert not sides.guest.holds(SESSION)
    sides.guest_book = books
    sides.guest.opened()
    await sides.carries(2 * FLOAT_BYTES)
    assert signed(sides, Role.GUEST).total_bytes > FLOAT_BYTES


async def test_guest_that_came_before_the_book_was_open_has_an_end_too(sides: Sides) -> None:
    books, sides.node_book = sides.node_book, None
    sides.node.admitted(SESSION, sides.seat())
    assert sides.node.at(SEEN[0]) is None
    sides.node_book = books
    sides.node.opened()
    assert sides.node.at(SEEN[0]) is not None


async def test_guest_that_left_before_the_book_was_open_is_forgotten(sides: Sides) -> None:
    books, sides.node_book = sides.node_book, None
    sides.node.admitted(SESSION, sides.seat())
    await sides.node.leaving(SESSION)
    sides.node_book = books
    sides.node.opened()
    assert sides.node.at(SEEN[0]) is None


async def test_each_ticket_is_kept(sides: Sides) -> None:
    sides.node.admitted(SESSION, sides.seat())
    sides.node.admitted(SESSION, sides.seat())
    assert sides.tickets == [b"ticket", b"ticket"]


def test_node_is_the_third_address_of_a_guests_networks() -> None:
    assert [str(each) for each in node_addresses(lease().granted)] == ["127.0.57.2", "fd57::2"]


async def test_guest_that_is_killed_before_the_first_claim_has_its_word_on_disk(
    sides: Sides,
) -> None:
    sides.guest.begin(lease(), "lo")
    await asyncio.sleep(0.05)
    sides.guest.forget()

    assert sides.guest_book is not None
    entry = sides.guest_book.get(session_id(), Role.GUEST)
    assert entry is not None
    assert entry.is_blank
    assert Figures.of(read_receipt(entry.signed)) == Figures()
    # Nobody is shown it: with the first claim another receipt has its number.
    assert (sides.guest_book.entries, sides.guest_book.pending(1)) == ((), ())


async def test_first_answer_leaves_nothing_of_the_word_that_was_laid_by(sides: Sides) -> None:
    await sides.begin()
    await sides.carries(2 * FLOAT_BYTES)

    assert sides.guest_book is not None
    [entry] = sides.guest_book.entries
    former = sides.guest_book.former().get(session_id(), ())
    assert not entry.is_blank
    assert all(Figures.of(read_receipt(each)).total_bytes for each in (*former, entry.signed))


async def test_guest_goes_on_from_a_word_that_was_laid_by_as_if_there_were_none(
    sides: Sides,
) -> None:
    sides.guest.begin(lease(), "lo")
    await asyncio.sleep(0.05)
    sides.guest.forget()
    await sides.begin()
    await sides.carries(2 * FLOAT_BYTES)

    assert signed(sides, Role.GUEST).total_bytes >= FLOAT_BYTES
    assert sides.drained == []


async def test_node_knows_of_what_it_may_still_claim_and_of_its_last_claim(sides: Sides) -> None:
    assert (sides.node.holds(SESSION), sides.node.last(SESSION)) == (False, None)
    await sides.begin()
    await sides.carries(MEBIBYTE)
    await sides.greeted()
    assert sides.node.holds(SESSION)
    sides.guest.end(SESSION)
    await sides.word()
    await sides.stop()

    assert not sides.node.holds(SESSION)
    last = sides.node.last(SESSION)
    assert last is not None
    assert Figures.of(read_receipt(last)) == sides.counters.node
    sides.node_book = None
    assert sides.node.holds(SESSION)

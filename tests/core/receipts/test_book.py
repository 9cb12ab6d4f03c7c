"""The book: on disk before it says so, whole after a restart, bounded, and never in two minds."""

from __future__ import annotations

import asyncio
import errno

import attrs
import pytest

from tests.core.credit.ends import NODE_KEY
from tests.core.receipts.samples import ENDS_S, Clock, book, entry, receipt
from tests.core.vault.power import CuttableDisk
from worldvpn_core.credit.receipt import Role
from worldvpn_core.errors import ReceiptsError
from worldvpn_core.receipts import book as book_module
from worldvpn_core.receipts.book import SLACK
from worldvpn_core.receipts.entry import LATENESS_S, LINGER_S
from worldvpn_core.receipts.log import NAME

pytestmark = pytest.mark.anyio
ANSWER = entry(1, answered=True).kept.other


def full() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


async def test_end_goes_on_from_what_was_kept_before_the_restart() -> None:
    disk = CuttableDisk()
    made = await book(disk)
    await made.keep(entry(1))
    await made.keep(entry(1, answered=True))
    await made.keep(entry(1, session=2, role=Role.GUEST))
    again = await book(disk)
    one = entry(1, answered=True)
    assert again.get(one.session, Role.NODE) == one
    assert again.get(one.session, Role.GUEST) is None
    assert again.pending_sessions == 2


async def test_every_disk_found_after_a_cut_has_what_was_kept() -> None:
    disk = CuttableDisk()
    made = await book(disk)
    await made.keep(entry(1))
    for found in disk.cut():
        assert (await book(found)).get(entry(1).session, Role.NODE) == entry(1)


async def test_many_that_come_at_once_share_a_write() -> None:
    disk = CuttableDisk()
    made = await book(disk)
    before = disk.steps
    await made.keep(entry(1, session=1))
    alone = disk.steps - before
    await asyncio.gather(*(made.keep(entry(1, session=each)) for each in range(2, 102)))
    assert disk.steps - before <= 3 * alone
    assert made.pending_sessions == 101


async def test_second_receipt_of_one_number_is_refused_and_the_first_stands() -> None:
    made = await book(CuttableDisk())
    await made.keep(entry(1))
    other = attrs.evolve(receipt(Role.NODE, 1), up_bytes=5)
    second = attrs.evolve(
        entry(1), kept=attrs.evolve(entry(1).kept, own=other), signed=other.sign(NODE_KEY)
    )
    results = await asyncio.gather(
        made.keep(second), made.keep(entry(2)), made.keep(entry(2)), return_exceptions=True
    )
    assert isinstance(results[0], ReceiptsError)
    assert tuple(results[1:]) == (None, None)
    assert made.get(entry(1).session, Role.NODE) == entry(2)


async def test_full_disk_refuses_and_takes_it_once_there_is_room() -> None:
    disk = CuttableDisk()
    made = await book(disk)
    await made.keep(entry(1))
    disk.failure, disk.fails_at = full, disk.steps + 3
    with pytest.raises(ReceiptsError, match="No space left"):
        await made.keep(entry(2))
    assert made.get(entry(1).session, Role.NODE) == entry(1)
    with pytest.raises(ReceiptsError, match="No space left"):
        await made.keep(entry(2))
    disk.fails_at = None
    await made.keep(entry(2))
    assert (await book(disk)).get(entry(2).session, Role.NODE) == entry(2)


async def test_book_knows_that_its_disk_refuses_and_when_it_does_so_no_more() -> None:
    disk = CuttableDisk()
    made = await book(disk)
    await made.keep(entry(1))
    await made.retry()
    assert not made.is_stuck
    disk.failure, disk.fails_at = full, disk.steps + 1
    with pytest.raises(ReceiptsError):
        await made.keep(entry(2))
    await made.retry()
    assert made.is_stuck
    disk.fails_at = None
    await made.retry()
    assert not made.is_stuck
    assert (await book(disk)).get(entry(1).session, Role.NODE) == entry(1)


async def test_what_was_handed_in_is_offered_no_more() -> None:
    made = await book(CuttableDisk())
    await made.keep(entry(1, answered=True))
    batch = made.pending(9)
    made.handed(batch)
    assert (len(batch), made.pending(9), made.filled.is_set()) == (2, (), False)
    await made.keep(entry(2))
    assert made.pending(9) == (entry(2).signed,)
    assert made.filled.is_set()


async def test_answer_that_comes_while_the_next_is_written_is_not_forgotten() -> None:
    made = await book(CuttableDisk())
    await made.keep(entry(1, answered=True))
    batch = made.pending(9)
    next_claim = attrs.evolve(entry(2).kept, other=entry(1, answered=True).kept.other)
    writing = asyncio.create_task(made.keep(attrs.evolve(entry(2), kept=next_claim)))
    # Once for what asks, once for what writes: a thread is at the disk by then.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    made.handed(batch)
    await writing
    assert made.pending(9) == (entry(2).signed,)


async def test_no_more_are_offered_than_asked_for() -> None:
    made = await book(CuttableDisk())
    for session in range(1, 6):
        await made.keep(entry(1, session=session))
    assert len(made.pending(3)) == 3


async def test_full_book_takes_known_sessions_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(book_module, "MOST_ENTRIES", 2)
    made = await book(CuttableDisk())
    await made.keep(entry(1, session=1))
    await made.keep(entry(1, session=2))
    with pytest.raises(ReceiptsError, match="sessions wait"):
        await made.keep(entry(1, session=3))
    await made.keep(entry(2, session=2))


async def test_what_nobody_takes_any_more_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "MOST_ENTRIES", 1)
    clock = Clock()
    made = await book(CuttableDisk(), clock)
    await made.keep(entry(1, session=1))
    clock.now_s = ENDS_S + LATENESS_S
    await made.keep(attrs.evolve(entry(1, session=2), ends_s=2 * ENDS_S))
    assert made.pending_sessions == 1


async def test_session_that_was_handed_in_is_shown_until_nobody_takes_it_any_more() -> None:
    clock = Clock()
    made = await book(CuttableDisk(), clock)
    await made.keep(entry(1))
    batch = made.pending(9)
    clock.now_s = ENDS_S + LATENESS_S - 1
    made.handed(batch)
    assert made.entries == (entry(1).handed(entry(1).signed),)
    clock.now_s = ENDS_S + LATENESS_S
    made.handed(())
    assert made.get(entry(1).session, Role.NODE) is None


async def test_of_what_was_handed_in_the_newest_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "MOST_SHOWN", 2)
    clock = Clock()
    disk = CuttableDisk()
    made = await book(disk, clock)
    for session in (1, 2, 3):
        await made.keep(attrs.evolve(entry(1, session=session), ends_s=ENDS_S + session))
    made.handed(made.pending(9))
    await made.keep(entry(1, session=4))
    clock.now_s = ENDS_S + LINGER_S + 9
    again = await book(disk, clock)
    assert [each.session.int for each in made.entries] == [1, 2, 3, 4]
    again.handed(again.pending(9))
    assert [each.session.int for each in again.entries] == [2, 3]


async def test_what_is_only_shown_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "MOST_ENTRIES", 1)
    clock = Clock()
    made = await book(CuttableDisk(), clock)
    await made.keep(entry(1, session=1))
    made.handed(made.pending(9))
    clock.now_s = ENDS_S + LINGER_S
    await made.keep(attrs.evolve(entry(1, session=2), ends_s=2 * ENDS_S))
    assert [each.session.int for each in made.entries] == [2]


async def test_receipts_are_remembered_until_newer_ones_need_the_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(book_module, "MOST_REMEMBERED", 3)
    made = await book(CuttableDisk())
    await made.keep(entry(1))
    await made.keep(entry(1, answered=True))
    assert made.former() == {}
    await made.keep(attrs.evolve(entry(2), kept=attrs.evolve(entry(2).kept, other=ANSWER)))
    assert made.former() == {entry(1).session: [entry(1).signed]}
    await made.keep(entry(2, answered=True))
    await made.keep(entry(3, answered=True))
    assert made.former() == {
        entry(1).session: [ANSWER, entry(2).signed, entry(2, answered=True).kept.other]
    }


async def test_what_the_disk_refused_is_not_remembered() -> None:
    disk = CuttableDisk()
    made = await book(disk)
    await made.keep(entry(1))
    disk.failure, disk.fails_at = full, disk.steps
    with pytest.raises(ReceiptsError):
        await made.keep(entry(2))
    assert made.former() == {}


async def test_file_does_not_grow_for_ever() -> None:
    disk = CuttableDisk()
    made = await book(disk)
    for number in range(1, 4):
        await made.keep(entry(number))
    three = len(disk.files[NAME])
    await asyncio.gather(*(made.keep(entry(3)) for _ in range(SLACK)))
    for _ in range(3):
        await made.keep(entry(3))
    assert len(disk.files[NAME]) < 2 * three


async def test_other_accounts_book_is_empty_here() -> None:
    disk = CuttableDisk()
    await (await book(disk)).keep(entry(1))
    made = await book(disk, key=b"o" * 32)
    assert made.pending_sessions == 0


async def test_closing_waits_for_what_is_under_way() -> None:
    disk = CuttableDisk()
    made = await book(disk)
    keeping = asyncio.create_task(made.keep(entry(1)))
    await asyncio.sleep(0)
    await made.close()
    assert (await book(disk)).pending_sessions == 1
    await keeping

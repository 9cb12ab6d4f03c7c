"""Tickets beside their receipts: kept in order, whole after a restart, and never in the way."""

from __future__ import annotations

import errno
from uuid import UUID

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.core.credit.ends import TICKET
from tests.core.receipts.samples import KEY, Clock, book, entry
from tests.core.vault.power import CuttableDisk
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.receipts import tickets as tickets_module
from worldvpn_core.receipts.entry import LATENESS_S
from worldvpn_core.receipts.log import SealedLog
from worldvpn_core.receipts.tickets import NAME, RECORD_BYTES, SLACK, Tickets

pytestmark = pytest.mark.anyio
SERVER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
ENDS_S = TICKET.not_after_s


def signed(number: int = 0, *, session: int = 1, ends_s: int = ENDS_S) -> bytes:
    """Return a ticket of ``session``, for so many bytes."""
    ticket: Ticket = attrs.evolve(
        TICKET, session=UUID(int=session), cap_bytes=number, not_after_s=ends_s
    )
    return ticket.sign(SERVER)


async def opened(disk: CuttableDisk, clock: Clock | None = None) -> Tickets:
    made = Tickets(SealedLog(disk, KEY, RECORD_BYTES, name=NAME), clock or Clock())
    await made.open()
    return made


async def test_tickets_of_a_session_come_back_in_their_order_after_a_restart() -> None:
    disk = CuttableDisk()
    made = await opened(disk)
    for number in (1, 2, 3):
        await made.keep(signed(number))
        await made.keep(signed(number, session=2))
    again = await opened(disk)
    assert again.of(UUID(int=1)) == (signed(1), signed(2), signed(3))
    assert again.by_session() == made.by_session()
    assert again.of(UUID(int=3)) == ()


async def test_every_disk_found_after_a_cut_has_what_was_kept() -> None:
    disk = CuttableDisk()
    await (await opened(disk)).keep(signed())
    assert [(await opened(found)).of(UUID(int=1)) for found in disk.cut()] == [
        (signed(),) for _ in disk.cut()
    ]


async def test_ticket_that_is_kept_is_not_written_again() -> None:
    disk = CuttableDisk()
    made = await opened(disk)
    await made.keep(signed())
    before = disk.steps
    await made.keep(signed())
    assert disk.steps == before


async def test_what_is_no_ticket_is_passed_over() -> None:
    made = await opened(CuttableDisk())
    await made.keep(b"no ticket")
    await made.keep(b"\x02" + signed()[1:])
    assert made.by_session() == {}


async def test_full_disk_costs_the_ticket_and_nothing_else() -> None:
    disk = CuttableDisk()
    made = await opened(disk)
    disk.failure, disk.fails_at = lambda: OSError(errno.ENOSPC, "No space left"), disk.steps
    await made.keep(signed(1))
    assert made.by_session() == {}
    disk.fails_at = None
    await made.keep(signed(2))
    assert (await opened(disk)).of(UUID(int=1)) == (signed(2),)


async def test_tickets_go_together_once_the_last_of_them_is_too_old() -> None:
    disk, clock = CuttableDisk(), Clock()
    made = await opened(disk, clock)
    await made.keep(signed(1, ends_s=ENDS_S))
    await made.keep(signed(2, ends_s=ENDS_S + 10))
    clock.now_s = ENDS_S + LATENESS_S + 9
    assert (await opened(disk, clock)).of(UUID(int=1)) == (signed(1), signed(2, ends_s=ENDS_S + 10))
    clock.now_s = ENDS_S + LATENESS_S + 10
    assert (await opened(disk, clock)).by_session() == {}


async def test_full_file_takes_new_tickets_once_old_ones_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tickets_module, "MOST_TICKETS", 1)
    clock = Clock()
    made = await opened(CuttableDisk(), clock)
    await made.keep(signed(session=1))
    await made.keep(signed(session=2))
    assert list(made.by_session()) == [UUID(int=1)]
    clock.now_s = ENDS_S + LATENESS_S
    await made.keep(signed(session=2))
    assert list(made.by_session()) == [UUID(int=2)]


async def test_file_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets_module, "SLACK", 4)
    monkeypatch.setattr(tickets_module, "MOST_TICKETS", 1)
    disk, clock = CuttableDisk(), Clock()
    made = await opened(disk, clock)
    for at in range(20):
        clock.now_s = at * (ENDS_S + LATENESS_S)
        await made.keep(signed(session=at, ends_s=int(clock.now_s) + 1))
    assert len(made.by_session()) == 1
    assert len(disk.files[NAME]) < 8 * (RECORD_BYTES + 16)
    assert SLACK > 4


async def test_tickets_and_receipts_lie_beside_each_other() -> None:
    disk = CuttableDisk()
    receipts = await book(disk)
    await receipts.keep(entry(1))
    await (await opened(disk)).keep(signed())
    assert (await book(disk)).entries == (entry(1),)
    assert (await opened(disk)).of(UUID(int=1)) == (signed(),)

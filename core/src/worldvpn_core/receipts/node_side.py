"""The node's side of all exchanges: counts its guests, hears their streams, lets them go on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from uuid import UUID

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.contracts import GuestMeter
from worldvpn_core.credit import node_end
from worldvpn_core.credit.exchange import Finish
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import Reason
from worldvpn_core.credit.node_state import NodeEnd
from worldvpn_core.credit.receipt import Role
from worldvpn_core.credit.tally import Tally
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.errors import ShareError
from worldvpn_core.receipts.book import Book
from worldvpn_core.receipts.running import Running, Signer, now_ms
from worldvpn_core.types import IpAddress

#: Counts are read so often while somebody is there.
LONGEST_S: Final = 1.0
#: A float that is half used up between two counts is counted sooner next time.
SHORTEST_S: Final = 0.05
#: So many guests are few enough to be read four times a second.
FEW: Final = 50
OFTEN_S: Final = 0.25

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Seat:
    """A guest on a ticket, and the node's key for its session."""

    ticket: Ticket
    #: The ticket as the server signed it.
    signed: bytes
    key: Ed25519PrivateKey = attrs.field(repr=False)
    addresses: tuple[IpAddress, ...]


@attrs.define(eq=False)
class _Guest:
    """One guest, as it is counted; the desk of its end."""

    side: NodeSide
    session: str
    seat: Seat
    running: Running[NodeEnd] = attrs.field(init=False)
    tally: Tally = attrs.field(factory=Tally)
    #: What it may carry in all, and whether the kernel knows.
    allowed_bytes: int = 0
    is_limited: bool = False
    moved_bytes: int = 0
    #: It is let in no more: its addresses may be another's from now on.
    is_gone: bool = False

    async def count(self) -> Figures | None:
        await self.side.count()
        return self.tally.total

    def allow(self, total_bytes: int) -> None:
        self.allowed_bytes, self.is_limited = total_bytes, False
        self.side.allow_soon()

    def stopped(self, reason: Reason) -> None:
        self.side.over(self, reason)

    def last_word(self, signed: bytes | None) -> None:
        raise ValueError(f"a node's end has no last word ({signed is not None})")


class NodeSide:
    """Ends of all sessions that this node serves.

    ``stopped`` is told which one ended, and why; ``believed`` gets each ticket.
    """

    def __init__(
        self,
        meter: GuestMeter,
        book: Callable[[], Book | None],
        stopped: Callable[[str, Reason], None],
        believed: Callable[[bytes], None],
    ) -> None:
        self._meter = meter
        self._book = book
        self._stopped = stopped
        self._believed = believed
        self._guests: dict[str, _Guest] = {}
        #: Guests who came before the book was open.
        self._early: dict[str, Seat] = {}
        self._limiting: asyncio.Task[None] | None = None
        self._expecting: set[asyncio.Task[None]] = set()
        self._reading = asyncio.Lock()
        self._came = asyncio.Event()

    def carried(self, session: str) -> Figures:
        """Return what is known to have been carried in ``session``."""
        guest = self._guests.get(session)
        if guest is not None:
            return guest.tally.total
        book = self._book()
        entry = None if book is None else book.get(UUID(session), Role.NODE)
        return Figures() if entry is None else entry.kept.counted

    def claimed(self, session: str) -> Figures:
        """Return what both ends have signed of ``session`` by now."""
        guest = self._guests.get(session)
        if guest is None or guest.running.end.kept.other is None:
            return Figures()
        return Figures.of(guest.running.end.kept.own)

    def holds(self, session: str) -> bool:
        """Say whether more may be claimed of ``session`` yet."""
        return session in self._guests or session in self._early or self._book() is None

    def last(self, session: str) -> bytes | None:
        """Return the last claim of ``session``; None: nothing was claimed."""
        book = self._book()
        entry = None if book is None else book.get(UUID(session), Role.NODE)
        return None if entry is None else entry.signed

    def admitted(self, session: str, seat: Seat) -> None:
        """Begin, or go on with, the exchange of ``session`` under the seat's ticket."""
        self._believed(seat.signed)
        guest = self._guests.get(session)
        if guest is not None:
            guest.seat = seat
            end, actions = node_end.renewed(guest.running.end, seat.ticket, now_ms())
            guest.running.end = end
            guest.running.do(actions)
            return
        book = self._book()
        if book is None:
            self._early[session] = seat
            self._expect(seat)
            return
        entry = book.get(UUID(session), Role.NODE)
        kept, signed = (None, None) if entry is None else (entry.kept, entry.signed)
        guest = _Guest(side=self, session=session, seat=seat)
        guest.tally = Tally.resumed(Figures() if kept is None else kept.counted)
        guest.running = Running(
            NodeEnd.resumed(seat.ticket, now_ms(), kept, signed),
            node_end.step,
            signer=Signer(session=UUID(session), role=Role.NODE, key=seat.key),
            book=book,
            desk=guest,
        )
        self._guests[session] = guest
        self._came.set()
        # What it is trusted for stands from the first packet on.
        guest.running.counted(guest.tally.total)
        self._expect(seat, guest)

    def opened(self) -> None:
        """Take note that a book is open."""
        early, self._early = self._early, {}
        for session, seat in early.items():
            self.admitted(session, seat)

    async def leaving(self, session: str) -> None:
        """Count ``session`` for the last time, for its guest goes now, and claim what is left."""
        self._early.pop(session, None)
        guest = self._guests.get(session)
        if guest is not None:
            await self.count()
            guest.is_gone = True
            guest.running.happened(Finish(now_ms=now_ms()))

    def at(self, address: IpAddress) -> Running[NodeEnd] | None:
        """Return the end of the guest at ``address``."""
        return next(
            (each.running for each in self._here() if address in each.seat.addresses),
            None,
        )

    def forget(self) -> None:
        """Take note that the node is gone, and everybody with it."""
        for guest in self._guests.values():
            guest.running.close()
        self._guests.clear()
        self._early.clear()

    async def run(self) -> None:
        """Count whoever is there, until cancelled."""
        while True:
            self._came.clear()
            if not self._guests:
                await self._came.wait()
            await self.count()
            self.allow_soon()
            await asyncio.sleep(self._pause_s())

    async def count(self) -> None:
        """Read what guests have carried, and let their ends know."""
        async with self._reading:
            try:
                read = await self._meter.carried()
            except ShareError as error:
                # The node is being made anew: what its counters had is lost, and nobody's.
                _log.info("guests are counted later: %s", error)
                return
        for guest in tuple(self._guests.values()):
            self._count(guest, read)

    def allow_soon(self) -> None:
        """Let the kernel carry what guests are trusted for, all that comes meanwhile in one."""
        is_idle = self._limiting is None or self._limiting.done()
        if is_idle and not all(each.is_limited for each in self._here()):
            self._limiting = asyncio.create_task(self._allow(), name="rooms")

    def over(self, guest: _Guest, reason: Reason) -> None:
        """Take note that the guest's session has ended for this end."""
        if self._guests.pop(guest.session, None) is not None:
            _log.info("a guest's session is over: %s", reason.code)
            self._stopped(guest.session, reason)

    def _expect(self, seat: Seat, guest: _Guest | None = None) -> None:
        """Let the kernel know how far a newcomer may go, before it is let in."""

        async def say() -> None:
            if guest is not None and guest.is_limited:
                return
            # What one has carried before is not known until the book is open.
            room = 0 if guest is None else guest.allowed_bytes - guest.tally.total.total_bytes
            # Where there is no node yet, it is remembered for when there is.
            with contextlib.suppress(ShareError):
                await self._meter.allow({seat.addresses: max(0, room)})

        task = asyncio.create_task(say(), name="newcomer")
        self._expecting.add(task)
        task.add_done_callback(self._expecting.discard)

    def _here(self) -> Iterator[_Guest]:
        return (each for each in self._guests.values() if not each.is_gone)

    def _count(self, guest: _Guest, read: Mapping[IpAddress, Figures]) -> None:
        mine = [read[each] for each in guest.seat.addresses if each in read]
        before = guest.tally.total.total_bytes
        # Who is not in the kernel's table yet, or not any more, has carried nothing new.
        if mine and not guest.is_gone:
            guest.tally = guest.tally.counted(
                Figures(
                    up_bytes=sum(each.up_bytes for each in mine),
                    down_bytes=sum(each.down_bytes for each in mine),
                )
            )
        guest.moved_bytes = guest.tally.total.total_bytes - before
        guest.running.counted(guest.tally.total)

    async def _allow(self) -> None:
        while True:
            # What was carried since it was counted last is no room any more.
            await self.count()
            waiting = {each.seat.addresses: each for each in self._here() if not each.is_limited}
            rooms = {
                addresses: max(0, each.allowed_bytes - each.tally.total.total_bytes)
                for addresses, each in waiting.items()
            }
            said = {addresses: each.allowed_bytes for addresses, each in waiting.items()}
            try:
                done = await self._meter.allow(rooms) if rooms else ()
            except ShareError as error:
                # The rules change this moment; it is tried with the next count.
                _log.info("guests may carry what they might before: %s", error)
                return
            for addresses in done:
                guest = waiting[addresses]
                guest.is_limited = guest.allowed_bytes == said[addresses]
            if all(each.is_limited for each in waiting.values()) or not done:
                return

    def _pause_s(self) -> float:
        longest = OFTEN_S if len(self._guests) <= FEW else LONGEST_S
        steps: list[float] = [
            guest.running.end.float.step_bytes / guest.moved_bytes
            for guest in self._guests.values()
            if guest.moved_bytes > 0
        ]
        return max(SHORTEST_S, min([longest, *(longest * each for each in steps)]))

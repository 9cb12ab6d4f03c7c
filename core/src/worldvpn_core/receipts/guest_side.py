"""The guest's side of all exchanges: one for each session whose tunnel has stood."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final
from uuid import UUID

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.stream import Stream, read_frames
from worldvpn_core.central.leases import Lease
from worldvpn_core.central.replies import Granted
from worldvpn_core.contracts import TunnelMeter
from worldvpn_core.credit import guest_end
from worldvpn_core.credit.exchange import Finish
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import Reason
from worldvpn_core.credit.guest_end import GuestEnd
from worldvpn_core.credit.receipt import Role
from worldvpn_core.credit.tally import Tally
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.errors import CreditProofError, WorldVpnError
from worldvpn_core.receipts.blank import blank, going_on, lay_by
from worldvpn_core.receipts.book import Book
from worldvpn_core.receipts.dialling import dialled
from worldvpn_core.receipts.running import Running, Signer, now_ms
from worldvpn_core.types import IpAddress

#: A node's inner networks, and which address of them is its own.
_LENGTH4, _LENGTH6, _OWN = 24, 64, 2
FIRST_AGAIN_S: Final = 1.0
LONGEST_AGAIN_S: Final = 10.0

_log = logging.getLogger(__name__)


def node_addresses(granted: Granted) -> tuple[IPv4Address, IPv6Address]:
    """Return the node's own addresses inside the tunnel, by the guest's. Pure."""
    four = IPv4Network((int(granted.assigned4), _LENGTH4), strict=False)
    six = IPv6Network((int(granted.assigned6), _LENGTH6), strict=False)
    return four[_OWN], six[_OWN]


@attrs.define(eq=False)
class _Session:
    """One session, as it is counted; the desk of its end."""

    side: GuestSide
    lease: Lease
    interface: str
    running: Running[GuestEnd] = attrs.field(init=False)
    tally: Tally = attrs.field(factory=Tally)
    dialling: asyncio.Task[None] | None = None
    is_leaving: bool = False

    async def count(self) -> Figures | None:
        return await self.side.count(self)

    def allow(self, total_bytes: int) -> None:
        raise ValueError(f"a guest lets nobody carry {total_bytes} bytes")

    def stopped(self, reason: Reason) -> None:
        self.side.over(self, reason)

    def last_word(self, signed: bytes | None) -> None:
        self.side.said(self, signed)


@attrs.frozen(kw_only=True)
class AroundGuests:
    """What the guest's side needs: who counts, who reads, where it is kept, and who is told.

    ``word`` gets the last word on a session, or None where there is none; ``stopped`` is told
    of one that the node carries no more for.
    """

    meter: TunnelMeter
    agent: AgentLink
    book: Callable[[], Book | None]
    believed: Callable[[bytes], Ticket]
    word: Callable[[str, bytes | None], None]
    stopped: Callable[[str, Reason], None]


class GuestSide:
    """Ends of all sessions of this host's own tunnels."""

    def __init__(self, around: AroundGuests) -> None:
        self._around = around
        self._sessions: dict[str, _Session] = {}
        #: Tunnels that stood before the book was open: a daemon that starts connects at once.
        self._early: dict[str, tuple[Lease, str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def holds(self, session: str) -> bool:
        """Say whether there is a last word to come on ``session``."""
        return session in self._sessions

    def begin(self, lease: Lease, interface: str) -> None:
        """Take note that ``lease`` is used, by the tunnel of ``interface``."""
        known = self._sessions.get(lease.id)
        if known is not None and not known.is_leaving:
            known.interface = interface
            if known.dialling is None:
                known.dialling = self._spawn(self._serve(known))
        if known is not None:
            return
        if (book := self._around.book()) is None:
            self._early[lease.id] = lease, interface
            return
        try:
            ticket = self._around.believed(lease.granted.ticket)
        except CreditProofError as error:
            _log.warning("no receipts are exchanged: %s", error)
            return
        name = UUID(lease.id)
        key = Ed25519PrivateKey.from_private_bytes(lease.keys.ed25519)
        entry = book.get(name, Role.GUEST)
        if entry is None:
            self._spawn(lay_by(book, blank(name, ticket, key)))
        kept, signed = going_on(entry)
        session = _Session(side=self, lease=lease, interface=interface)
        session.tally = Tally.resumed(Figures() if kept is None else kept.counted)
        session.running = Running(
            GuestEnd.resumed(ticket, now_ms(), kept, signed),
            guest_end.step,
            signer=Signer(session=name, role=Role.GUEST, key=key),
            book=book,
            desk=session,
        )
        self._sessions[lease.id] = session
        session.dialling = self._spawn(self._serve(session))

    def opened(self) -> None:
        """Take note that a book is open: what was begun for another account is over."""
        self.forget()
        early, self._early = self._early, {}
        for lease, interface in early.values():
            self.begin(lease, interface)

    def renewed(self, session: str, signed_ticket: bytes) -> None:
        """Take note of the next ticket of ``session``."""
        known = self._sessions.get(session)
        if known is not None:
            try:
                ticket = self._around.believed(signed_ticket)
            except CreditProofError as error:
                _log.warning("a ticket is not believed: %s", error)
                return
            known.running.end = guest_end.renewed(known.running.end, ticket)

    def moved(self, session: str) -> None:
        """Take note that its tunnel has carried something: it is counted, before it may go."""
        known = self._sessions.get(session)
        if known is not None and not known.is_leaving:
            self._spawn(self._note(known))

    def rest(self, session: str) -> None:
        """Take note that its tunnel is gone, and that it may be used again."""
        self._early.pop(session, None)
        known = self._sessions.get(session)
        if known is not None and known.dialling is not None:
            known.dialling.cancel()
            known.dialling = None
            self._spawn(self._uncount(known))

    def shown(self, session: str) -> Mapping[str, object] | None:
        """Return what was counted here of ``session``, and what of it was signed for."""
        known = self._sessions.get(session)
        if known is None:
            return None
        counted = known.tally.total
        return {
            "up_bytes": counted.up_bytes,
            "down_bytes": counted.down_bytes,
            "signed_bytes": Figures.of(known.running.end.kept.own).total_bytes,
        }

    def end(self, session: str) -> None:
        """Say the last word on ``session``, after the node's last claim where that still comes."""
        known = self._sessions.get(session)
        if known is not None and not known.is_leaving:
            known.is_leaving = True
            self._spawn(self._leave(known))

    def forget(self) -> None:
        """Stop all of it: whoever was signed in is not any more."""
        for session in self._sessions.values():
            session.running.close()
        self._sessions.clear()
        for task in self._tasks:
            task.cancel()

    async def count(self, session: _Session) -> Figures | None:
        """Return what ``session`` has carried by now; None: its interface is gone."""
        read = await self._around.meter.read(session.interface)
        if read is not None:
            session.tally = session.tally.counted(read)
        # An answer must not wait for what cannot be read any more.
        return session.tally.total

    def over(self, session: _Session, reason: Reason) -> None:
        """Take note that the node carries no more for ``session``."""
        _log.info("a session is over for its node: %s", reason.code)
        if not session.is_leaving:
            self._around.stopped(session.lease.id, reason)

    def said(self, session: _Session, signed: bytes | None) -> None:
        """Take note of the last word on ``session``."""
        del self._sessions[session.lease.id]
        if session.dialling is not None:
            session.dialling.cancel()
        self._spawn(self._uncount(session))
        self._around.word(session.lease.id, signed)

    async def _serve(self, session: _Session) -> None:
        """Count, and keep a stream to the node, until cancelled."""
        node4, node6 = node_addresses(session.lease.granted)
        try:
            await self._around.meter.begin(session.interface, node4, node6)
        except WorldVpnError as error:
            _log.warning("%s is not counted: %s", session.interface, error)
        wait_s = FIRST_AGAIN_S
        while True:
            if await self._stream(session, node4):
                wait_s = FIRST_AGAIN_S
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_AGAIN_S, 2 * wait_s)

    async def _stream(self, session: _Session, node: IpAddress) -> bool:
        """Keep one stream as long as it lives; return whether there was one."""
        streams: list[Stream] = []

        def begun(stream: Stream) -> None:
            streams.append(stream)
            session.running.opened(stream)

        try:
            with await dialled(node, session.interface) as sock:
                await read_frames(
                    self._around.agent,
                    sock,
                    is_nodes=False,
                    heard=lambda frame: session.running.received(streams[0], frame),
                    begun=begun,
                )
        except (OSError, WorldVpnError) as error:
            _log.info("the node takes no receipts now: %s", error)
        finally:
            for stream in streams:
                session.running.closed(stream)
        return bool(streams)

    async def _note(self, session: _Session) -> None:
        figures = await self._quietly(session)
        if figures is not None:
            session.running.counted(figures)

    async def _leave(self, session: _Session) -> None:
        figures = await self._quietly(session)
        if figures is not None:
            session.running.counted(figures)
        session.running.happened(Finish(now_ms=now_ms()))
        while self.holds(session.lease.id):
            # Time alone ends the wait for a node that says nothing.
            await asyncio.sleep(guest_end.FINISH_MS / 4_000)
            session.running.counted(session.tally.total)

    async def _quietly(self, session: _Session) -> Figures | None:
        try:
            return await self.count(session)
        except WorldVpnError as error:
            _log.warning("what %s has carried is not known now: %s", session.interface, error)
            return None

    async def _uncount(self, session: _Session) -> None:
        others = (each for each in self._sessions.values() if each is not session)
        if any(each.interface == session.interface and each.dialling for each in others):
            return
        try:
            await self._around.meter.end(session.interface)
        except WorldVpnError as error:
            _log.warning("%s is still counted: %s", session.interface, error)

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

"""Runs one end of one session: its events in, its actions done. What differs is the desk's."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.agent.stream import Stream
from worldvpn_core.credit.exchange import (
    Action,
    Allow,
    Closed,
    Count,
    Counted,
    Event,
    Hang,
    Keep,
    Kept,
    LastWord,
    NotStored,
    Opened,
    Received,
    Send,
    Stop,
    Stored,
)
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import Reason
from worldvpn_core.credit.guest_end import GuestEnd
from worldvpn_core.credit.node_state import NodeEnd
from worldvpn_core.credit.receipt import Role
from worldvpn_core.errors import ReceiptsError, WorldVpnError
from worldvpn_core.receipts.book import Book
from worldvpn_core.receipts.entry import Entry

_EndT = TypeVar("_EndT", NodeEnd, GuestEnd)
Step = Callable[[_EndT, Event], tuple[_EndT, tuple[Action, ...]]]

_log = logging.getLogger(__name__)


class Desk(Protocol):
    """What an end needs done where it stands."""

    async def count(self) -> Figures | None:
        """Return what is counted now; None: it cannot be."""

    def allow(self, total_bytes: int) -> None:
        """Carry so much in all."""

    def stopped(self, reason: Reason) -> None:
        """No more is carried."""

    def last_word(self, signed: bytes | None) -> None:
        """It is over, and this is the last word."""


@attrs.frozen(kw_only=True)
class Signer:
    """Whose end it is, of which session, and with which key it signs."""

    session: UUID
    role: Role
    key: Ed25519PrivateKey = attrs.field(repr=False)


class Running(Generic[_EndT]):
    """One end, as it runs. Everything happens in the loop's thread, one event after the other."""

    def __init__(
        self, end: _EndT, step: Step[_EndT], *, signer: Signer, book: Book, desk: Desk
    ) -> None:
        self.end: _EndT = end
        self._step: Step[_EndT] = step
        self._signer = signer
        self._book = book
        self._desk = desk
        self._stream: Stream | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def opened(self, stream: Stream) -> None:
        """Take note that there is a stream; one of before is gone, whatever it says."""
        former, self._stream = self._stream, stream
        if former is not None:
            self._spawn(former.hang())
        self.happened(Opened(now_ms=now_ms()))

    def received(self, stream: Stream, frame: bytes) -> None:
        """Take note of a frame on ``stream``."""
        if stream is self._stream:
            self.happened(Received(now_ms=now_ms(), data=frame))

    def closed(self, stream: Stream) -> None:
        """Take note that ``stream`` has ended."""
        if stream is self._stream:
            self._stream = None
            self.happened(Closed(now_ms=now_ms()))

    def counted(self, figures: Figures) -> None:
        """Take note of a count that was read just now."""
        self.happened(Counted(now_ms=now_ms(), figures=figures))

    def happened(self, event: Event) -> None:
        """Let the end take ``event``, and do what it asks for."""
        self.end, actions = self._step(self.end, event)
        self.do(actions)

    def do(self, actions: tuple[Action, ...]) -> None:
        """Do ``actions``, in order."""
        for action in actions:
            match action:
                case Send(data=data):
                    if self._stream is not None:
                        self._spawn(self._stream.send(data))
                case Hang():
                    stream, self._stream = self._stream, None
                    if stream is not None:
                        self._spawn(stream.hang())
                case Keep(kept=kept):
                    self._spawn(self._keep(kept))
                case Count():
                    self._spawn(self._count())
                case Allow() | Stop() | LastWord():
                    self._tell(action)

    def close(self) -> None:
        """Stop what is under way; what is on disk is gone on with another time."""
        for task in self._tasks:
            task.cancel()

    def _tell(self, action: Allow | Stop | LastWord) -> None:
        match action:
            case Allow(total_bytes=total_bytes):
                self._desk.allow(total_bytes)
            case Stop(reason=reason):
                self._desk.stopped(reason)
            case LastWord(signed=signed):
                self._desk.last_word(signed)

    async def _keep(self, kept: Kept) -> None:
        own = kept.own
        if own is None:
            raise ValueError("an end keeps nothing before it has something to sign")
        signed = own.sign(self._signer.key)
        entry = Entry(
            session=self._signer.session,
            role=self._signer.role,
            kept=kept,
            signed=signed,
            ends_s=self.end.ticket.not_after_s,
        )
        try:
            await self._book.keep(entry)
        except ReceiptsError as error:
            _log.warning("a receipt is not signed: %s", error)
            self.happened(NotStored(now_ms=now_ms()))
        else:
            self.happened(Stored(now_ms=now_ms(), signed=signed))

    async def _count(self) -> None:
        try:
            figures = await self._desk.count()
        except WorldVpnError as error:
            _log.warning("what a session has carried is not known now: %s", error)
            return
        if figures is not None:
            self.counted(figures)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def now_ms() -> int:
    """Return milliseconds of the monotonic clock, which no change of the time moves."""
    return time.monotonic_ns() // 1_000_000

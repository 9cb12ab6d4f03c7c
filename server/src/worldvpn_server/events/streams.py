"""All streams of a process: how they open, how many there may be, and who may keep theirs."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Final
from uuid import UUID

import attrs
from litestar.types import Receive, Send

from worldvpn_server.accounts.values import Caller
from worldvpn_server.errors import ThrottledError
from worldvpn_server.events.bus import PostgresBus
from worldvpn_server.events.snapshot import Holder, Snapshot
from worldvpn_server.events.stream import Stream, mark, told
from worldvpn_server.events.values import CLIENT_KINDS, Cursor
from worldvpn_server.ids import EVERYBODY

#: Devices of an account, twice: a client that reconnects may have its old stream still there.
MOST_PER_ACCOUNT: Final = 10
#: Every stream is looked at this often: expiry and revocation end it within 5 s.
LOOK_S: Final = 2.0
_LOOKED_A_TURN: Final = 200
#: Clients come back after this time, spread so that they do not all come at once.
_RETRY_MS: Final = (500, 4_000)
#: Snapshots made at a time: when a server restarts, everybody's stream wants one.
_SNAPSHOTS_AT_ONCE: Final = 4


@attrs.define(eq=False, kw_only=True)
class Streams:
    """The open streams; ``holder`` says whose token still holds."""

    _bus: PostgresBus
    _holder: Holder
    _snapshots: tuple[Snapshot, ...]
    _open: set[Stream] = attrs.field(factory=set)
    _by_account: Counter[UUID] = attrs.field(factory=Counter)
    _turn: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(_SNAPSHOTS_AT_ONCE))
    _looking: asyncio.Handle | None = None
    _closed: bool = False

    def __len__(self) -> int:
        return len(self._open)

    def callers(self) -> list[Caller]:
        """Return whose streams are open."""
        return [each.caller for each in self._open]

    async def serve(
        self, caller: Caller, resume: Cursor | None, receive: Receive, send: Send
    ) -> None:
        """Send ``caller`` everything after ``resume``, or a snapshot and what comes after it.

        Raises:
            ThrottledError: the account has as many streams as it may have.
            UnavailableError: the database is away; nothing was sent.
        """
        if self._by_account[caller.account] >= MOST_PER_ACCOUNT:
            raise ThrottledError(
                f"{MOST_PER_ACCOUNT} streams of this account are open: close one", retry_after_s=5
            )
        self._by_account[caller.account] += 1
        queue = self._bus.subscribe((caller.account, EVERYBODY), caller.device, CLIENT_KINDS)
        try:
            # From here on the queue hears everything after the head, so nothing falls between.
            sent, opening = await self._opening(caller, resume, self._bus.head())
            stream = Stream(caller=caller, sent=sent, queue=queue, head=self._bus.head, send=send)
            self._open.add(stream)
            self._look_later()
            try:
                await stream.serve(opening, receive)
            finally:
                self._open.discard(stream)
        finally:
            queue.close()
            self._by_account[caller.account] -= 1
            if not self._by_account[caller.account]:
                del self._by_account[caller.account]

    def close(self) -> None:
        """End every stream, for the process stops: their clients resume elsewhere."""
        self._closed = True
        for stream in tuple(self._open):
            stream.end()

    async def _opening(
        self, caller: Caller, resume: Cursor | None, head: Cursor
    ) -> tuple[Cursor, list[bytes]]:
        retry = b"retry: %d\n\n" % random.randint(*_RETRY_MS)  # noqa: S311 - spreads load
        if resume is not None:
            topics = (caller.account, EVERYBODY)
            missed = await self._bus.since(topics, caller.device, resume)
            if missed is not None:
                place = missed[-1].cursor if missed else resume
                frames = [each.frame for each in missed if each.event.kind in CLIENT_KINDS]
                return place, [retry, *frames, told("current", b"{}")]
        async with self._turn:
            mine = [told(*each) for make in self._snapshots for each in await make(caller)]
        # Its place comes last: who loses the connection amid a snapshot begins with a new one.
        return head, [retry, told("snapshot", b"{}"), *mine, told("current", b"{}"), mark(head)]

    def _look_later(self) -> None:
        if self._looking is None:
            loop = asyncio.get_running_loop()
            self._looking = loop.call_later(LOOK_S, self._look, iter(tuple(self._open)))

    def _look(self, left: Iterator[Stream]) -> None:
        now_s = time.monotonic()
        for _ in range(_LOOKED_A_TURN):
            stream = next(left, None)
            if stream is None:
                break
            if self._closed or not self._holder.holds(stream.caller):
                stream.end()
            stream.look(now_s)
        else:
            self._looking = asyncio.get_running_loop().call_soon(self._look, left)
            return
        self._looking = None
        if self._open:
            self._look_later()

"""Hands events to the readers of one process: by topic, in order, without waiting for any."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.events.values import Delivered

#: A reader with more than this before it is ended: it resumes from the outbox instead.
MOST_WAITING: Final = 1_000
#: Readers woken in one turn of the event loop: a broadcast to thousands must not hold up
#: the one balance that comes next.
_WOKEN_A_TURN: Final = 25


@attrs.define(eq=False)
class Queue:
    """One reader's queue; made by ``Fanout.subscribe``.

    Read either by one task, through iteration or ``batch``, or by whoever ``wake`` calls.
    """

    _fanout: Fanout
    topics: tuple[UUID, ...]
    device: UUID | None
    #: The only ones it wants; None: all.
    kinds: frozenset[str] | None = None
    #: Called when there is something to take, or nothing will ever come again.
    wake: Callable[[], None] | None = None
    ended: bool = False
    _waiting: list[Delivered] = attrs.field(factory=list)

    async def __aiter__(self) -> AsyncIterator[Delivered]:
        try:
            while not self.ended:
                for each in await self.batch():
                    yield each
        finally:
            self.close()

    async def batch(self) -> Sequence[Delivered]:
        """Return all that waits, once something does; nothing once the queue has ended."""
        while not self._waiting and not self.ended:
            news = asyncio.Event()
            self.wake = news.set
            try:
                await news.wait()
            finally:
                self.wake = None
        return self.take()

    def take(self) -> Sequence[Delivered]:
        """Return all that waits, perhaps nothing."""
        if not self._waiting:
            return ()
        taken, self._waiting = self._waiting, []
        return taken

    def put(self, delivered: Delivered) -> bool:
        """Add without waking; False: it is not for this reader."""
        event = delivered.event
        if (
            self.ended
            or (event.device is not None and event.device != self.device)
            or (self.kinds is not None and event.kind not in self.kinds)
        ):
            return False
        if len(self._waiting) >= MOST_WAITING:
            self.close()
        else:
            self._waiting.append(delivered)
        return True

    def poke(self) -> None:
        """Wake the reader."""
        if self.wake is not None:
            self.wake()

    def close(self) -> None:
        """Stop receiving and wake the reader; what waits is dropped. Idempotent."""
        self.ended = True
        self._waiting = []
        self._fanout.forget(self)
        self.poke()


@attrs.define(eq=False)
class Fanout:
    """Which queue wants which topic."""

    _by_topic: dict[UUID, set[Queue]] = attrs.field(factory=dict)
    _to_wake: deque[Queue] = attrs.field(factory=deque)
    _waking: asyncio.Handle | None = None

    def subscribe(
        self, topics: Sequence[UUID], device: UUID | None, kinds: frozenset[str] | None
    ) -> Queue:
        """Return a new queue for ``topics``."""
        queue = Queue(self, tuple(topics), device, kinds)
        for topic in queue.topics:
            self._by_topic.setdefault(topic, set()).add(queue)
        return queue

    def forget(self, queue: Queue) -> None:
        """Hand ``queue`` nothing more. Idempotent."""
        for topic in queue.topics:
            readers = self._by_topic.get(topic)
            if readers is not None:
                readers.discard(queue)
                if not readers:
                    del self._by_topic[topic]

    def hand_out(self, news: Iterable[Delivered]) -> None:
        """Put each where it belongs. Few readers are woken at once, many a slice at a time."""
        for delivered in news:
            readers = self._by_topic.get(delivered.event.topic, ())
            # A copy: a queue that overflows leaves the set.
            woken = [queue for queue in tuple(readers) if queue.put(delivered)]
            if len(woken) <= _WOKEN_A_TURN:
                for queue in woken:
                    queue.poke()
            else:
                self._to_wake.extend(woken)
        if self._to_wake and self._waking is None:
            self._waking = asyncio.get_running_loop().call_soon(self._wake_some)

    def end_all(self) -> None:
        """End every queue: their readers resume elsewhere, or from a snapshot."""
        for queue in {each for readers in self._by_topic.values() for each in readers}:
            queue.close()

    def _wake_some(self) -> None:
        for _ in range(min(_WOKEN_A_TURN, len(self._to_wake))):
            self._to_wake.popleft().poke()
        loop = asyncio.get_running_loop()
        self._waking = loop.call_soon(self._wake_some) if self._to_wake else None

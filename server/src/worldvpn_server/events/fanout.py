"""Hands events to the readers of one process: by topic, in order, without waiting for any."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.events.values import Delivered

#: A reader with more than this before it is ended: it resumes from the outbox instead.
MOST_WAITING: Final = 1_000
#: Readers woken in one turn of the event loop: a broadcast to thousands must not hold up
#: the one balance that comes next.
_WOKEN_A_TURN: Final = 100


@attrs.define(eq=False)
class Queue:
    """One reader's queue; made by ``Fanout.subscribe``. Only one task may wait on it."""

    _fanout: Fanout
    topics: tuple[UUID, ...]
    device: UUID | None
    ended: bool = False
    _waiting: list[Delivered] = attrs.field(factory=list)
    _waiter: asyncio.Future[None] | None = None

    async def __aiter__(self) -> AsyncIterator[Delivered]:
        try:
            while not self.ended:
                for each in await self.batch():
                    yield each
        finally:
            self.close()

    async def batch(self) -> list[Delivered]:
        """Return all that waits, once something does; nothing after ``poke`` or the end."""
        if not self._waiting and not self.ended:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if not self._waiting:
            return []
        batch, self._waiting = self._waiting, []
        return batch

    def put(self, delivered: Delivered) -> bool:
        """Add without waking; False: it is not for this device, or the queue has ended."""
        device = delivered.event.device
        if self.ended or (device is not None and device != self.device):
            return False
        if len(self._waiting) >= MOST_WAITING:
            self.close()
        else:
            self._waiting.append(delivered)
        return True

    def poke(self) -> None:
        """Wake the reader, whether or not there is anything."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

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

    def subscribe(self, topics: Sequence[UUID], device: UUID | None) -> Queue:
        """Return a new queue for ``topics``."""
        queue = Queue(self, tuple(topics), device)
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

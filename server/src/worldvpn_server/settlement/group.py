"""Group commit: what is submitted while a transaction is under way shares the next one.

A commit waits for the disk; a thousand receipts cost it no more than one. Nobody is made to
wait for company: whoever comes first goes at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

import attrs

from worldvpn_server.errors import UnavailableError

#: Transactions at once: signatures are checked, the database computes, the disk is waited for.
_MOST_LANES: Final = 3
#: Items in a transaction, unless a single submission has more.
_MOST_ITEMS: Final = 512
#: Fewer are not divided between lanes: that costs more than it saves.
_FEW_ITEMS: Final = 32

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@attrs.frozen
class _Submission(Generic[Item, Answer]):
    items: Sequence[Item]
    answers: asyncio.Future[Sequence[Answer]]


@attrs.define(eq=False)
class Group(Generic[Item, Answer]):
    """Runs ``work`` over the items of many callers at once; it answers each item in order."""

    work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]]
    _waiting: deque[_Submission[Item, Answer]] = attrs.field(factory=deque, init=False)
    _lanes: set[asyncio.Task[None]] = attrs.field(factory=set, init=False)
    _running: int = attrs.field(default=0, init=False)
    _at_work: int = attrs.field(default=0, init=False)

    async def submit(self, items: Sequence[Item]) -> Sequence[Answer]:
        """Return the answers for ``items``. Raises what ``work`` raises for them.

        Who stops waiting does not undo it: the others of the same transaction need it.
        """
        submission = _Submission[Item, Answer](items, asyncio.get_running_loop().create_future())
        self._waiting.append(submission)
        if self._running < _MOST_LANES:
            self._running += 1
            lane = asyncio.create_task(self._run())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        return await submission.answers

    async def close(self) -> None:
        """Let all that was submitted end."""
        while self._lanes:
            await asyncio.gather(*self._lanes)

    async def _run(self) -> None:
        try:
            while self._waiting:
                taken = self._take()
                self._at_work += 1
                try:
                    await self._serve(taken)
                finally:
                    self._at_work -= 1
        finally:
            # At once: whom it just answered submits again before a task's callbacks run, and
            # would wait for a lane that has ended.
            self._running -= 1

    def _take(self) -> list[_Submission[Item, Answer]]:
        """Take this lane's share of what waits: whoever is idle beside it gets as much."""
        free = _MOST_LANES - self._at_work
        share = -(-sum(len(each.items) for each in self._waiting) // free)
        most = min(_MOST_ITEMS, max(_FEW_ITEMS, share))
        taken = [self._waiting.popleft()]
        count = len(taken[0].items)
        while self._waiting and count + len(self._waiting[0].items) <= most:
            taken.append(self._waiting.popleft())
            count += len(taken[-1].items)
        return taken

    async def _serve(self, taken: Sequence[_Submission[Item, Answer]]) -> None:
        try:
            answers = await self.work([item for each in taken for item in each.items])
        except UnavailableError as error:
            _fail(taken, error)
        except Exception as error:  # noqa: BLE001 - told to whoever submitted it
            if len(taken) == 1:
                _fail(taken, error)
                return
            # What is at fault must not take the others down with it.
            for each in taken:
                await self._serve([each])
        else:
            first = 0
            for each in taken:
                last = first + len(each.items)
                if not each.answers.done():
                    each.answers.set_result(answers[first:last])
                first = last


def _fail(taken: Sequence[_Submission[Item, Answer]], error: Exception) -> None:
    for each in taken:
        if not each.answers.done():
            each.answers.set_exception(error)

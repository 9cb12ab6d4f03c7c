"""Hands receipts in: soon after they come, ever later while the server does not take them."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from worldvpn_core.central.calls import MOST_SUBMITTED, Submit
from worldvpn_core.central.replies import Outcome, Submitted
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.receipts.book import Book

#: What comes meanwhile takes the place of what is waiting: fewer are handed in, for the same money.
GATHER_S: Final = 10.0
FIRST_S: Final = 5.0
LONGEST_S: Final = 900.0
#: Outcomes that an honest end never meets.
_ODD: Final = frozenset(
    {Outcome.EQUIVOCATION, Outcome.MALFORMED, Outcome.BAD_SIGNATURE, Outcome.UNKNOWN_TICKET}
)

Ask = Callable[[Submit], Awaitable[Submitted]]

_log = logging.getLogger(__name__)


def pause_s(failures: int, draw: float) -> float:
    """Return how long to wait after so many failures in a row; ``draw`` is from 0 to 1. Pure.

    Between half of it and all of it, so that not all come back at once when the server does.
    """
    longest = GATHER_S if failures == 0 else min(LONGEST_S, FIRST_S * 2 ** min(failures - 1, 20))
    return longest * (1 + draw) / 2


class Submitting:
    """Empties ``book``; ``ask`` is the way to the server, ``draw`` a number from 0 to 1."""

    def __init__(self, book: Book, ask: Ask, draw: Callable[[], float] = random.random) -> None:
        self._book = book
        self._ask = ask
        self._draw = draw
        self._failures = 0
        self._hurried = asyncio.Event()

    def hurry(self) -> None:
        """Try at once: the server is back, or a session has ended."""
        self._hurried.set()

    async def run(self) -> None:
        """Hand in whatever comes, until cancelled."""
        while True:
            await self._book.filled.wait()
            await self._paused(pause_s(self._failures, self._draw()))
            await self.hand_in()

    async def hand_in(self) -> bool:
        """Hand in what is waiting; return whether the server has taken all of it."""
        while batch := self._book.pending(MOST_SUBMITTED):
            try:
                reply = await self._ask(Submit(receipts=batch))
            except WorldVpnError as error:
                self._failures += 1
                _log.info("receipts are handed in later: %s", error)
                return False
            self._failures = 0
            self._book.handed(batch)
            odd = Counter(each.value for each in reply.outcomes if each in _ODD)
            if odd:
                _log.warning("the central server made nothing of receipts: %s", dict(odd))
        return True

    async def _paused(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._hurried.wait()
        except TimeoutError:
            pass
        self._hurried.clear()

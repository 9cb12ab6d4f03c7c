"""When to try again: a pure back-off, and the task that waits for it.

Reconnection is not in the machine: this watches for ``Blocked`` with a retryable
cause and asks for a new plan. A network that changed, or a host that woke, cuts
the waiting short.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random, SystemRandom
from time import monotonic
from typing import Final

from worldvpn_core.tunnel.states import Blocked, Connected, State

FIRST_S: Final = 0.1
LONGEST_S: Final = 60.0
#: A tunnel that held this long was good: its fall starts the back-off anew.
STEADY_S: Final = 30.0
#: Let a new network settle (DHCP, routes) before it is tried.
SETTLE_S: Final = 0.3


def delay_s(failures: int, random: Random) -> float:
    """Return how long to wait after ``failures`` attempts in a row have failed.

    Doubles from ``FIRST_S`` to ``LONGEST_S``, with up to half of it taken off at random
    so that many clients of one dead node do not come back together.
    """
    longest = min(LONGEST_S, FIRST_S * 2.0 ** min(failures, 16))
    return longest * (1 - random.random() / 2)


class Reconnector:
    """Asks for a new attempt whenever the tunnel is blocked and trying can help.

    ``connect`` is given the number of failures so far and says whether an attempt began.
    """

    def __init__(
        self, connect: Callable[[int], Awaitable[bool]], *, random: Random | None = None
    ) -> None:
        self._connect = connect
        self._random = random or SystemRandom()
        self._failures = 0
        self._connected_at = monotonic()
        self._due_monotonic_s: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._blocked = False

    @property
    def retry_in_s(self) -> float | None:
        """Seconds until the next attempt, or None when none is due."""
        if self._due_monotonic_s is None:
            return None
        return max(0.0, self._due_monotonic_s - monotonic())

    def heard(self, _old: State, new: State) -> None:
        """Take note of a change of state."""
        self._blocked = isinstance(new, Blocked) and new.cause.retryable
        if isinstance(new, Connected):
            self._connected_at = monotonic()
        elif self._blocked:
            if monotonic() - self._connected_at > STEADY_S:
                self._failures = 0
            self._schedule(delay_s(self._failures, self._random))
        else:
            self.stop()

    def hurry(self) -> None:
        """Try soon, and as if for the first time: something about the network changed."""
        if self._blocked:
            self._failures = 0
            self._schedule(SETTLE_S)

    def forget(self) -> None:
        """Start counting anew: the user asked for something else."""
        self._failures = 0

    def stop(self) -> None:
        """Cancel the waiting attempt, if any."""
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._task, self._due_monotonic_s = None, None

    def _schedule(self, wait_s: float) -> None:
        self.stop()
        self._due_monotonic_s = monotonic() + wait_s
        self._task = asyncio.create_task(self._attempt(wait_s))

    async def _attempt(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        self._due_monotonic_s = None
        self._failures += 1
        # What cannot even be planned changes no state that would be heard of here.
        while not await self._connect(self._failures) and self._blocked:
            wait_s = delay_s(self._failures, self._random)
            self._due_monotonic_s = monotonic() + wait_s
            await asyncio.sleep(wait_s)
            self._failures += 1

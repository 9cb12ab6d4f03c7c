"""The tunnels being opened or held, a task each; closing them keeps nobody waiting."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Final

CLOSE_LIMIT_S: Final = 2.0

_log = logging.getLogger(__name__)


class HeldTunnels:
    """Tasks by attempt. An engine that is stuck takes its time, rules are rendered meanwhile."""

    def __init__(self) -> None:
        self._held: dict[int, asyncio.Task[None]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._last: asyncio.Task[None] | None = None

    def hold(self, attempt: int, tunnel: Coroutine[None, None, None]) -> None:
        """Run ``tunnel`` until it ends or is closed."""
        self._held[attempt] = asyncio.create_task(tunnel, name=f"tunnel-{attempt}")

    def forget(self, attempt: int) -> None:
        """Take note that the tunnel of ``attempt`` has ended by itself."""
        self._held.pop(attempt, None)

    def close(self, attempt: int) -> None:
        """Begin to close the tunnel of ``attempt``, if it is held."""
        self._begin(tuple(self._held.pop(n) for n in (attempt,) if n in self._held), None)

    def close_all(self, then: Callable[[], None]) -> None:
        """Begin to close every tunnel; ``then`` is called once none is open or closing.

        Called again meanwhile, the later ``then`` stands for both.
        """
        tunnels = tuple(self._held.values())
        self._held.clear()
        self._last = self._begin((*tunnels, *self._closing), then)

    async def closed(self) -> None:
        """Close every tunnel and return once none is left."""
        self.close_all(lambda: None)
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _begin(
        self, tasks: tuple[asyncio.Task[None], ...], then: Callable[[], None] | None
    ) -> asyncio.Task[None]:
        tunnels = tuple(task for task in tasks if task not in self._closing)
        for tunnel in tunnels:
            tunnel.cancel()
        closing = asyncio.create_task(self._wait(tasks, then))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        return closing

    async def _wait(
        self, tasks: tuple[asyncio.Task[None], ...], then: Callable[[], None] | None
    ) -> None:
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=CLOSE_LIMIT_S)
            for task in late:
                _log.error("%s did not close in %g s", task.get_name(), CLOSE_LIMIT_S)
        if then is not None and self._last is asyncio.current_task():
            then()

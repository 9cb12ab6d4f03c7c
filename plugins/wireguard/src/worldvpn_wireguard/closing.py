"""Undoing what was made: once, and to its end."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack


class Closing:
    """Runs the steps of ``undo`` once, last made first undone, each even if another fails.

    Whoever waits may be cancelled; the steps go on. All who ask wait for the same run.
    """

    def __init__(self, undo: AsyncExitStack) -> None:
        self._undo = undo
        self._task: asyncio.Task[None] | None = None

    @property
    def begun(self) -> bool:
        """Whether ``run`` has been asked for."""
        return self._task is not None

    async def run(self) -> None:
        """Return when all is undone; raise what the steps raised."""
        if self._task is None:
            self._task = asyncio.create_task(self._undo.aclose())
        await asyncio.shield(self._task)

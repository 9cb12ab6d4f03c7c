"""Counts for the daemon, and keeps what was counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from worldvpn_accounting.book import Book, entered, traffic
from worldvpn_accounting.files import Files
from worldvpn_core.contracts import Reading, Traffic

#: How much of it a power cut may take: each write wears the disk.
KEEP_S: Final = 300


class KeptAccounting:
    """``Accounting`` by one book in ``files``; ``clock`` tells Unix time in seconds."""

    def __init__(self, files: Files, clock: Callable[[], float] = time.time) -> None:
        self._files = files
        self._clock = clock
        self._book = files.load() or Book(since_s=int(clock()))
        self._kept = self._book.count.total
        self._kept_s = clock()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def notice(self) -> str | None:
        return self._files.notice

    async def record(self, readings: tuple[Reading, ...]) -> None:
        before, now_s = self._book, self._clock()
        self._book = entered(before, readings, int(now_s * 1_000))
        if self._book.count.total == before.count.total:
            return
        self._files.note(self._book)
        is_kept_lately = 0 <= now_s - self._kept_s < KEEP_S
        if not is_kept_lately and (self._keeping is None or self._keeping.done()):
            # Whoever waits for a record may be closing a tunnel: the disk is not waited for.
            self._keeping = asyncio.create_task(self._keep(self._book))

    def traffic(self) -> Traffic:
        return traffic(self._book, int(self._clock() * 1_000))

    async def close(self) -> None:
        if self._keeping is not None:
            await self._keeping
        if self._book.count.total != self._kept:
            await self._keep(self._book)

    async def _keep(self, book: Book) -> None:
        self._kept_s = self._clock()
        if await asyncio.to_thread(self._files.keep, book):
            self._kept = book.count.total

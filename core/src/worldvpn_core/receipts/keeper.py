"""The book of whoever is signed in: opened when there is somebody, and emptied to the server."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from worldvpn_core.central.calls import Submit
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.news import News, Reach, Reached
from worldvpn_core.central.replies import Submitted
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.receipts import tickets
from worldvpn_core.receipts.book import Book
from worldvpn_core.receipts.desk import Proofs, ReceiptsDesk
from worldvpn_core.receipts.entry import RECORD_BYTES
from worldvpn_core.receipts.key import receipts_key
from worldvpn_core.receipts.log import GrowingFolder, SealedLog
from worldvpn_core.receipts.submitting import Submitting
from worldvpn_core.receipts.tickets import Tickets

#: A disk or a vault that refused is asked again after this.
AGAIN_S: Final = 30.0

_log = logging.getLogger(__name__)


class ReceiptsKeeper:
    """One account's book at a time, in ``folder``; ``desk`` answers what is asked of it."""

    def __init__(
        self,
        folder: GrowingFolder,
        link: CentralLink,
        desk: ReceiptsDesk,
    ) -> None:
        self._folder = folder
        self._link = link
        self._desk = desk
        #: Called with each book that is opened.
        self.listeners: list[Callable[[Book], None]] = []
        self._changed = asyncio.Event()
        self._user: str | None = None
        self._submitting: Submitting | None = None
        self._tickets: Tickets | None = None
        self._keeping: set[asyncio.Task[None]] = set()
        #: None: nobody is signed in, or the book could not be opened.
        self.book: Book | None = None
        #: A sentence for the user, where receipts cannot be kept.
        self.trouble: str | None = None

    @property
    def pending_sessions(self) -> int:
        """Of how many sessions the server lacks something."""
        return 0 if self.book is None else self.book.pending_sessions

    def account_changed(self) -> None:
        """Take note that the vault was opened, locked or wiped, or holds something else."""
        if self._signed_in() != self._user:
            self._changed.set()

    def heard(self, news: News) -> None:
        """Take note of the server's news: once it is back, it gets what it lacks."""
        if isinstance(news, Reached) and news.reach is Reach.ONLINE:
            self.hurry()

    def believed(self, signed_ticket: bytes) -> None:
        """Keep a ticket by which something may be carried: receipts are checked by it."""
        if self._tickets is not None:
            task = asyncio.create_task(self._tickets.keep(signed_ticket))
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)

    def hurry(self) -> None:
        """Hand in at once what waits."""
        if self._submitting is not None:
            self._submitting.hurry()

    async def run(self) -> None:
        """Keep the book until cancelled."""
        while True:
            self._changed.clear()
            self._user = self._signed_in()
            wait_s: float | None = None
            if self._user is not None:
                try:
                    await self._serve()
                except WorldVpnError as error:
                    self.trouble = str(error)
                    _log.warning("receipts are not kept: %s", error)
                    wait_s = AGAIN_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            except TimeoutError:
                pass

    def _signed_in(self) -> str | None:
        secrets = self._link.secrets
        return None if secrets is None else secrets.user_id

    async def _serve(self) -> None:
        """Keep the book of whoever is signed in now, as long as nothing changes."""
        key = await receipts_key(self._link)
        book = Book(SealedLog(self._folder, key, RECORD_BYTES), time.time)
        await book.open()
        log = SealedLog(self._folder, key, tickets.RECORD_BYTES, name=tickets.NAME)
        self._tickets = Tickets(log, time.time)
        await self._tickets.open()
        self.trouble, self.book = None, book
        self._desk.proofs = Proofs(
            book=book,
            tickets=self._tickets,
            root_key=self._link.root_key,
            manifest=lambda: self._link.kept("manifest"),
        )
        self._submitting = Submitting(book, self._ask)
        for listener in self.listeners:
            listener(book)
        working = asyncio.create_task(self._submitting.run(), name="submitting")
        try:
            await self._changed.wait()
        finally:
            self.book = self._submitting = self._tickets = self._desk.proofs = None
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await book.close()

    async def _ask(self, call: Submit) -> Submitted:
        return await self._link.ask(call, Submitted)

"""Ends sessions at the server, each with the last word on it, as soon as it can be reached."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

from worldvpn_core.central.ahead import nothing_carried
from worldvpn_core.central.calls import End
from worldvpn_core.central.leases import Lease
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.replies import Done
from worldvpn_core.errors import AgentError, CentralOfflineError, WorldVpnError

#: How long a sign-out waits for sessions to be ended: after it nobody can end them.
LEAVE_S: Final = 5.0

_log = logging.getLogger(__name__)


class Words(Protocol):
    """Whoever has the last word on sessions that a tunnel has used."""

    def holds(self, session: str) -> bool:
        """Say whether there is one to come on ``session``."""

    def end(self, session: str) -> None:
        """Say it, by ``Endings.end``."""


class Endings:
    """Sessions that are over here, until the server knows."""

    def __init__(self, link: CentralLink) -> None:
        self._link = link
        #: None: no receipts are exchanged on this host.
        self.words: Words | None = None
        #: What is to be ended, each with the last word on it.
        self._ending: dict[str, bytes | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._speaking: set[str] = set()
        self._done = asyncio.Event()

    def over(self, lease: Lease) -> None:
        """End the session of ``lease``, once the last word on it is said."""
        if self.words is not None and self.words.holds(lease.id):
            self._speaking.add(lease.id)
            self.words.end(lease.id)
        else:
            self.end(lease.id, None if lease.used else nothing_carried(lease))

    def end(self, session: str, word: bytes | None = None) -> None:
        """End ``session`` at the server, now or when it is back."""
        self._speaking.discard(session)
        self._ending[session] = word
        task = asyncio.create_task(self._end(session, word))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def ended(self, session: str) -> None:
        """Take note that the server has ended ``session``: only a last word is still news."""
        if self._ending.get(session) is None:
            self._ending.pop(session, None)

    def again(self) -> None:
        """Take note that the server is back."""
        for session, word in tuple(self._ending.items()):
            self.end(session, word)

    async def all_ended(self) -> None:
        """Return once the server knows of all, or does not answer soon enough."""
        try:
            async with asyncio.timeout(LEAVE_S):
                while self._tasks or self._speaking:
                    self._done.clear()
                    await self._done.wait()
        except TimeoutError:
            pass

    def close(self) -> None:
        """Stop what is under way."""
        for task in self._tasks:
            task.cancel()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._done.set()

    async def _end(self, session: str, word: bytes | None) -> None:
        try:
            await self._link.ask(End(session_id=session, final_receipt=word), Done)
        except (CentralOfflineError, AgentError) as error:
            _log.info("a session is ended later: %s", error)
        except WorldVpnError as error:
            self._ending.pop(session, None)
            _log.info("a session was not ended: %s", error)
        else:
            self._ending.pop(session, None)

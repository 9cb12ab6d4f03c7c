"""What the central server is told of guests who are gone: it could not know it otherwise."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Protocol

from worldvpn_core.central.calls import Answer
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.news import GuestNews
from worldvpn_core.central.node_calls import LEAST_AWAY_S, MOST_AWAY_S, LastClaim, SendAway
from worldvpn_core.central.replies import Done
from worldvpn_core.errors import CentralBusyError, CentralRefusedError, WorldVpnError
from worldvpn_core.share.registered import NodeFile, owner_of

_log = logging.getLogger(__name__)


class Claims(Protocol):
    """What was claimed of sessions; the node's side of receipts knows."""

    def holds(self, session: str) -> bool:
        """Say whether more may be claimed of ``session`` yet."""

    def last(self, session: str) -> bytes | None:
        """Return the last claim of ``session``; None: nothing was claimed."""


class Farewells:
    """``file`` has the sessions that were served; ``receipts`` None: nothing is claimed here."""

    def __init__(self, link: CentralLink, file: NodeFile, receipts: Claims | None) -> None:
        self._link = link
        self._file = file
        self._receipts = receipts
        #: Sessions that the server has ended, of which this node has not said its last word.
        self._ended: set[str] = set()
        self._said: set[str] = set()
        self._tasks: set[asyncio.Task[object]] = set()

    def ended(self, *sessions: str) -> None:
        """Take note that the server has ended ``sessions``."""
        for session in sessions:
            # Of one of which nothing is kept, who knows what was claimed.
            if session not in self._said and self._file.get(session) is not None:
                self._ended.add(session)
                self.over(session)

    def over(self, session: str) -> None:
        """Take note that no more is claimed of ``session``: once it has ended, that is said."""
        receipts, node_id = self._receipts, self._node_id
        if session not in self._ended or receipts is None or receipts.holds(session):
            return
        self._ended.discard(session)
        if node_id is not None:
            self._said.add(session)
            last = receipts.last(session)
            call = LastClaim(node_id=node_id, session_id=session, final_receipt=last)
            self._spawn(self._say(call))

    def send_away(self, session: str, lasting: timedelta) -> None:
        """Have the guest of ``session`` not sent again for so long, as far as the server goes."""
        if (node_id := self._node_id) is not None:
            for_s = max(LEAST_AWAY_S, min(MOST_AWAY_S, int(lasting.total_seconds())))
            call = SendAway(node_id=node_id, session_id=session, for_s=for_s)
            self._spawn(self._tell(call))

    def refuse(self, offer: GuestNews, why: str, lasting: timedelta | None = None) -> None:
        """Refuse a guest; ``lasting``: for so long it is not to be offered again."""
        _log.info("a guest was refused: %s", why)
        if lasting is not None:
            self.send_away(offer.session_id, lasting)
        else:
            answer = Answer(node_id=offer.node_id, session_id=offer.session_id)
            self._spawn(self._tell(answer))

    def close(self) -> None:
        """Stop what is under way."""
        for task in self._tasks:
            task.cancel()

    @property
    def _node_id(self) -> str | None:
        return self._file.find(owner_of(self._link))

    async def _say(self, call: LastClaim) -> None:
        if not await self._tell(call):
            # The list of guests that comes with the next connection has it said again.
            self._said.discard(call.session_id)

    async def _tell(self, call: Answer | LastClaim | SendAway) -> bool:
        """Tell the server; False: it has not heard."""
        try:
            await self._link.ask(call, Done)
        except WorldVpnError as error:
            # Silence is a refusal, too, and a hold comes back a day later.
            _log.info("the central server does not know it: %s", error)
            return isinstance(error, CentralRefusedError) and not isinstance(
                error, CentralBusyError
            )
        return True

    def _spawn(self, work: Coroutine[None, None, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

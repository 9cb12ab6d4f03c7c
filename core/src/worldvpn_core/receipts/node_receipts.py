"""All that a node does for receipts, wired: its side follows the node, and so does the intake."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.contracts import GuestMeter, Namespaces
from worldvpn_core.credit.frames import Reason
from worldvpn_core.receipts.intake import Intake
from worldvpn_core.receipts.keeper import ReceiptsKeeper
from worldvpn_core.receipts.node_side import NodeSide
from worldvpn_core.share.states import Draining, Serving, ShareState
from worldvpn_core.types import NODE, IpAddress

_log = logging.getLogger(__name__)


class NodeReceipts:
    """``over`` is told of sessions for which nothing more is carried."""

    def __init__(
        self,
        *,
        meter: GuestMeter,
        keeper: ReceiptsKeeper,
        agent: AgentLink,
        namespaces: Namespaces,
        over: Callable[[str], object],
    ) -> None:
        self._keeper = keeper
        self._namespaces = namespaces
        self._over = over
        self.side = NodeSide(meter, lambda: keeper.book, self._stopped, keeper.believed)
        keeper.listeners.append(lambda _book: self.side.opened())
        self._intake = Intake(agent, self.side)
        self._attempt: int | None = None
        self._opening: asyncio.Task[None] | None = None

    async def is_stuck(self) -> bool:
        """Return whether the disk refuses receipts, asked anew where it did last."""
        book = self._keeper.book
        if book is None:
            return False
        await book.retry()
        return book.is_stuck

    async def run(self) -> None:
        """Count guests until cancelled."""
        try:
            await self.side.run()
        finally:
            self._intake.close()
            self.side.forget()

    def followed(self, state: ShareState) -> None:
        """Take note of the node's new state: it takes streams while it serves."""
        match state:
            case Serving(plan=plan, node=node):
                if plan.attempt != self._attempt:
                    self._attempt = plan.attempt
                    self._opening = asyncio.create_task(self._open(node.addresses))
            case Draining(plan=plan) if plan.attempt == self._attempt:
                pass
            case _:
                self._attempt = None
                self._intake.close()

    async def _open(self, addresses: tuple[IpAddress, ...]) -> None:
        space = self._namespaces.find(NODE)
        if space is None:
            return
        try:
            await self._intake.open(space, addresses)
        except OSError as error:
            _log.error("guests cannot answer for what they carry: %s", error)

    def _stopped(self, session: str, reason: Reason) -> None:
        _log.info("a session is over: %s", reason.code)
        self._keeper.hurry()
        self._over(session)

"""Opens the node and holds it until it falls: the border to exits.

Whatever an exit raises becomes an event, so that the machine decides what it means.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from worldvpn_core.contracts import Exit, Guest, Listener
from worldvpn_core.errors import ContractError, EngineError, WorldVpnError
from worldvpn_core.share.events import NodeClosed, NodeDown, NodeUp
from worldvpn_core.share.plan import ListenerInfo, NodeLink, SharePlan
from worldvpn_core.tunnel.opener import cause_of, close_to_the_end

OPEN_LIMIT_S: Final = 15.0

_log = logging.getLogger(__name__)

Tell = Callable[[NodeUp | NodeDown | NodeClosed], None]


class NodeKeeper:
    """Holds the one node that ``exit_`` serves; None: there is no exit here."""

    def __init__(self, exit_: Exit | None, tell: Tell) -> None:
        self._exit = exit_
        self._tell = tell
        self._task: asyncio.Task[None] | None = None
        self._listener: Listener | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def open(self, plan: SharePlan, link: NodeLink) -> None:
        """Begin to serve ``plan``; NodeUp or NodeDown tells what became of it."""
        self._task = asyncio.create_task(self._hold(plan, link), name=f"node-{plan.attempt}")

    def close(self, attempt: int) -> None:
        """Begin to close what is open or opening; NodeClosed tells when nothing is left."""
        closing = asyncio.create_task(self._close(attempt))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def closed(self) -> None:
        """Close the node and return once nothing of it is left."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        tasks = [one for one in (task, *self._closing) if one is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def admit(self, guest: Guest) -> None:
        """Let ``guest`` in; an exit that cannot says so by falling."""
        if self._listener is not None:
            try:
                await self._listener.admit(guest)
            except EngineError as error:
                _log.warning("a guest was not let in: %s", error)

    async def dismiss(self, public_key: bytes) -> None:
        """Let the guest of that key in no more; its addresses are refused already."""
        if self._listener is not None:
            try:
                await self._listener.dismiss(public_key)
            except EngineError as error:
                _log.warning("a guest could not be sent away: %s", error)

    async def _hold(self, plan: SharePlan, link: NodeLink) -> None:
        listener: Listener | None = None
        try:
            async with asyncio.timeout(OPEN_LIMIT_S):
                listener = await self._served(plan)
            refuse_lies(link, listener.info)
            self._listener = listener
            self._tell(NodeUp(attempt=plan.attempt, node=listener.info))
            error = await listener.wait_down() or EngineError("the node ended by itself")
        except TimeoutError:
            error = EngineError(f"the node was not ready in {OPEN_LIMIT_S:g} s")
        except Exception as raised:
            if not isinstance(raised, WorldVpnError):
                _log.exception("the exit failed")
            error = raised
        finally:
            self._listener = None
            if listener is not None:
                await close_to_the_end(listener, "the node")
        self._tell(NodeDown(attempt=plan.attempt, cause=cause_of(error)))

    async def _served(self, plan: SharePlan) -> Listener:
        if self._exit is None:
            raise EngineError("no plugin here lets guests out: enable one in daemon.toml")
        return await self._exit.serve(plan)

    async def _close(self, attempt: int) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        self._tell(NodeClosed(attempt=attempt))


def refuse_lies(link: NodeLink, info: ListenerInfo) -> None:
    """Check that the node listens where the rules lead its guests, and nowhere else.

    Raises:
        ContractError: it reports something else.
    """
    if set(info.listen) != set(link.listen):
        said = ", ".join(map(str, info.listen)) or "none"
        raise ContractError(f"the exit reports that it listens on {said}, which was not admitted")

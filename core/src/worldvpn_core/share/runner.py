"""The impure part of sharing: steps, has the policy enforced, then acts, in that order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, assert_never

from worldvpn_core.contracts import Exit
from worldvpn_core.enforce import Enforcer
from worldvpn_core.runner import TunnelRunner
from worldvpn_core.share.events import (
    Admit,
    CloseNode,
    Dismiss,
    DrainOver,
    EndDrain,
    NodeUnprotected,
    OpenNode,
    ShareCommand,
    ShareEvent,
)
from worldvpn_core.share.keeper import NodeKeeper
from worldvpn_core.share.machine import step
from worldvpn_core.share.states import Draining, Off, Opening, Serving, ShareState
from worldvpn_core.tunnel.opener import cause_of
from worldvpn_core.types import Cause

#: How long guests of a node that drains may go on with what they have begun.
DRAIN_S: Final = 10.0
#: What is said where the host's own part failed; its alarm says more.
HOST_UNPROTECTED: Final = Cause(
    code="share.unprotected",
    detail="the rules of this computer could not be set, so nobody is served",
    retryable=True,
)

_log = logging.getLogger(__name__)


class ShareRunner:
    """Holds the node's state; host and exit follow it.

    The host's rules have one owner: what a state of the node demands is enforced by
    ``tunnel``, together with what the tunnel's state does.
    """

    def __init__(
        self,
        enforcer: Enforcer,
        tunnel: TunnelRunner,
        exit_: Exit | None,
        *,
        on_change: Callable[[ShareState], None] = lambda _state: None,
    ) -> None:
        self._enforcer = enforcer
        self._tunnel = tunnel
        self._keeper = NodeKeeper(exit_, self.post)
        self._on_change = on_change
        self._state: ShareState = Off()
        self._inbox: asyncio.Queue[ShareEvent | asyncio.Event] = asyncio.Queue()
        self._timers: set[asyncio.TimerHandle] = set()
        self._moved = asyncio.Event()

    @property
    def state(self) -> ShareState:
        """The state that is in force now."""
        return self._state

    async def reached(self, holds: Callable[[ShareState], bool]) -> ShareState:
        """Return the first state for which ``holds`` does, once it is enforced."""
        while not holds(self._state):
            self._moved.clear()
            await self._moved.wait()
        return self._state

    def post(self, event: ShareEvent) -> None:
        """Queue ``event``; it is handled after those before it."""
        self._inbox.put_nowait(event)

    async def settled(self) -> None:
        """Return once all that was posted so far is done."""
        done = asyncio.Event()
        self._inbox.put_nowait(done)
        await done.wait()

    async def run(self) -> None:
        """Handle events for ever, one at a time, in order."""
        while True:
            event = await self._inbox.get()
            if isinstance(event, asyncio.Event):
                event.set()
            else:
                await self._handle(event)

    async def close(self) -> None:
        """Close the node and demand nothing for it any more; what was enforced stands."""
        for timer in self._timers:
            timer.cancel()
        await self._keeper.closed()
        self._state = self._enforcer.share = Off()

    async def _handle(self, event: ShareEvent) -> None:
        """Step, have the new state's policy enforced, be in it, then act."""
        transition = step(self._state, event)
        if transition.state != self._state:
            failure = await self._enforced(transition.state)
            if failure is not None and not _goes(transition.state):
                _log.error("the node is closed: %s", failure.detail)
                transition = step(transition.state, NodeUnprotected(cause=failure))
                await self._enforced(transition.state)
        old, self._state = self._state, transition.state
        if old != self._state:
            _log.info("sharing: %s -> %s", type(old).__name__, type(self._state).__name__)
            self._moved.set()
            self._on_change(self._state)
        for command in transition.commands:
            await self._execute(command)

    async def _enforced(self, state: ShareState) -> Cause | None:
        """Have all that ``state`` demands enforced; return why it is not."""
        self._enforcer.share = state
        stands = await self._tunnel.enforced(
            "changes" if _is_same_node(self._state, state) else "all"
        )
        if self._enforcer.share_failure is not None:
            return cause_of(self._enforcer.share_failure)
        return None if stands else HOST_UNPROTECTED

    async def _execute(self, command: ShareCommand) -> None:
        match command:
            case OpenNode(plan=plan):
                if isinstance(self._state, Opening):
                    self._keeper.open(plan, self._state.link)
            case CloseNode(attempt=attempt):
                self._keeper.close(attempt)
            case EndDrain(attempt=attempt):
                self._later(DRAIN_S, DrainOver(attempt=attempt))
            case Admit(guest=guest):
                await self._keeper.admit(guest)
            case Dismiss(public_key=public_key):
                await self._keeper.dismiss(public_key)
            case _:
                assert_never(command)

    def _later(self, delay_s: float, event: ShareEvent) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            self.post(event)

        timer = asyncio.get_running_loop().call_later(delay_s, fire)
        self._timers.add(timer)


def _is_same_node(before: ShareState, after: ShareState) -> bool:
    """Say whether the same node goes on in the same way: only its guests are others."""
    if not isinstance(before, Serving | Draining) or not isinstance(after, Serving | Draining):
        return False
    return before.plan.attempt == after.plan.attempt and before.link == after.link


def _goes(state: ShareState) -> bool:
    """Say whether the node is going anyway: then its namespace may have gone already."""
    return isinstance(state, Off) or (isinstance(state, Draining) and state.is_closing)

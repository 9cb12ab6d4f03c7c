"""The one impure part of the tunnel: steps, enforces, then acts, in that order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, assert_never

from worldvpn_core.enforce import Enforcer
from worldvpn_core.errors import (
    FirewallError,
    JournalError,
    ProtectionError,
    WorldVpnError,
)
from worldvpn_core.inbox import Again, Inbox
from worldvpn_core.tunnel.events import (
    CloseTunnel,
    CloseTunnels,
    Command,
    ConfirmMove,
    ConnectRequested,
    Event,
    ExpireRetired,
    OpenTunnel,
    PathMoved,
    ProtectionFailed,
    ProtectionRestored,
    RetiredExpired,
    TunnelDown,
    TunnelsClosed,
)
from worldvpn_core.tunnel.held import HeldTunnels
from worldvpn_core.tunnel.machine import step
from worldvpn_core.tunnel.opener import Opener, cause_of
from worldvpn_core.tunnel.states import (
    Blocked,
    Connecting,
    Disconnected,
    Disconnecting,
    Paused,
    State,
    Switching,
)
from worldvpn_core.types import Endpoint

#: How long a path just left stays open: for what its engine still holds, and for answers on their
#: way (a round trip around the world). A busy host lost packets without it.
DRAIN_S: Final = 0.25
RETIRED_S: Final = 60.0
RETRY_S: Final = 1.0

_log = logging.getLogger(__name__)

#: Told the state left, the state entered, and the event that led there.
OnChange = Callable[[State, State, Event], None]


class TunnelRunner:
    """Holds the tunnel's state, and makes host and transports follow it."""

    def __init__(
        self, enforcer: Enforcer, opener: Opener, *, on_change: OnChange, initial: State
    ) -> None:
        self._enforcer = enforcer
        self._opener = opener
        self._on_change = on_change
        self._state = initial
        self._inbox = Inbox()
        self._held = HeldTunnels()
        self._moved = asyncio.Event()
        self._timers: set[asyncio.TimerHandle] = set()
        self._is_retry_due = False
        #: Called with why when a request was refused before anything was touched.
        self.on_refused: Callable[[Event, WorldVpnError], None] = _ignore
        #: Called with why not all of an open host is as it was; None once it is.
        self.on_unrestored: Callable[[WorldVpnError | None], None] = _disregard
        self._is_unrestored = False

    @property
    def state(self) -> State:
        """The state that is in force now."""
        return self._state

    async def reached(self, holds: Callable[[State], bool]) -> State:
        """Return the first state for which ``holds`` does, once it is enforced."""
        while not holds(self._state):
            self._moved.clear()
            await self._moved.wait()
        return self._state

    def post(self, event: Event) -> None:
        """Queue ``event``; it is handled after those before it, unless a newer wish replaces it."""
        self._inbox.put(event)

    def enforce_again(self, part: str = "all") -> None:
        """Queue an enforcement of the present state: "all", "routing" or "dns"."""
        self._inbox.ask(part)

    async def enforced(self, part: str = "all") -> bool:
        """Enforce the present state anew; return whether it stands, the node's part apart.

        ``part`` "changes": only what is demanded otherwise than before. As of that moment: the
        next change may be under way when the caller goes on.
        """
        tried: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._inbox.put(Again(part, tried=tried))
        return await tried

    async def run(self) -> None:
        """Enforce the initial state, then handle events for ever, one at a time, in order."""
        await self._first()
        while True:
            event = await self._inbox.take()
            if isinstance(event, Again):
                await self._repeat(event.part)
                if event.tried is not None and not event.tried.done():
                    event.tried.set_result(self._enforcer.is_enforced)
            else:
                await self._handle(event)

    async def close(self) -> None:
        """Close every tunnel, leaving the rules as they are: the host stays as blocked."""
        for timer in self._timers:
            timer.cancel()
        await self._held.closed()

    async def _first(self) -> None:
        try:
            await self._enforcer.enter(self._state)
        except WorldVpnError as error:
            await self._handle(ProtectionFailed(cause=cause_of(error)))

    async def _handle(self, event: Event) -> None:
        """Step, enforce the new state's policy, be in it, then act: in that order."""
        transition = step(self._state, event)
        try:
            if transition.state != self._state:
                await self._enforcer.enter(transition.state)
        except JournalError as error:
            if isinstance(event, ConnectRequested):
                self.on_refused(event, error)
                return
            _log.critical("the journal could not be written: %s", error)
            if not isinstance(transition.state, Disconnected):
                transition = step(transition.state, ProtectionFailed(cause=cause_of(error)))
                await self._block(transition.state)
        except ProtectionError as error:
            if _opens(transition.state, error):
                self._unrestored(error)
            else:
                _log.critical("the state could not be enforced: %s", error)
                transition = step(transition.state, ProtectionFailed(cause=cause_of(error)))
                await self._block(transition.state)
        old, self._state = self._state, transition.state
        if old != self._state:
            self._moved.set()
            self._on_change(old, self._state, event)
        for command in transition.commands:
            self._execute(command)

    async def _block(self, state: State) -> None:
        """Do of ``state`` what needs no record: rules are found again by their name."""
        try:
            await self._enforcer.block(state)
        except ProtectionError as error:
            _log.critical("not even the rules could be loaded: %s", error)
        self._try_again()

    def _unrestored(self, error: WorldVpnError) -> None:
        """Leave the host open all the same: it was asked for, and nobody is stranded."""
        if not self._is_unrestored:
            _log.error("not all of the host is as it was: %s", error)
        self._is_unrestored = True
        self.on_unrestored(error)
        self._try_again()

    async def _unrecorded(self, state: State, error: JournalError) -> None:
        """Go on where ``state`` could not be recorded when it was enforced again."""
        if isinstance(state, Disconnected):
            _log.warning("what was undone is still on record: %s", error)
        elif isinstance(state, Blocked) and not state.enforced:
            await self._block(state)
        else:
            await self._handle(ProtectionFailed(cause=cause_of(error)))

    async def _enforce(self, part: str, state: State) -> None:
        match part:
            case "routing":
                await self._enforcer.repeat_routing(state)
            case "dns":
                await self._enforcer.repeat_dns(state)
            case "changes":
                await self._enforcer.enter(state)
            case _:
                await self._enforcer.repeat(state)

    async def _repeat(self, part: str) -> None:
        """Enforce the present state anew; a failure becomes an event, as does recovery."""
        state = self._state
        try:
            await self._enforce(part, state)
        except ProtectionError as error:
            if _opens(state, error):
                self._unrestored(error)
                return
            if not isinstance(state, Blocked) or state.enforced:
                _log.critical("the state could not be enforced again: %s", error)
                await self._handle(ProtectionFailed(cause=cause_of(error)))
            self._try_again()
        except JournalError as error:
            await self._unrecorded(state, error)
        else:
            if part == "all" and self._is_unrestored:
                self._is_unrestored = False
                self.on_unrestored(None)
            if part == "all" and isinstance(state, Blocked) and not state.enforced:
                await self._handle(ProtectionRestored())

    def _execute(self, command: Command) -> None:
        match command:
            case OpenTunnel(plan=plan):
                hold = self._opener.hold(plan, _admitted(self._state), self._tell)
                self._held.hold(plan.attempt, hold)
            case CloseTunnel(attempt=attempt):
                self._held.close(attempt)
            case CloseTunnels():
                self._held.close_all(lambda: self.post(TunnelsClosed()))
            case ConfirmMove(attempt=attempt):
                self._later(DRAIN_S, PathMoved(attempt=attempt))
            case ExpireRetired(attempt=attempt):
                self._later(RETIRED_S, RetiredExpired(attempt=attempt))
            case _:
                assert_never(command)

    def _tell(self, event: Event) -> None:
        if isinstance(event, TunnelDown):
            self._held.forget(event.attempt)
        self.post(event)

    def _try_again(self) -> None:
        """Enforce the present state anew in a while: once, however often it is asked for."""
        if not self._is_retry_due:
            self._is_retry_due = True
            self._later(RETRY_S, Again())

    def _later(self, delay_s: float, event: Event | Again) -> None:
        loop = asyncio.get_running_loop()

        def fire() -> None:
            self._timers.discard(timer)
            if isinstance(event, Again):
                self._is_retry_due = False
            self._inbox.put(event)

        timer = loop.call_later(delay_s, fire)
        self._timers.add(timer)


def _admitted(state: State) -> tuple[Endpoint, ...]:
    return state.outer_endpoints if isinstance(state, Connecting | Switching) else ()


def _opens(state: State, error: ProtectionError) -> bool:
    """Say whether ``error`` only keeps a host that is to be open from being as it was."""
    then = state.then if isinstance(state, Disconnecting) else state
    return isinstance(then, Disconnected | Paused) and not isinstance(error, FirewallError)


def _disregard(_error: WorldVpnError | None) -> None:
    """Nobody asked to hear of what could not be given back."""


def _ignore(_event: Event, _error: WorldVpnError) -> None:
    """Nobody asked to hear of refusals."""

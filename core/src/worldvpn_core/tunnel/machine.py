"""Tunnel transitions: a pure function, no clock, no sockets, no plugins.

    state            event                  next                       commands
    ---------------  ---------------------  -------------------------  ------------------------
    Disconnected     ConnectRequested       Connecting                 OpenTunnel
    Blocked          ConnectRequested       Connecting                 OpenTunnel
    Paused           ConnectRequested       Connecting                 OpenTunnel
    Connecting       ConnectRequested       Disconnecting(Connecting)  CloseTunnels
    Connected        ConnectRequested       Switching                  OpenTunnel
    Switching        ConnectRequested       Switching(to the new)      CloseTunnel, OpenTunnel
    Switching moved  ConnectRequested       Disconnecting(Connecting)  CloseTunnels
    Disconnecting    ConnectRequested       Disconnecting(Connecting)
    Blocked          ConnectFailed          Blocked(its cause)
    Connecting       DisconnectRequested    Disconnecting              CloseTunnels
    Connected        DisconnectRequested    Disconnecting              CloseTunnels
    Switching        DisconnectRequested    Disconnecting              CloseTunnels
    Disconnecting    DisconnectRequested    Disconnecting
    Blocked          DisconnectRequested    Disconnected
    Paused           DisconnectRequested    Disconnected
    Connecting       PauseRequested         Disconnecting(Paused)      CloseTunnels
    Connected        PauseRequested         Disconnecting(Paused)      CloseTunnels
    Switching        PauseRequested         Disconnecting(Paused)      CloseTunnels
    Disconnecting    PauseRequested         Disconnecting(Paused)
    Blocked          PauseRequested         Paused
    Paused           PauseRequested         Paused(its time)
    Paused           PauseEnded             Blocked
    Connecting       TunnelUp               Connected
    Connecting       TunnelDown             Blocked
    Connected        TunnelDown             Disconnecting(Blocked)     CloseTunnels
    Switching        TunnelUp, the new      Switching moved            ConfirmMove
    Switching        TunnelDown, the new    Connected, as before
    Switching        TunnelDown, the old    Connecting
    Switching moved  TunnelDown, the new    Disconnecting(Blocked)     CloseTunnels
    Switching moved  PathMoved              Connected                  CloseTunnel, ExpireRetired
    Connected        RetiredExpired         Connected, none retired
    Disconnecting    TunnelsClosed          its ``then``               [OpenTunnel]
    Blocked          ProtectionRestored     Blocked, enforced
    any              ProtectionFailed       Blocked, not enforced      CloseTunnels

Any other pair leaves the state as it is, as does an event of another attempt.
``tests/core/test_machine.py`` checks this table against the code, pair by pair.
"""

from __future__ import annotations

from typing import Final

import attrs

from worldvpn_core.tunnel.events import (
    CloseTunnel,
    CloseTunnels,
    Command,
    ConfirmMove,
    ConnectFailed,
    ConnectRequested,
    DisconnectRequested,
    Event,
    ExpireRetired,
    OpenTunnel,
    PathMoved,
    PauseEnded,
    PauseRequested,
    ProtectionFailed,
    ProtectionRestored,
    RetiredExpired,
    TunnelDown,
    TunnelsClosed,
    TunnelUp,
)
from worldvpn_core.tunnel.states import (
    Blocked,
    Connected,
    Connecting,
    Disconnected,
    Disconnecting,
    Paused,
    State,
    Switching,
)
from worldvpn_core.types import Cause, IpAddress, TunnelPlan

PAUSE_OVER: Final = Cause(
    code="pause.over", detail="the pause is over; connecting again", retryable=True
)


@attrs.frozen(kw_only=True)
class Transition:
    """Where an event leads, and what is to be done once that state is enforced."""

    state: State
    commands: tuple[Command, ...] = ()


def step(state: State, event: Event) -> Transition:
    """Return the transition ``event`` causes in ``state``."""
    match event:
        case ProtectionFailed(cause=cause):
            failed = Blocked(cause=cause, plan=plan_of(state), enforced=False)
            return Transition(state=failed, commands=(CloseTunnels(),))
        case ConnectRequested():
            return _connect(state, event)
        case DisconnectRequested():
            return _leave(state, Disconnected())
        case PauseRequested(until_utc=until):
            if isinstance(state, Disconnected):
                return Transition(state=state)
            return _leave(state, Paused(until_utc=until, plan=plan_of(state)))
        case TunnelUp() | TunnelDown() | PathMoved() | TunnelsClosed():
            return _progress(state, event)
        case _:
            return Transition(state=_amended(state, event))


def plan_of(state: State) -> TunnelPlan | None:
    """Return the plan that ``state`` is about: the one being opened, if two are."""
    match state:
        case Disconnecting(then=Connecting(plan=plan)):
            return plan
        case Connecting() | Connected() | Switching() | Disconnecting() | Paused() | Blocked():
            return state.plan
        case Disconnected():
            return None


def _connect(state: State, event: ConnectRequested) -> Transition:
    connecting = Connecting(plan=event.plan, outer_endpoints=event.outer_endpoints)
    opening = OpenTunnel(plan=event.plan)
    match state:
        case Disconnected() | Blocked() | Paused():
            return Transition(state=connecting, commands=(opening,))
        case Connected():
            switching = Switching(old=state, plan=event.plan, outer_endpoints=event.outer_endpoints)
            return Transition(state=switching, commands=(opening,))
        case Switching(moved=None):
            other = attrs.evolve(state, plan=event.plan, outer_endpoints=event.outer_endpoints)
            closing = CloseTunnel(attempt=state.plan.attempt)
            return Transition(state=other, commands=(closing, opening))
        case Connecting() | Switching():
            leaving = Disconnecting(then=connecting, plan=state.plan)
            return Transition(state=leaving, commands=(CloseTunnels(),))
        case Disconnecting():
            return Transition(state=attrs.evolve(state, then=connecting))


def _leave(state: State, then: Disconnected | Paused) -> Transition:
    match state:
        case Connecting() | Connected() | Switching():
            leaving = Disconnecting(then=then, plan=state.plan)
            return Transition(state=leaving, commands=(CloseTunnels(),))
        case Disconnecting():
            return Transition(state=attrs.evolve(state, then=then))
        case Disconnected() | Blocked() | Paused():
            return Transition(state=then)


def _progress(state: State, event: TunnelUp | TunnelDown | PathMoved | TunnelsClosed) -> Transition:
    match state, event:
        case Connecting(plan=plan), TunnelUp() if event.attempt == plan.attempt:
            return Transition(state=Connected(plan=plan, tunnel=event.tunnel))
        case Connecting(plan=plan), TunnelDown() if event.attempt == plan.attempt:
            return Transition(state=Blocked(cause=event.cause, plan=plan))
        case Connected(plan=plan), TunnelDown() if event.attempt == plan.attempt:
            return _fall(plan, event.cause)
        case Switching(moved=None), TunnelUp() if event.attempt == state.plan.attempt:
            moved = attrs.evolve(state, moved=event.tunnel)
            return Transition(state=moved, commands=(ConfirmMove(attempt=event.attempt),))
        case Switching(moved=None), TunnelDown() if event.attempt == state.plan.attempt:
            return Transition(state=state.old)
        case Switching(moved=None), TunnelDown() if event.attempt == state.old.plan.attempt:
            alone = Connecting(plan=state.plan, outer_endpoints=state.outer_endpoints)
            return Transition(state=alone)
        case Switching(plan=plan), TunnelDown() if event.attempt == plan.attempt:
            return _fall(plan, event.cause)
        case Switching(moved=tunnel), PathMoved() if (
            tunnel is not None and event.attempt == state.plan.attempt
        ):
            connected = Connected(plan=state.plan, tunnel=tunnel, retired=_retired(state))
            closing = CloseTunnel(attempt=state.old.plan.attempt)
            return Transition(
                state=connected, commands=(closing, ExpireRetired(attempt=event.attempt))
            )
        case Disconnecting(then=Connecting(plan=plan) as then), TunnelsClosed():
            return Transition(state=then, commands=(OpenTunnel(plan=plan),))
        case Disconnecting(then=then), TunnelsClosed():
            return Transition(state=then)
        case _:
            return Transition(state=state)


def _amended(state: State, event: Event) -> State:
    match state, event:
        case Blocked(), ConnectFailed(cause=cause):
            return attrs.evolve(state, cause=cause)
        case Blocked(), ProtectionRestored():
            return attrs.evolve(state, enforced=True)
        case Paused(plan=plan), PauseEnded():
            return Blocked(cause=PAUSE_OVER, plan=plan)
        case Connected(plan=plan), RetiredExpired() if event.attempt == plan.attempt:
            return attrs.evolve(state, retired=())
        case _:
            return state


def _fall(plan: TunnelPlan, cause: Cause) -> Transition:
    fallen = Disconnecting(then=Blocked(cause=cause, plan=plan), plan=plan)
    return Transition(state=fallen, commands=(CloseTunnels(),))


def _retired(state: Switching) -> tuple[IpAddress, ...]:
    kept = {interface.ip for interface in state.plan.addresses}
    return tuple(i.ip for i in state.old.plan.addresses if i.ip not in kept)

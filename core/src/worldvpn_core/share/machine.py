"""Transitions of the node: a pure function, no clock, no sockets, no plugins.

    state             event            next                    commands
    ----------------  ---------------  ----------------------  --------------------
    Off               ShareRequested   Opening                 OpenNode
    Draining          ShareRequested   Draining(then Opening)
    Opening           ShareStopped     Draining closing        CloseNode
    Serving           ShareStopped     Draining closing        CloseNode
    Draining          ShareStopped     Draining closing        CloseNode
    Draining closing  ShareStopped     Draining, no then
    Off               ShareStopped     Off, no cause
    Opening           ShareHeld        Draining closing        CloseNode
    Serving           ShareHeld        Draining                EndDrain
    Draining closing  ShareHeld        Draining, no then
    Off               ShareHeld        Off(its cause)
    Draining          ShareReleased    Serving                 Admit, each guest
    Opening           NodeUp           Serving                 Admit, each guest
    Opening           NodeDown         Off(its cause)
    Serving           NodeDown         Draining closing        CloseNode
    Draining          NodeDown         Draining closing        CloseNode
    Opening           NodeUnprotected  Draining closing        CloseNode
    Serving           NodeUnprotected  Draining closing        CloseNode
    Draining          NodeUnprotected  Draining closing        CloseNode
    Draining          DrainOver        Draining closing        CloseNode
    Draining closing  NodeClosed       Off, or its then        [OpenNode]
    Opening           GuestInvited     Opening, with it
    Serving           GuestInvited     Serving, with it        Admit
    Draining          GuestInvited     Draining, with it
    Opening           GuestRevoked     Opening, without it
    Serving           GuestRevoked     Serving, without it     Dismiss
    Draining          GuestRevoked     Draining, without it    Dismiss

Any other pair leaves the state as it is, as does an event of another attempt. A guest
invited while the node drains is admitted by the next Serving.
``tests/core/share/test_machine.py`` checks this table against the code, pair by pair.
"""

from __future__ import annotations

import attrs

from worldvpn_core.share.events import (
    Admit,
    CloseNode,
    Dismiss,
    DrainOver,
    EndDrain,
    GuestInvited,
    GuestRevoked,
    NodeClosed,
    NodeDown,
    NodeUnprotected,
    NodeUp,
    OpenNode,
    ShareCommand,
    ShareEvent,
    ShareHeld,
    ShareReleased,
    ShareRequested,
    ShareStopped,
)
from worldvpn_core.share.plan import ListenerInfo, seated
from worldvpn_core.share.states import Draining, Off, Opening, Serving, ShareState
from worldvpn_core.types import Cause

_Present = Opening | Serving | Draining


@attrs.frozen(kw_only=True)
class Transition:
    """Where an event leads, and what is to be done once that state is enforced."""

    state: ShareState
    commands: tuple[ShareCommand, ...] = ()


def step(state: ShareState, event: ShareEvent) -> Transition:
    """Return the transition ``event`` causes in ``state``."""
    transition = Transition(state=state)
    match event:
        case ShareRequested():
            transition = _request(state, event)
        case ShareStopped():
            transition = Transition(state=Off())
            if not isinstance(state, Off):
                transition = _close(state, None)
        case ShareHeld(cause=cause):
            transition = _hold(state, cause)
        case ShareReleased():
            transition = _release(state)
        case NodeUnprotected(cause=cause) if not isinstance(state, Off):
            transition = _close(state, cause)
        case GuestInvited() | GuestRevoked() if not isinstance(state, Off):
            transition = _change_guests(state, event)
        case NodeUp() | NodeDown() | NodeClosed() | DrainOver() if not isinstance(state, Off):
            transition = _progress(state, event)
        case _:
            pass
    return transition


def _request(state: ShareState, event: ShareRequested) -> Transition:
    opening = Opening(plan=event.plan, link=event.link, guests=event.guests)
    match state:
        case Off():
            return Transition(state=opening, commands=(OpenNode(plan=event.plan),))
        case Draining():
            return Transition(state=attrs.evolve(state, then=opening))
        case Opening() | Serving():
            return Transition(state=state)


def _close(state: _Present, cause: Cause | None) -> Transition:
    """Let the node go now."""
    closing = _draining(state, cause)
    closing = attrs.evolve(closing, is_closing=True, then=None)
    if isinstance(state, Draining) and state.is_closing:
        return Transition(state=closing)
    return Transition(state=closing, commands=(CloseNode(attempt=state.plan.attempt),))


def _hold(state: ShareState, cause: Cause) -> Transition:
    match state:
        case Serving():
            ending = EndDrain(attempt=state.plan.attempt)
            return Transition(state=_draining(state, cause), commands=(ending,))
        case Opening() | Draining(is_closing=True):
            return _close(state, cause)
        case Off():
            return Transition(state=Off(cause=cause))
        case Draining():
            return Transition(state=state)


def _release(state: ShareState) -> Transition:
    match state:
        case Draining(is_closing=False, node=node) if node is not None:
            return _serve(state, node)
        case _:
            return Transition(state=state)


def _progress(state: _Present, event: NodeUp | NodeDown | NodeClosed | DrainOver) -> Transition:
    if state.plan.attempt != event.attempt:
        return Transition(state=state)
    transition = Transition(state=state)
    match state, event:
        case Opening(), NodeUp(node=node):
            transition = _serve(state, node)
        case Opening(), NodeDown(cause=cause):
            transition = Transition(state=Off(cause=cause))
        case ((Serving() | Draining(is_closing=False)), NodeDown(cause=cause)):
            transition = _close(state, cause)
        case Draining(is_closing=False), DrainOver():
            closing = attrs.evolve(state, is_closing=True)
            transition = Transition(state=closing, commands=(CloseNode(attempt=event.attempt),))
        case Draining(is_closing=True), NodeClosed():
            transition = _closed(state)
        case _:
            pass
    return transition


def _serve(state: Opening | Draining, node: ListenerInfo) -> Transition:
    serving = Serving(plan=state.plan, link=state.link, node=node, guests=state.guests)
    admitted = tuple(Admit(guest=guest) for guest in state.guests)
    return Transition(state=serving, commands=admitted)


def _closed(state: Draining) -> Transition:
    if state.then is None:
        return Transition(state=Off(cause=state.cause))
    return Transition(state=state.then, commands=(OpenNode(plan=state.then.plan),))


def _change_guests(state: _Present, event: GuestInvited | GuestRevoked) -> Transition:
    if isinstance(event, GuestRevoked):
        left = tuple(one for one in state.guests if one.public_key != event.public_key)
        dismissing = () if isinstance(state, Opening) else (Dismiss(public_key=event.public_key),)
        return Transition(state=attrs.evolve(state, guests=left), commands=dismissing)
    guest = event.guest
    others = tuple(one for one in state.guests if one.public_key != guest.public_key)
    prefixes = state.plan.prefixes
    takes_seat = bool(seated((guest,), prefixes))
    if takes_seat and len(seated(others, prefixes)) >= state.plan.guests:
        return Transition(state=state)
    admitting = (Admit(guest=guest),) if isinstance(state, Serving) else ()
    return Transition(state=attrs.evolve(state, guests=(*others, guest)), commands=admitting)


def _draining(state: _Present, cause: Cause | None) -> Draining:
    if isinstance(state, Draining):
        return attrs.evolve(state, cause=cause)
    node = state.node if isinstance(state, Serving) else None
    return Draining(plan=state.plan, link=state.link, node=node, guests=state.guests, cause=cause)

"""The machine against its table, every state with every event."""

from __future__ import annotations

import attrs
import pytest

from worldvpn_core.testing import samples
from worldvpn_core.testing.samples import SILENT, UNTIL, connected, connecting, plan, tunnel
from worldvpn_core.tunnel import machine
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
from worldvpn_core.tunnel.machine import PAUSE_OVER, Transition, plan_of, step
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

ONE, TWO, NEW = plan(1), plan(2), plan(3)
CONNECT = ConnectRequested(plan=NEW, outer_endpoints=NEW.remotes)
OPENING = Connecting(plan=NEW, outer_endpoints=NEW.remotes)
PAUSE = PauseRequested(until_utc=UNTIL)
UP_1 = TunnelUp(attempt=1, tunnel=tunnel(ONE))
UP_2 = TunnelUp(attempt=2, tunnel=tunnel(TWO))
DOWN_1 = TunnelDown(attempt=1, cause=SILENT)
DOWN_2 = TunnelDown(attempt=2, cause=SILENT)
FAILED = ConnectFailed(cause=samples.REFUSED)
UNENFORCED = ProtectionFailed(cause=samples.BROKEN)

DISCONNECTED = Disconnected()
CONNECTING = connecting(1)
CONNECTED = connected(1)
RETIRING = attrs.evolve(connected(1), retired=(plan(9).addresses[0].ip,))
SWITCHING = samples.switching()
MOVED = samples.switching(moved=True)
PAUSED = Paused(until_utc=UNTIL, plan=ONE)
LEAVING = Disconnecting(then=Disconnected(), plan=ONE)
REOPENING = Disconnecting(then=connecting(2), plan=ONE)
FALLING = Disconnecting(then=Blocked(cause=SILENT, plan=ONE), plan=ONE)
BLOCKED = Blocked(cause=SILENT, plan=ONE)
UNPROTECTED = Blocked(cause=samples.BROKEN, plan=ONE, enforced=False)

STATES: tuple[State, ...] = (
    DISCONNECTED,
    CONNECTING,
    CONNECTED,
    RETIRING,
    SWITCHING,
    MOVED,
    PAUSED,
    LEAVING,
    REOPENING,
    FALLING,
    BLOCKED,
    UNPROTECTED,
)
EVENTS: tuple[Event, ...] = (
    CONNECT,
    FAILED,
    DisconnectRequested(),
    PAUSE,
    PauseEnded(),
    UP_1,
    UP_2,
    DOWN_1,
    DOWN_2,
    TunnelsClosed(),
    PathMoved(attempt=2),
    RetiredExpired(attempt=1),
    UNENFORCED,
    ProtectionRestored(),
)
CLOSE = (CloseTunnels(),)


def _to(state: State, *commands: Command) -> Transition:
    return Transition(state=state, commands=commands)


_MOVED_ON = attrs.evolve(connected(2), retired=tuple(interface.ip for interface in ONE.addresses))

TABLE: dict[tuple[State, Event], Transition] = {
    **{
        (state, CONNECT): _to(OPENING, OpenTunnel(plan=NEW))
        for state in (DISCONNECTED, BLOCKED, UNPROTECTED, PAUSED)
    },
    (CONNECTING, CONNECT): _to(Disconnecting(then=OPENING, plan=ONE), *CLOSE),
    (MOVED, CONNECT): _to(Disconnecting(then=OPENING, plan=TWO), *CLOSE),
    **{
        (state, CONNECT): _to(
            Switching(old=state, plan=NEW, outer_endpoints=NEW.remotes), OpenTunnel(plan=NEW)
        )
        for state in (CONNECTED, RETIRING)
    },
    (SWITCHING, CONNECT): _to(
        Switching(old=CONNECTED, plan=NEW, outer_endpoints=NEW.remotes),
        CloseTunnel(attempt=2),
        OpenTunnel(plan=NEW),
    ),
    **{
        (state, CONNECT): _to(Disconnecting(then=OPENING, plan=ONE))
        for state in (LEAVING, REOPENING, FALLING)
    },
    (BLOCKED, FAILED): _to(attrs.evolve(BLOCKED, cause=samples.REFUSED)),
    (UNPROTECTED, FAILED): _to(attrs.evolve(UNPROTECTED, cause=samples.REFUSED)),
    **{
        (state, DisconnectRequested()): _to(
            Disconnecting(then=DISCONNECTED, plan=state.plan), *CLOSE
        )
        for state in (CONNECTING, CONNECTED, RETIRING, SWITCHING, MOVED)
    },
    **{(state, DisconnectRequested()): _to(LEAVING) for state in (LEAVING, REOPENING, FALLING)},
    **{
        (state, DisconnectRequested()): _to(DISCONNECTED)
        for state in (BLOCKED, UNPROTECTED, PAUSED)
    },
    **{
        (state, PAUSE): _to(
            Disconnecting(then=Paused(until_utc=UNTIL, plan=state.plan), plan=state.plan), *CLOSE
        )
        for state in (CONNECTING, CONNECTED, RETIRING, SWITCHING, MOVED)
    },
    **{(state, PAUSE): _to(Disconnecting(then=PAUSED, plan=ONE)) for state in (LEAVING, FALLING)},
    (REOPENING, PAUSE): _to(Disconnecting(then=Paused(until_utc=UNTIL, plan=TWO), plan=ONE)),
    **{(state, PAUSE): _to(PAUSED) for state in (BLOCKED, UNPROTECTED, PAUSED)},
    (PAUSED, PauseEnded()): _to(Blocked(cause=PAUSE_OVER, plan=ONE)),
    (CONNECTING, UP_1): _to(CONNECTED),
    (CONNECTING, DOWN_1): _to(BLOCKED),
    (CONNECTED, DOWN_1): _to(FALLING, *CLOSE),
    (RETIRING, DOWN_1): _to(FALLING, *CLOSE),
    (SWITCHING, UP_2): _to(MOVED, ConfirmMove(attempt=2)),
    (SWITCHING, DOWN_2): _to(CONNECTED),
    (SWITCHING, DOWN_1): _to(connecting(2)),
    (MOVED, DOWN_2): _to(Disconnecting(then=Blocked(cause=SILENT, plan=TWO), plan=TWO), *CLOSE),
    (MOVED, PathMoved(attempt=2)): _to(_MOVED_ON, CloseTunnel(attempt=1), ExpireRetired(attempt=2)),
    (RETIRING, RetiredExpired(attempt=1)): _to(CONNECTED),
    (LEAVING, TunnelsClosed()): _to(DISCONNECTED),
    (REOPENING, TunnelsClosed()): _to(connecting(2), OpenTunnel(plan=TWO)),
    (FALLING, TunnelsClosed()): _to(BLOCKED),
    (UNPROTECTED, ProtectionRestored()): _to(attrs.evolve(UNPROTECTED, enforced=True)),
    **{
        (state, UNENFORCED): _to(
            Blocked(cause=samples.BROKEN, plan=plan_of(state), enforced=False), *CLOSE
        )
        for state in STATES
    },
}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_step_follows_the_table(state: State, event: Event) -> None:
    assert step(state, event) == TABLE.get((state, event), Transition(state=state))


def test_the_table_of_the_docstring_names_every_kind_of_state_and_event() -> None:
    rows = (machine.__doc__ or "").splitlines()
    named = {word.rstrip(",") for row in rows for word in row.split()}
    kinds = {type(state).__name__ for state, _event in TABLE}
    events = {type(event).__name__ for _state, event in TABLE}

    assert (kinds | events) <= named


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_late_event_of_an_earlier_attempt_changes_nothing(state: State) -> None:
    late: tuple[Event, ...] = (
        TunnelUp(attempt=77, tunnel=tunnel(ONE)),
        TunnelDown(attempt=77, cause=SILENT),
        PathMoved(attempt=77),
        RetiredExpired(attempt=77),
    )

    assert {step(state, event) for event in late} == {Transition(state=state)}


def test_only_connecting_and_switching_open_tunnels() -> None:
    opening = {
        type(transition.state)
        for transition in TABLE.values()
        if any(isinstance(command, OpenTunnel) for command in transition.commands)
    }

    assert opening == {Connecting, Switching}


def test_switching_back_and_forth_keeps_the_tunnel_in_use() -> None:
    away = step(CONNECTED, CONNECT).state
    back = step(away, TunnelDown(attempt=3, cause=SILENT)).state

    assert isinstance(back, Connected)
    assert back == CONNECTED

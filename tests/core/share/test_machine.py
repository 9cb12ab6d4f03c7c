"""The node's machine against its table, every state with every event."""

from __future__ import annotations

import attrs
import pytest

from worldvpn_core.share import machine
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
from worldvpn_core.share.machine import Transition, step
from worldvpn_core.share.plan import ListenerInfo
from worldvpn_core.share.states import Draining, Off, Opening, Serving, ShareState
from worldvpn_core.testing import samples
from worldvpn_core.testing.samples import BROKEN, SILENT, guest, node_link, share_plan
from worldvpn_core.types import Cause

LINK = node_link()
NODE = ListenerInfo(public_key=bytes(32), listen=LINK.listen, addresses=(LINK.listen[0].host,))
ONE, TWO = guest(1), guest(2)

OFF = Off()
FELL = Off(cause=SILENT)
OPENING = Opening(plan=share_plan(), link=LINK, guests=(ONE,))
SERVING = Serving(plan=share_plan(), link=LINK, node=NODE, guests=(ONE,))
DRAINING = Draining(plan=share_plan(), link=LINK, node=NODE, guests=(ONE,), cause=SILENT)
AGAIN = Opening(plan=share_plan(2), link=LINK, guests=(ONE,))
WAITED_FOR = attrs.evolve(DRAINING, then=AGAIN)
CLOSING = attrs.evolve(DRAINING, is_closing=True)
REOPENING = attrs.evolve(CLOSING, then=AGAIN)
STATES: tuple[ShareState, ...] = (
    *(OFF, FELL, OPENING, SERVING, DRAINING, WAITED_FOR, CLOSING, REOPENING),
)

REQUESTED = ShareRequested(plan=share_plan(2), link=LINK, guests=(ONE,))
HELD = ShareHeld(cause=BROKEN)
UP = NodeUp(attempt=1, node=NODE)
DOWN = NodeDown(attempt=1, cause=BROKEN)
UNPROTECTED = NodeUnprotected(cause=BROKEN)
CLOSED = NodeClosed(attempt=1)
OVER = DrainOver(attempt=1)
INVITED = GuestInvited(guest=TWO)
REVOKED = GuestRevoked(public_key=ONE.public_key)
EVENTS: tuple[ShareEvent, ...] = (
    *(REQUESTED, ShareStopped(), HELD, ShareReleased(), UP, DOWN, UNPROTECTED, CLOSED, OVER),
    *(INVITED, REVOKED),
)
CLOSE = CloseNode(attempt=1)


def _to(state: ShareState, *commands: ShareCommand) -> Transition:
    return Transition(state=state, commands=commands)


def _closing(state: ShareState, cause: Cause | None = None) -> Draining:
    node = None if isinstance(state, Opening) else NODE
    closing = Draining(plan=share_plan(), link=LINK, node=node, guests=(ONE,), is_closing=True)
    return attrs.evolve(closing, cause=cause)


_PRESENT = (OPENING, SERVING, DRAINING, WAITED_FOR)
TABLE: dict[tuple[ShareState, ShareEvent], Transition] = {
    **{(state, REQUESTED): _to(AGAIN, OpenNode(plan=share_plan(2))) for state in (OFF, FELL)},
    **{
        (state, REQUESTED): _to(attrs.evolve(state, then=AGAIN))
        for state in (DRAINING, WAITED_FOR, CLOSING, REOPENING)
    },
    **{(state, ShareStopped()): _to(_closing(state), CLOSE) for state in _PRESENT},
    **{(state, ShareStopped()): _to(_closing(state)) for state in (CLOSING, REOPENING)},
    (FELL, ShareStopped()): _to(OFF),
    (OPENING, HELD): _to(_closing(OPENING, cause=BROKEN), CLOSE),
    (SERVING, HELD): _to(attrs.evolve(DRAINING, cause=BROKEN), EndDrain(attempt=1)),
    **{(state, HELD): _to(Off(cause=BROKEN)) for state in (OFF, FELL)},
    **{(state, HELD): _to(_closing(state, cause=BROKEN)) for state in (CLOSING, REOPENING)},
    **{
        (state, ShareReleased()): _to(SERVING, Admit(guest=ONE)) for state in (DRAINING, WAITED_FOR)
    },
    (OPENING, UP): _to(SERVING, Admit(guest=ONE)),
    (OPENING, DOWN): _to(Off(cause=BROKEN)),
    **{
        (state, DOWN): _to(_closing(state, cause=BROKEN), CLOSE)
        for state in (SERVING, DRAINING, WAITED_FOR)
    },
    **{(state, UNPROTECTED): _to(_closing(state, cause=BROKEN), CLOSE) for state in _PRESENT},
    **{(state, UNPROTECTED): _to(_closing(state, cause=BROKEN)) for state in (CLOSING, REOPENING)},
    (DRAINING, OVER): _to(CLOSING, CLOSE),
    (WAITED_FOR, OVER): _to(REOPENING, CLOSE),
    (CLOSING, CLOSED): _to(FELL),
    (REOPENING, CLOSED): _to(AGAIN, OpenNode(plan=share_plan(2))),
    (SERVING, INVITED): _to(attrs.evolve(SERVING, guests=(ONE, TWO)), Admit(guest=TWO)),
    (OPENING, REVOKED): _to(attrs.evolve(OPENING, guests=())),
    **{
        (state, INVITED): _to(attrs.evolve(state, guests=(ONE, TWO)))
        for state in (OPENING, DRAINING, WAITED_FOR, CLOSING, REOPENING)
    },
    **{
        (state, REVOKED): _to(attrs.evolve(state, guests=()), Dismiss(public_key=ONE.public_key))
        for state in (SERVING, DRAINING, WAITED_FOR, CLOSING, REOPENING)
    },
}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_step_follows_the_table(state: ShareState, event: ShareEvent) -> None:
    assert step(state, event) == TABLE.get((state, event), Transition(state=state))


def test_the_table_of_the_docstring_names_every_kind_of_state_and_event() -> None:
    rows = (machine.__doc__ or "").splitlines()
    named = {word.rstrip(",") for row in rows for word in row.split()}
    kinds = {type(state).__name__ for state, _event in TABLE}
    events = {type(event).__name__ for _state, event in TABLE}

    assert (kinds | events) <= named


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_late_event_of_an_earlier_attempt_changes_nothing(state: ShareState) -> None:
    late: tuple[ShareEvent, ...] = (
        NodeUp(attempt=77, node=NODE),
        NodeDown(attempt=77, cause=BROKEN),
        NodeClosed(attempt=77),
        DrainOver(attempt=77),
    )

    assert {step(state, event) for event in late} == {Transition(state=state)}


def test_only_opening_has_a_node_opened_and_only_serving_lets_anyone_in() -> None:
    for transition in TABLE.values():
        for command in transition.commands:
            assert not isinstance(command, OpenNode) or isinstance(transition.state, Opening)
            assert not isinstance(command, Admit) or isinstance(transition.state, Serving)


def test_a_node_that_is_full_takes_no_further_guest() -> None:
    full = attrs.evolve(SERVING, guests=(ONE, TWO))

    assert step(full, GuestInvited(guest=guest(3))) == Transition(state=full)


def test_a_guest_whose_key_is_known_is_replaced() -> None:
    moved = attrs.evolve(ONE, addresses=TWO.addresses)

    assert step(SERVING, GuestInvited(guest=moved)) == _to(
        attrs.evolve(SERVING, guests=(moved,)), Admit(guest=moved)
    )


def test_samples_hold_every_kind_of_state() -> None:
    assert {type(state) for state in samples.share_states()} == {Off, Opening, Serving, Draining}

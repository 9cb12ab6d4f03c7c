"""A ticket lets in whom it names, where it says, as long as it lasts, and for its cap once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.credit.admission import Admitted, Asked, Counted, Refusal, admit
from worldvpn_core.credit.ticket import Ticket

MIB = 1_048_576
TICKET = Ticket(
    session=UUID(int=1),
    node=UUID(int=2),
    guest_x25519=b"g" * 32,
    node_x25519=b"n" * 32,
    guest_ed25519=b"G" * 32,
    node_ed25519=b"N" * 32,
    cap_bytes=50 * MIB,
    price_ticks=5,
    float_bytes=4 * MIB,
    not_before_s=1_000,
    not_after_s=2_000,
    key_id=bytes(16),
)
ASKED = Asked(
    node=UUID(int=2),
    node_x25519=b"n" * 32,
    node_ed25519=b"N" * 32,
    guest_x25519=b"g" * 32,
    now_s=1_500,
)


def admitted(ticket: Ticket, counted: Counted | None = None) -> Admitted:
    """Let ``ticket`` in, which must work."""
    answer = admit(ticket, ASKED, counted)
    assert isinstance(answer, Admitted)
    return answer


def carried(ticket: Ticket, bytes_: int) -> Counted:
    """Return what is kept once ``bytes_`` went through on ``ticket``."""
    return attrs.evolve(admitted(ticket).counted, carried_bytes=bytes_)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"node": UUID(int=3)}, Refusal.ANOTHER_NODE),
        ({"node_x25519": b"x" * 32}, Refusal.ANOTHER_KEY),
        ({"node_ed25519": b"x" * 32}, Refusal.ANOTHER_KEY),
        ({"guest_x25519": b"x" * 32}, Refusal.ANOTHER_KEY),
        ({"now_s": 999}, Refusal.NOT_YET),
        ({"now_s": 2_000}, Refusal.EXPIRED),
    ],
)
def test_ticket_is_good_at_its_node_with_its_keys_in_its_time(
    changes: dict[str, Any], refusal: Refusal
) -> None:
    asked = attrs.evolve(ASKED, **changes)

    assert admitted(TICKET).left_bytes == TICKET.cap_bytes
    assert admit(TICKET, asked, None) is refusal


@given(st.integers(min_value=0, max_value=100 * MIB))
def test_restart_never_grants_the_cap_again(carried_bytes: int) -> None:
    counted = carried(TICKET, carried_bytes)

    answer = admit(TICKET, ASKED, counted)

    left_bytes = answer.left_bytes if isinstance(answer, Admitted) else 0
    assert left_bytes == max(0, TICKET.cap_bytes - carried_bytes)
    assert isinstance(answer, Admitted) == (carried_bytes < TICKET.cap_bytes)


def test_top_up_raises_the_cap_and_what_was_carried_stays_counted() -> None:
    counted = carried(TICKET, 40 * MIB)
    higher = attrs.evolve(TICKET, cap_bytes=90 * MIB, previous=TICKET.hash())

    answer = admitted(higher, counted)

    assert answer.left_bytes == 50 * MIB
    assert admit(TICKET, ASKED, answer.counted) is Refusal.SUPERSEDED


def test_top_up_of_what_was_never_counted_is_refused() -> None:
    higher = attrs.evolve(TICKET, cap_bytes=90 * MIB, previous=TICKET.hash())

    assert admit(higher, ASKED, None) is Refusal.UNCOUNTED


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"previous": b"p" * 32, "cap_bytes": 90 * MIB}, Refusal.SUPERSEDED),
        ({"previous": TICKET.hash(), "cap_bytes": 10 * MIB}, Refusal.SUPERSEDED),
        ({"guest_ed25519": b"x" * 32, "previous": TICKET.hash()}, Refusal.ANOTHER_KEY),
    ],
    ids=["another chain", "a lower cap", "another signer"],
)
def test_ticket_that_does_not_go_on_from_the_last_is_refused(
    changes: dict[str, Any], refusal: Refusal
) -> None:
    assert admit(attrs.evolve(TICKET, **changes), ASKED, carried(TICKET, 1)) is refusal


def test_counts_of_another_session_are_a_mistake_of_the_caller() -> None:
    counted = attrs.evolve(carried(TICKET, 1), session=UUID(int=9))

    with pytest.raises(ValueError, match="counted is of session"):
        admit(TICKET, ASKED, counted)

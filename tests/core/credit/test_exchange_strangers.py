"""Receipts that are none for this claim: nothing is signed or believed, the stream ends."""

from __future__ import annotations

import attrs
import pytest

from tests.core.credit.ends import (
    GUEST_KEY,
    NODE_KEY,
    TICKET,
    Pair,
    carried,
    guest,
    running,
)
from worldvpn_core.credit.frames import Answer, Claim, Welcome, written
from worldvpn_core.credit.node_state import NodeEnd
from worldvpn_core.credit.receipt import Receipt, Role, read_receipt
from worldvpn_core.credit.units import MEBIBYTE

FORGED = Receipt(
    role=Role.GUEST, ticket=TICKET.hash(), sequence=1, up_bytes=0, down_bytes=0, elapsed_ms=0
)


def claimed() -> Pair:
    """Return a pair whose node waits for the answer to its first claim."""
    pair = running()
    pair.carries(0, MEBIBYTE)
    pair.passes(1)
    return pair


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(FORGED.sign(NODE_KEY), id="another key"),
        pytest.param(attrs.evolve(FORGED, role=Role.NODE).sign(GUEST_KEY), id="another role"),
        pytest.param(attrs.evolve(FORGED, sequence=2).sign(GUEST_KEY), id="another number"),
        pytest.param(attrs.evolve(FORGED, ticket=bytes(31) + b"1").sign(GUEST_KEY), id="ticket"),
        pytest.param(attrs.evolve(FORGED, previous=bytes(31) + b"1").sign(GUEST_KEY), id="chain"),
        pytest.param(attrs.evolve(FORGED, up_bytes=1).sign(GUEST_KEY), id="more than claimed"),
    ],
)
def test_node_hangs_up_on_an_answer_that_is_none(answer: bytes) -> None:
    pair = claimed()
    pair.node.reads(written(Answer(answer)))
    assert pair.node.hung
    assert isinstance(pair.node.end, NodeEnd)
    assert not pair.node.end.is_answered


def test_answer_that_comes_twice_is_taken_once() -> None:
    pair = running()
    carried(pair, 0, MEBIBYTE)
    pair.node.reads(written(Answer(pair.guest.signed[-1])))
    assert not pair.node.hung


def test_answer_that_nobody_asked_for_ends_the_stream() -> None:
    pair = running()
    pair.node.reads(written(Answer(FORGED.sign(GUEST_KEY))))
    assert pair.node.hung


def test_claim_that_goes_back_is_not_answered() -> None:
    pair = running()
    carried(pair, 0, MEBIBYTE)
    first = read_receipt(pair.node.signed[-1])
    back = attrs.evolve(first, sequence=2, previous=first.hash(), down_bytes=5)
    pair.guest.reads(written(Claim(back.sign(NODE_KEY))))
    assert pair.guest.hung
    assert len(pair.guest.signed) == 1


@pytest.mark.parametrize("role", list(Role))
def test_receipt_that_does_not_name_the_one_before_is_refused(role: Role) -> None:
    pair = running()
    carried(pair, 0, MEBIBYTE)
    side, other = (pair.node, pair.guest) if role is Role.NODE else (pair.guest, pair.node)
    first = read_receipt(side.signed[-1])
    pair.carries(0, MEBIBYTE)
    pair.node.counts()
    pair.node.outbox.clear()
    wrong = attrs.evolve(first, sequence=2, previous=bytes(31) + b"1").sign(side.key)
    other.reads(written(Claim(wrong) if role is Role.NODE else Answer(wrong)))
    assert other.hung
    assert other.disk.kept is not None
    assert other.disk.kept.other == side.signed[0]


def test_claim_before_the_greeting_ends_the_stream() -> None:
    alone = guest()
    alone.opens()
    alone.reads(written(Claim(attrs.evolve(FORGED, role=Role.NODE).sign(NODE_KEY))))
    assert (alone.hung, alone.signed) == (True, [])


def test_second_greeting_ends_the_stream() -> None:
    pair = running()
    pair.guest.reads(written(Welcome()))
    assert pair.guest.hung

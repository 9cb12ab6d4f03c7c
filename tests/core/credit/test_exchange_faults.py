"""Ends that are killed, lose their disk, or answer on another stream than they were asked on."""

from __future__ import annotations

import pytest

from tests.core.credit.ends import (
    FLOAT_BYTES,
    Disk,
    Pair,
    Side,
    carried,
    node,
    running,
    said,
)
from worldvpn_core.credit.exchange import Finish
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import Reason
from worldvpn_core.credit.node_state import CLAIM_MS, NodeEnd
from worldvpn_core.credit.receipt import read_receipt
from worldvpn_core.credit.units import MEBIBYTE


def test_answer_lost_with_the_stream_comes_with_the_next_greeting() -> None:
    pair = running()
    pair.carries(0, MEBIBYTE)
    pair.passes(1)
    pair.guest.reads(pair.node.outbox.pop())
    assert said(pair.guest).down_bytes == MEBIBYTE
    pair.closes()
    pair.opens()
    pair.delivers()
    assert isinstance(pair.node.end, NodeEnd)
    assert pair.node.end.is_answered
    assert len(pair.guest.signed) == 1


@pytest.mark.parametrize("left", [0, 1, 2])
@pytest.mark.parametrize("who", ["node", "guest"])
def test_end_killed_at_any_step_goes_on_and_signs_no_number_twice(who: str, left: int) -> None:
    pair = running()
    carried(pair, 0, 2 * MEBIBYTE)
    side: Side = getattr(pair, who)
    side.disk.left = left
    pair.carries(0, MEBIBYTE)
    pair.passes(CLAIM_MS)
    pair.delivers()
    assert side.is_dead
    side.start()
    pair.opens()
    pair.delivers()
    carried(pair, 0, 2 * MEBIBYTE)
    assert said(pair.guest).down_bytes == said(pair.node).down_bytes
    numbers = [read_receipt(each).sequence for each in side.signed]
    assert numbers == list(range(1, len(numbers) + 1))


def test_node_killed_with_a_claim_unanswered_carries_nothing_until_it_is() -> None:
    pair = running()
    pair.closes()
    for _ in range(4):
        pair.carries(0, MEBIBYTE)
        pair.passes(1)
    pair.node.start()
    pair.node.counts()
    assert pair.node.allowed_bytes == 0
    pair.opens()
    pair.delivers()
    assert pair.node.allowed_bytes == pair.node.true.total_bytes + FLOAT_BYTES


def test_node_killed_as_counts_began_to_differ_carries_no_more_when_it_is_back() -> None:
    pair = running()
    pair.guest.says = lambda _true: Figures()
    carried(pair, 0, MEBIBYTE)
    pair.carries(0, MEBIBYTE)
    pair.passes(1)
    pair.guest.reads(pair.node.outbox.pop())
    # After the answer is written, and before it is looked at.
    pair.node.disk.left = 1
    pair.delivers()
    assert (pair.node.is_dead, pair.node.stopped) == (True, None)
    pair.node.start()
    pair.node.counts()
    assert pair.node.stopped is Reason.COUNTS_DIFFER


def test_claim_sent_on_two_streams_is_answered_on_the_second() -> None:
    pair = running()
    pair.guest.disk.is_slow = True
    pair.carries(0, MEBIBYTE)
    pair.passes(1)
    pair.delivers()
    pair.opens()
    pair.guest.stores()
    pair.delivers()
    assert isinstance(pair.node.end, NodeEnd)
    assert (pair.node.end.is_answered, pair.is_open) == (True, True)
    assert len(pair.guest.signed) == 1


def test_claim_that_comes_again_while_its_answer_is_stored_is_answered_once() -> None:
    pair = running()
    pair.guest.disk.is_slow = True
    pair.carries(0, MEBIBYTE)
    pair.passes(1)
    pair.delivers()
    pair.opens()
    pair.delivers()
    pair.guest.stores()
    pair.delivers()
    assert isinstance(pair.node.end, NodeEnd)
    assert (pair.node.end.is_answered, pair.is_open) == (True, True)


def test_full_disk_signs_nothing_and_is_tried_again() -> None:
    pair = running()
    pair.guest.disk.is_full = True
    pair.carries(0, MEBIBYTE)
    pair.passes(1)
    pair.delivers()
    assert pair.guest.signed == []
    pair.guest.disk.is_full = False
    pair.opens()
    pair.delivers()
    assert said(pair.guest).down_bytes == MEBIBYTE


def test_node_with_a_full_disk_claims_later_and_carries_no_more_than_a_float() -> None:
    pair = running()
    pair.node.disk.is_full = True
    for _ in range(10):
        pair.carries(0, MEBIBYTE)
        pair.passes(1_000)
    assert (pair.node.signed, pair.node.true.total_bytes) == ([], FLOAT_BYTES)
    pair.node.disk.is_full = False
    pair.opens()
    pair.passes(1)
    pair.delivers()
    assert said(pair.guest).down_bytes == FLOAT_BYTES


def test_guest_that_lost_what_it_kept_signs_no_more() -> None:
    pair = running()
    carried(pair, 0, 2 * MEBIBYTE)
    pair.guest.disk.kept = None
    signed = tuple(pair.guest.signed)
    pair.guest.start()
    pair.opens()
    pair.delivers()
    carried(pair, 0, MEBIBYTE)
    assert pair.guest.stopped is Reason.OUT_OF_STEP
    pair.guest.hears(Finish(now_ms=pair.guest.now_ms))
    assert (tuple(pair.guest.signed), pair.guest.words) == (signed, [None])


def test_guest_leaves_a_node_that_begins_again() -> None:
    pair = running()
    carried(pair, 0, 2 * MEBIBYTE)
    fresh = Pair(node=node(Disk()), guest=pair.guest)
    fresh.passes(0)
    fresh.opens()
    fresh.delivers()
    assert (fresh.node.stopped, fresh.guest.stopped) == (Reason.OUT_OF_STEP, Reason.OUT_OF_STEP)
    assert fresh.node.signed == []

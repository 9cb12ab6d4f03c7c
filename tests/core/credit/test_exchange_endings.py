"""How a session ends: by goodbye, by counts that differ, by silence."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.credit.ends import (
    FLOAT_BYTES,
    Pair,
    carried,
    guest,
    running,
    said,
)
from tests.core.credit.server_pays import paid_bytes
from worldvpn_core.credit import guest_end
from worldvpn_core.credit.exchange import Finish, counts_differ
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import Reason
from worldvpn_core.credit.node_state import FINISH_MS, UNANSWERED_MS
from worldvpn_core.credit.receipt import read_receipt
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.settlement.figures import Said, Word, agree


def test_guest_that_answers_nothing_is_sent_away_once_its_float_is_used() -> None:
    pair = running()
    pair.closes()
    for _ in range(5):
        pair.carries(0, MEBIBYTE)
        pair.passes(1)
    pair.passes(UNANSWERED_MS - 5)
    assert pair.node.stopped is None
    pair.passes(1)
    assert pair.node.stopped is Reason.UNANSWERED


def test_idle_guest_that_sleeps_for_hours_is_kept() -> None:
    pair = running()
    pair.carries(0, MEBIBYTE)
    pair.closes()
    for _ in range(60):
        pair.passes(60_000)
    assert pair.node.stopped is None
    pair.opens()
    pair.delivers()
    assert said(pair.guest) == pair.node.true


def test_counts_that_differ_end_it_at_both_ends() -> None:
    pair = running()
    pair.guest.says = lambda true: attrs.evolve(true, down_bytes=true.down_bytes // 2)
    for _ in range(20):
        pair.carries(0, MEBIBYTE)
        pair.passes(1_000)
        pair.delivers()
    assert pair.node.stopped is Reason.COUNTS_DIFFER
    assert pair.guest.stopped is Reason.COUNTS_DIFFER
    assert pair.node.true.total_bytes <= 8 * MEBIBYTE


def test_guest_that_leaves_has_the_rest_claimed_and_says_its_last_word() -> None:
    pair = running()
    pair.carries(100, 200)
    pair.passes(1)
    pair.guest.hears(Finish(now_ms=pair.guest.now_ms))
    pair.delivers()
    assert said(pair.guest) == pair.node.true
    assert pair.node.stopped is Reason.LEFT
    pair.guest.counts()
    assert pair.guest.words == [pair.guest.signed[-1]]


def test_guest_that_leaves_a_node_out_of_reach_says_what_it_has_counted() -> None:
    pair = running()
    carried(pair, 0, MEBIBYTE)
    pair.closes()
    pair.carries(7, 11)
    pair.passes(1)
    pair.guest.hears(Finish(now_ms=pair.guest.now_ms))
    (word,) = pair.guest.words
    assert word == pair.guest.signed[-1]
    assert Figures.of(read_receipt(word)) == pair.guest.true == pair.node.true


def test_guest_that_says_its_last_word_opens_no_stream_any_more() -> None:
    pair = Pair()
    pair.guest.disk.is_slow = True
    pair.passes(0)
    pair.guest.hears(Finish(now_ms=0))
    pair.opens()
    assert (pair.guest.hung, pair.guest.outbox) == (True, [])
    pair.guest.stores()
    assert pair.guest.words == [pair.guest.signed[-1]]


def test_guest_says_no_more_than_was_claimed_where_the_node_has_said_its_last() -> None:
    pair = running()
    pair.carries(100, 200)
    pair.guest.true = attrs.evolve(pair.guest.true, up_bytes=160)
    pair.passes(1)
    pair.guest.hears(Finish(now_ms=pair.guest.now_ms))
    pair.delivers()
    pair.guest.counts()
    assert [Figures.of(read_receipt(word or b"")) for word in pair.guest.words] == [pair.node.true]


def test_guest_that_leaves_a_silent_node_waits_two_seconds() -> None:
    pair = running()
    pair.guest.hears(Finish(now_ms=pair.guest.now_ms))
    pair.passes(guest_end.FINISH_MS - 1)
    assert pair.guest.words == []
    pair.passes(1)
    assert len(pair.guest.words) == 1


def test_guest_of_whom_nothing_was_claimed_frees_its_hold_with_nothing() -> None:
    alone = guest()
    alone.hears(Finish(now_ms=0))
    (word,) = alone.words
    assert word is not None
    assert (read_receipt(word).sequence, read_receipt(word).up_bytes) == (1, 0)


def test_node_that_stops_claims_the_rest_first() -> None:
    pair = running()
    pair.carries(0, 100)
    pair.passes(1)
    pair.node.hears(Finish(now_ms=pair.node.now_ms))
    pair.delivers()
    assert said(pair.guest) == pair.node.true
    assert (pair.node.stopped, pair.guest.stopped) == (Reason.LEFT, Reason.LEFT)


def test_node_whose_guest_is_out_of_reach_claims_the_rest_for_the_server_alone() -> None:
    pair = running()
    pair.closes()
    pair.carries(0, MEBIBYTE)
    pair.passes(1)
    pair.carries(0, MEBIBYTE)
    pair.passes(1)
    pair.guest.hears(Finish(now_ms=pair.guest.now_ms))
    pair.node.hears(Finish(now_ms=pair.node.now_ms))
    pair.passes(FINISH_MS)
    assert pair.node.stopped is Reason.LEFT
    assert said(pair.node) == said(pair.guest) == pair.node.true
    assert paid_bytes(pair, is_past=False) == pair.node.true.total_bytes


def test_guest_that_answered_nothing_is_sent_away_with_all_of_it_claimed() -> None:
    pair = running()
    pair.closes()
    for _ in range(FLOAT_BYTES // MEBIBYTE):
        pair.carries(0, MEBIBYTE)
        pair.passes(1)
    pair.passes(UNANSWERED_MS)
    assert pair.node.stopped is Reason.UNANSWERED
    assert said(pair.node) == pair.node.true


def test_node_whose_disk_is_full_ends_without_its_last_claim() -> None:
    pair = running()
    pair.closes()
    pair.carries(0, MEBIBYTE)
    pair.passes(1)
    claimed = said(pair.node)
    pair.carries(0, MEBIBYTE)
    pair.node.disk.is_full = True
    pair.node.hears(Finish(now_ms=pair.node.now_ms))
    pair.passes(FINISH_MS)
    pair.passes(1)
    assert pair.node.stopped is Reason.LEFT
    assert said(pair.node) == claimed


def test_node_that_stops_waits_five_seconds_for_the_answer() -> None:
    pair = running()
    pair.closes()
    pair.carries(0, 100)
    pair.passes(1)
    pair.node.hears(Finish(now_ms=pair.node.now_ms))
    pair.passes(FINISH_MS)
    assert pair.node.stopped is Reason.LEFT


@pytest.mark.parametrize(
    ("claimed_bytes", "counted_bytes", "differ"),
    [
        (MEBIBYTE, 0, False),
        (2 * MEBIBYTE, 0, True),
        (100 * MEBIBYTE, 94 * MEBIBYTE, False),
        (100 * MEBIBYTE, 94 * MEBIBYTE - 1, True),
        (94 * MEBIBYTE - 1, 100 * MEBIBYTE, True),
    ],
)
def test_counts_differ_by_a_twentieth_and_a_mebibyte(
    claimed_bytes: int, counted_bytes: int, *, differ: bool
) -> None:
    assert counts_differ(claimed_bytes, counted_bytes) is differ


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_counts_differ_here_where_they_do_not_agree_at_the_server(one: int, other: int) -> None:
    words = [Word.of(each, 0, 0) for each in (one, other)]
    assert counts_differ(one, other) is not agree(Said(node=words[0], guest=words[1]))

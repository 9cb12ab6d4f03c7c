"""Two honest ends: every byte is claimed once and answered once."""

from __future__ import annotations

import attrs

from tests.core.credit.ends import (
    FLOAT_BYTES,
    TICKET,
    Pair,
    carried,
    running,
    said,
)
from worldvpn_core.credit import guest_end, node_end
from worldvpn_core.credit.exchange import Allow, Counted
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.guest_end import GuestEnd
from worldvpn_core.credit.node_state import CLAIM_MS, NodeEnd
from worldvpn_core.credit.receipt import read_receipt
from worldvpn_core.credit.units import MEBIBYTE


def test_nothing_carried_is_nothing_said() -> None:
    pair = running()
    pair.passes(10 * CLAIM_MS)
    pair.delivers()
    assert (pair.node.signed, pair.guest.signed) == ([], [])


def test_both_sign_every_byte_in_both_directions() -> None:
    pair = running()
    carried(pair, 0, 20 * MEBIBYTE + 7)
    pair.carries(3 * MEBIBYTE + 1, 0)
    pair.passes(CLAIM_MS)
    pair.delivers()
    assert said(pair.node) == pair.node.true
    assert said(pair.guest) == pair.guest.true
    assert pair.node.true == Figures(up_bytes=3 * MEBIBYTE + 1, down_bytes=20 * MEBIBYTE + 7)


def test_few_bytes_are_claimed_after_ten_seconds_and_not_before() -> None:
    pair = running()
    pair.carries(0, 1)
    pair.passes(CLAIM_MS - 1)
    assert pair.node.signed == []
    pair.passes(1)
    assert len(pair.node.signed) == 1


def test_quarter_of_the_float_is_claimed_at_once() -> None:
    pair = running()
    pair.carries(0, FLOAT_BYTES // 4)
    pair.passes(1)
    assert len(pair.node.signed) == 1


def test_guest_that_is_away_gets_one_float_and_no_more() -> None:
    pair = running()
    pair.closes()
    for _ in range(100):
        pair.carries(0, MEBIBYTE)
        pair.passes(100)
    assert pair.node.true.total_bytes == FLOAT_BYTES
    assert len(pair.node.signed) == 1


def test_guest_that_comes_back_answers_and_is_carried_on() -> None:
    pair = running()
    pair.closes()
    for _ in range(10):
        pair.carries(0, MEBIBYTE)
        pair.passes(100)
    pair.opens()
    pair.delivers()
    carried(pair, 0, 10 * MEBIBYTE)
    assert said(pair.guest) == pair.node.true == said(pair.node)


def test_opening_streams_anew_grants_nothing() -> None:
    pair = running()
    for _ in range(50):
        pair.carries(0, MEBIBYTE)
        pair.node.now_ms += 100
        pair.node.counts()
        pair.node.opens()
    assert pair.node.true.total_bytes == FLOAT_BYTES


def test_float_grows_to_64_mebibytes_with_good_minutes() -> None:
    pair = running()
    for _ in range(700):
        pair.carries(0, MEBIBYTE)
        pair.passes(1_000)
        pair.delivers()
    assert isinstance(pair.node.end, NodeEnd)
    assert pair.node.end.float.size_bytes == 64 * MEBIBYTE


def test_no_more_is_carried_than_the_ticket_grants_until_the_next() -> None:
    small = attrs.evolve(TICKET, cap_bytes=3 * MEBIBYTE)
    more = attrs.evolve(TICKET, cap_bytes=5 * MEBIBYTE, previous=small.hash())
    pair = Pair()
    for side in (pair.node, pair.guest):
        side.ticket = small
        side.start()
    pair.passes(0)
    pair.opens()
    pair.delivers()
    for _ in range(10):
        pair.carries(MEBIBYTE, 0)
        pair.passes(1_000)
        pair.delivers()
    assert said(pair.guest).total_bytes == 3 * MEBIBYTE
    assert isinstance(pair.node.end, NodeEnd)
    pair.node.end, actions = node_end.renewed(pair.node.end, more, pair.node.now_ms)
    assert actions == (Allow(5 * MEBIBYTE),)
    # The node knows of it first: the guest still names the ticket that it has.
    pair.node.allowed_bytes = 5 * MEBIBYTE
    carried(pair, MEBIBYTE, 0)
    assert isinstance(pair.guest.end, GuestEnd)
    pair.guest.end = guest_end.renewed(pair.guest.end, more)
    carried(pair, MEBIBYTE, 0)
    tickets = [read_receipt(each).ticket for each in pair.guest.signed]
    assert tickets[-2:] == [small.hash(), more.hash()]
    assert said(pair.guest).total_bytes == 5 * MEBIBYTE


def test_guest_counts_afresh_before_it_signs() -> None:
    pair = running()
    pair.carries(0, MEBIBYTE)
    pair.node.counts()
    pair.delivers()
    assert said(pair.guest).down_bytes == MEBIBYTE


def test_guest_signs_its_own_count_in_each_direction_where_that_is_less() -> None:
    pair = running()
    pair.guest.says = lambda true: attrs.evolve(true, up_bytes=true.up_bytes - 1_000)
    pair.carries(MEBIBYTE, MEBIBYTE)
    pair.passes(CLAIM_MS)
    pair.delivers()
    assert said(pair.guest) == Figures(up_bytes=MEBIBYTE - 1_000, down_bytes=MEBIBYTE)


def test_three_percent_lost_on_the_way_throttle_nobody() -> None:
    pair = running()
    pair.guest.says = lambda true: attrs.evolve(true, down_bytes=true.down_bytes * 97 // 100)
    carried(pair, 0, 300 * MEBIBYTE)
    assert pair.node.stopped is None
    assert said(pair.guest).down_bytes == 300 * MEBIBYTE * 97 // 100


def test_late_count_never_takes_anything_back() -> None:
    pair = running()
    carried(pair, 0, 2 * MEBIBYTE)
    pair.node.hears(Counted(now_ms=pair.node.now_ms + CLAIM_MS, figures=Figures()))
    carried(pair, 0, MEBIBYTE)
    assert said(pair.node) == pair.node.true

"""What is due depends on what was said, and on nothing else."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.ledger.values import Held
from worldvpn_server.settlement.figures import (
    MOST,
    Said,
    Terms,
    Word,
    agree,
    billable_bytes,
    open_bytes,
)
from worldvpn_server.settlement.shares import earned, spent

OPENED = datetime(2027, 1, 4, 12, tzinfo=UTC)
EXPIRES = OPENED + timedelta(hours=4)

amounts = st.integers(0, 3 * MEBIBYTE) | st.integers(0, 2**64 - 1)
words = st.builds(Word.of, amounts, amounts, st.integers(0, 60_000) | st.integers(0, 2**64 - 1))
sayings = st.builds(
    Said,
    node=st.none() | words,
    guest=st.none() | words,
    final=st.booleans(),
    node_final=st.booleans(),
)
terms = st.builds(
    Terms,
    cap_bytes=st.integers(0, 4 * MEBIBYTE),
    rate_bps=st.integers(1, 10**10),
    opened_at=st.just(OPENED),
    expires_at=st.just(EXPIRES),
    compat=st.booleans(),
)
times = st.timedeltas(timedelta(0), timedelta(days=8)).map(lambda passed: OPENED + passed)


@given(terms, st.lists(sayings, min_size=1, max_size=4), times)
def test_neither_order_nor_repetition_changes_what_is_due(
    terms: Terms, said: list[Said], now: datetime
) -> None:
    due = set()
    for order in itertools.permutations(said):
        known = Said()
        for each in (*order, order[0]):
            known = known.joined(each)
        due.add((billable_bytes(terms, known, now), open_bytes(terms, known, now)))

    assert len(due) == 1


@given(terms, st.lists(sayings, min_size=1, max_size=5), st.lists(times, max_size=5))
def test_settling_as_it_comes_ends_where_settling_at_the_end_does_while_both_ends_speak(
    terms: Terms, said: list[Said], stops: list[datetime]
) -> None:
    # What stood alone because the other end was away for a day is not taken back.
    end = EXPIRES + timedelta(hours=1)
    settled, known = 0, Said()
    for each, now in zip(said, sorted([*stops, *[end] * len(said)]), strict=False):
        known = known.joined(each)
        settled = max(settled, billable_bytes(terms, known, min(now, end)))
    for each in said:
        known = known.joined(each)
    settled = max(settled, billable_bytes(terms, known, end))

    assert settled == billable_bytes(terms, known, end)


@given(terms, sayings, sayings, times, times)
def test_what_is_due_never_shrinks_while_receipts_come_in_time(
    terms: Terms, one: Said, more: Said, now: datetime, later: datetime
) -> None:
    end = EXPIRES + timedelta(hours=23)
    early, late = sorted((min(now, end), min(later, end)))

    assert billable_bytes(terms, one, early) <= billable_bytes(terms, one.joined(more), late)


@given(terms, sayings, times)
def test_what_is_due_is_within_the_cap_each_word_and_the_rate_of_the_node(
    terms: Terms, said: Said, now: datetime
) -> None:
    due = billable_bytes(terms, said, now)
    wall_s = (min(now, EXPIRES) - OPENED).total_seconds()

    assert 0 <= due <= open_bytes(terms, said, now) <= max(due, terms.cap_bytes)
    assert due <= 2 * terms.rate_bps * wall_s / 8
    spoken = [said.node] if terms.compat else [each for each in (said.node, said.guest) if each]
    assert due <= min((each.total_bytes for each in spoken if each), default=0)


@given(terms, words, times)
def test_a_node_alone_is_paid_nothing_by_a_guest_that_signs(
    terms: Terms, word: Word, now: datetime
) -> None:
    due = billable_bytes(terms, Said(node=word), now)

    assert due == 0 or terms.compat


@given(st.integers(0, 2**80), st.integers(0, 2**80))
def test_figures_stay_within_the_integers_of_the_database(up: int, down: int) -> None:
    assert Word.of(up, down, up).total_bytes <= 2 * MOST < 2**63


def test_counts_agree_within_a_twentieth_and_a_mebibyte() -> None:
    base = Word.of(100 * MEBIBYTE, 0, 1)

    assert agree(Said(node=base, guest=Word.of(106 * MEBIBYTE, 0, 1)))
    assert not agree(Said(node=base, guest=Word.of(107 * MEBIBYTE, 0, 1)))
    assert not agree(Said(node=base))


@given(
    st.integers(0, 1000),
    st.integers(0, 1000),
    st.integers(0, 300),
    st.lists(st.integers(0, 50), max_size=8),
)
def test_slices_of_a_session_earn_what_the_whole_does(
    promo: int, available: int, subsidised: int, slices: list[int]
) -> None:
    held = Held(promo_ticks=promo, available_ticks=available + 2000)
    total, settled, left = earned(spent(held, 0), 0), 0, held
    for each in slices:
        paid = spent(left, 5 * each)
        inside = min(settled + each, subsidised) - min(settled, subsidised)
        total += earned(paid, inside)
        settled += each
        left = Held(
            promo_ticks=left.promo_ticks - paid.promo_ticks,
            available_ticks=left.available_ticks - paid.available_ticks,
        )

    assert total == earned(spent(held, 5 * settled), min(settled, subsidised))
    assert total.clearing_ticks == 5 * settled

"""What tunnels have shown of a node: smoothed, counted against it, and forgotten in time."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from worldvpn_core.central.tried import (
    KEPT_S,
    MOST_LATENCY_US,
    MOST_TRIED,
    Tried,
    answered,
    failed,
    kept,
    measured,
)

_NODE: Final = str(UUID(int=1))
_NOW_S: Final = 1_800_000_000
_DAY_S: Final = 86_400
_NEW: Final = Tried(node_id=_NODE, tried_s=_NOW_S)

latencies = st.integers(0, MOST_LATENCY_US)
ages = st.integers(-2 * KEPT_S, 2 * KEPT_S)
nodes = st.builds(
    Tried,
    node_id=st.integers(1, 2_000).map(lambda number: str(UUID(int=number))),
    tried_s=ages.map(lambda age_s: _NOW_S - age_s),
    failing_percent=st.integers(0, 100),
    latency_us=st.none() | latencies,
    measured_s=ages.map(lambda age_s: _NOW_S - age_s),
)


def _latency_us(tried: Tried, now_s: int = _NOW_S) -> int | None:
    found = measured(tried, now_s)
    return None if found is None else found.latency_us


def _failing_percent(tried: Tried, now_s: int = _NOW_S) -> int:
    found = measured(tried, now_s)
    return 0 if found is None else found.failing_percent


def test_node_that_was_never_tried_counts_for_nothing() -> None:
    assert measured(_NEW, _NOW_S) is None


@given(latencies)
def test_first_measurement_is_taken_as_it_is(latency_us: int) -> None:
    assert _latency_us(answered(_NEW, latency_us, _NOW_S)) == latency_us


@given(nodes, latencies)
def test_smoothed_latency_lies_between_what_it_was_and_what_was_measured(
    before: Tried, latency_us: int
) -> None:
    was_us = _latency_us(before)
    now_us = _latency_us(answered(before, latency_us, _NOW_S))

    ends_us = (latency_us if was_us is None else was_us, latency_us)
    assert now_us is not None
    assert min(ends_us) <= now_us <= max(ends_us)


@given(latencies, latencies, ages, ages)
def test_newest_counts_the_more_the_older_the_one_before_is(
    was_us: int, latency_us: int, one_s: int, other_s: int
) -> None:
    sooner_s, later_s = sorted((abs(one_s), abs(other_s)))
    before = answered(_NEW, was_us, _NOW_S)

    sooner = _latency_us(answered(before, latency_us, _NOW_S + sooner_s), _NOW_S + sooner_s)
    later = _latency_us(answered(before, latency_us, _NOW_S + later_s), _NOW_S + later_s)

    assert sooner is not None
    assert later is not None
    assert abs(latency_us - later) <= abs(latency_us - sooner)


def test_what_was_measured_a_day_ago_counts_half_of_what_it_did() -> None:
    before = answered(_NEW, 100_000, _NOW_S)

    assert _latency_us(answered(before, 20_000, _NOW_S)) == 76_000
    assert _latency_us(answered(before, 20_000, _NOW_S + _DAY_S), _NOW_S + _DAY_S) == 48_000


def test_measurements_that_stay_the_same_are_reached_from_anywhere() -> None:
    tried = answered(_NEW, 900_000, _NOW_S)
    for _ in range(50):
        tried = answered(tried, 20_000, _NOW_S)

    assert _latency_us(tried) == pytest.approx(20_000, abs=2)


def test_one_slow_answer_does_not_make_a_node_far() -> None:
    tried = answered(answered(_NEW, 20_000, _NOW_S), 120_000, _NOW_S)

    assert _latency_us(tried) == 50_000


@given(nodes)
def test_transport_that_cannot_say_leaves_the_latency_as_it_was(before: Tried) -> None:
    assert _latency_us(answered(before, None, _NOW_S)) == _latency_us(before)


@given(nodes)
def test_failing_counts_against_a_node_and_an_answer_for_it(before: Tried) -> None:
    was = _failing_percent(before)

    worse, better = failed(before, _NOW_S), answered(before, None, _NOW_S)

    assert _failing_percent(better) <= was
    assert was < _failing_percent(worse) <= 100 or was > 96
    assert _latency_us(worse) == _latency_us(before)


def test_node_that_answers_again_is_forgiven_in_the_end() -> None:
    tried = _NEW
    for _ in range(50):
        tried = failed(tried, _NOW_S)
    assert _failing_percent(tried) > 90

    shown = []
    while _failing_percent(tried):
        tried = answered(tried, None, _NOW_S)
        shown.append(_failing_percent(tried))

    assert shown == sorted({*shown}, reverse=True)
    assert len(shown) < 20


@given(nodes, st.integers(0, 2 * KEPT_S))
def test_failing_is_forgiven_by_time_alone(tried: Tried, later_s: int) -> None:
    assume(tried.tried_s <= _NOW_S)

    assert _failing_percent(tried, _NOW_S + later_s) <= _failing_percent(tried)
    assert _failing_percent(failed(_NEW, _NOW_S), _NOW_S + 5 * _DAY_S) == 0


@given(nodes)
def test_nothing_older_than_two_weeks_counts(tried: Tried) -> None:
    found = measured(tried, _NOW_S)

    if abs(_NOW_S - tried.measured_s) > KEPT_S:
        assert found is None or found.latency_us is None
    if abs(_NOW_S - tried.tried_s) > KEPT_S:
        assert found is None or found.failing_percent == 0


def test_latency_is_not_kept_alive_by_failing() -> None:
    tried = answered(_NEW, 20_000, _NOW_S)
    for day in range(1, 16):
        tried = failed(tried, _NOW_S + day * _DAY_S)

    assert _latency_us(tried, tried.tried_s) is None
    assert _failing_percent(tried, tried.tried_s) > 0


@given(st.lists(nodes, max_size=20))
def test_those_kept_all_count_and_the_one_tried_last_comes_first(found: list[Tried]) -> None:
    left = kept(found, _NOW_S)

    assert [each.tried_s for each in left] == sorted((each.tried_s for each in left), reverse=True)
    assert all(measured(each, _NOW_S) is not None for each in left)
    assert len(left) == sum(measured(each, _NOW_S) is not None for each in found)


def test_no_more_are_kept_than_there_is_room_for() -> None:
    one = answered(_NEW, 20_000, _NOW_S)
    many = [
        attrs.evolve(one, node_id=str(UUID(int=number)), tried_s=_NOW_S - number)
        for number in range(MOST_TRIED + 1)
    ]

    left = kept(reversed(many), _NOW_S)

    assert left == tuple(many[:MOST_TRIED])

"""Rings hold every byte of their time, stay bounded, and outlive a clock that jumps."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_accounting.counting import NOTHING, plus
from worldvpn_accounting.rings import MOST_SPREAD_MS, Ring, added, history
from worldvpn_core.contracts import Volume

SECONDS = Ring(step_s=1, length=5)
QUARTERS = Ring(step_s=900, length=4)
RINGS = st.sampled_from([SECONDS, QUARTERS])
VOLUMES = st.builds(Volume, received_bytes=st.integers(0, 2**40), sent_bytes=st.integers(0, 2**40))
#: Clocks go on a little, stand, jump forth by a year, or are set back.
JUMPS = st.integers(-4_000, 4_000) | st.sampled_from([31_536_000_000, -31_536_000_000])
BEGIN_MS = 1_800_000_000_000


def together(volumes: Iterable[Volume]) -> Volume:
    total = NOTHING
    for each in volumes:
        total = plus(total, each)
    return total


def held(ring: Ring) -> Volume:
    return together(volume for _, volume in ring.steps)


def received(*bytes_a_step: int) -> tuple[Volume, ...]:
    return tuple(Volume(received_bytes=each) for each in bytes_a_step)


@given(RINGS, VOLUMES, st.integers(0, MOST_SPREAD_MS))
def test_every_byte_is_in_some_step(ring: Ring, volume: Volume, span_ms: int) -> None:
    assert held(added(ring, volume, BEGIN_MS, BEGIN_MS + span_ms)) == volume


@given(RINGS, st.lists(st.tuples(VOLUMES, JUMPS)))
def test_whatever_the_clock_does_a_ring_is_bounded_and_holds_no_more_than_moved(
    ring: Ring, entries: list[tuple[Volume, int]]
) -> None:
    before_ms = BEGIN_MS
    for volume, jump_ms in entries:
        now_ms = max(before_ms + jump_ms, 0)
        ring = added(ring, volume, before_ms, now_ms)
        before_ms = now_ms
    moved, numbers = together(volume for volume, _ in entries), [at for at, _ in ring.steps]
    assert len(ring.steps) <= ring.length
    assert numbers == sorted(set(numbers))
    assert held(ring).received_bytes <= moved.received_bytes
    assert held(ring).sent_bytes <= moved.sent_bytes


@given(RINGS, st.lists(VOLUMES, max_size=30))
def test_clock_that_is_only_set_back_loses_nothing(ring: Ring, volumes: list[Volume]) -> None:
    for number, volume in enumerate(volumes):
        at_ms = BEGIN_MS - number * 700_000
        ring = added(ring, volume, at_ms + 1, at_ms)
    assert held(ring) == together(volumes)
    assert len(ring.steps) <= 1


def test_what_moved_between_two_readings_is_spread_over_the_seconds_between_them() -> None:
    ring = added(SECONDS, Volume(received_bytes=100), 9_500, 11_500)
    assert history(ring, 11_999).steps == received(0, 0, 25, 50, 25)


def test_what_moved_after_a_long_rest_moved_just_now() -> None:
    ring = added(SECONDS, Volume(received_bytes=100), 1_000, 11_500)
    assert history(ring, 11_999).steps == received(0, 0, 0, 0, 100)


def test_second_that_is_not_over_is_not_shown_as_whole() -> None:
    ring = added(SECONDS, Volume(received_bytes=100), 11_000, 11_900)
    assert history(ring, 11_950, whole=True).steps == received(0, 0, 0, 0)
    assert history(ring, 12_000, whole=True).steps == received(0, 0, 0, 100)


def test_steps_too_old_are_forgotten_and_the_rest_moves_along() -> None:
    ring = added(SECONDS, Volume(received_bytes=7), 10_000, 10_001)
    ring = added(ring, Volume(received_bytes=8), 14_000, 14_001)
    assert history(ring, 14_500).steps == received(7, 0, 0, 0, 8)
    assert history(ring, 15_500).steps == received(0, 0, 0, 8, 0)
    assert added(ring, Volume(received_bytes=9), 15_000, 15_001).steps == (
        (14, Volume(received_bytes=8)),
        (15, Volume(received_bytes=9)),
    )


def test_history_says_when_its_last_step_ends() -> None:
    assert history(QUARTERS, 1_000_000).ends_s == 1_800
    assert history(SECONDS, 11_500, whole=True).ends_s == 11

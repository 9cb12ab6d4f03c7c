"""Sums never decrease, and are right wherever a counter can be seen to begin anew."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_accounting.counting import MOST_SOURCES, NOTHING, Count, counted, plus
from worldvpn_core.contracts import Reading, Volume

VOLUMES = st.builds(
    Volume,
    received_bytes=st.integers(0, 2**40),
    sent_bytes=st.integers(0, 2**40),
)
READINGS = st.builds(
    Reading,
    source=st.sampled_from("abc"),
    received_bytes=st.integers(0, 2**70),
    sent_bytes=st.integers(0, 2**70),
)


@attrs.frozen(kw_only=True)
class Carried:
    """An interface carries some bytes."""

    which: int
    volume: Volume


@attrs.frozen(kw_only=True)
class Remade:
    """An interface goes and is made anew: its counters begin anew under another source."""

    which: int


@attrs.frozen(kw_only=True)
class Read:
    """An interface is read."""

    which: int


WHICH = st.integers(0, 1)
STEPS = st.lists(
    st.builds(Carried, which=WHICH, volume=VOLUMES)
    | st.builds(Remade, which=WHICH)
    | st.builds(Read, which=WHICH)
)


@attrs.define
class Truth:
    """Two interfaces, and what they have carried by when they were last read."""

    lives: list[int] = attrs.field(factory=lambda: [0, 0])
    shows: list[Volume] = attrs.field(factory=lambda: [NOTHING, NOTHING])
    unread: list[Volume] = attrs.field(factory=lambda: [NOTHING, NOTHING])
    carried: Volume = NOTHING

    def read(self, which: int) -> Reading:
        self.carried = plus(self.carried, self.unread[which])
        self.unread[which] = NOTHING
        return Reading(
            source=f"{which}/{self.lives[which]}",
            received_bytes=self.shows[which].received_bytes,
            sent_bytes=self.shows[which].sent_bytes,
        )

    def remake(self, which: int) -> None:
        self.lives[which] += 1
        self.shows[which] = self.unread[which] = NOTHING

    def carry(self, which: int, volume: Volume) -> None:
        self.shows[which] = plus(self.shows[which], volume)
        self.unread[which] = plus(self.unread[which], volume)


@given(STEPS)
def test_all_that_interfaces_had_carried_when_they_were_read_is_counted_once(
    steps: list[Carried | Remade | Read],
) -> None:
    truth, count = Truth(), Count()
    for step in steps:
        match step:
            case Carried():
                truth.carry(step.which, step.volume)
            case Remade():
                truth.remake(step.which)
            case Read():
                count, _ = counted(count, truth.read(step.which))
    assert count.total == truth.carried


@given(st.lists(READINGS))
def test_whatever_counters_show_nothing_is_taken_back(readings: list[Reading]) -> None:
    count = Count()
    for reading in readings:
        before = count
        count, moved = counted(before, reading)
        assert count.total == plus(before.total, moved)
        assert min(moved.received_bytes, moved.sent_bytes) >= 0


@given(READINGS)
def test_reading_twice_adds_nothing(reading: Reading) -> None:
    count, _ = counted(Count(), reading)
    again, moved = counted(count, reading)
    assert (again, moved) == (count, NOTHING)


def test_counter_that_begins_anew_in_one_direction_has_begun_in_both() -> None:
    count, _ = counted(Count(), Reading(source="a", received_bytes=100, sent_bytes=100))
    _, moved = counted(count, Reading(source="a", received_bytes=7, sent_bytes=130))
    assert moved == Volume(received_bytes=7, sent_bytes=130)


def test_sources_remembered_are_bounded_and_the_one_read_last_is_there() -> None:
    count = Count()
    for number in range(10 * MOST_SOURCES):
        count, _ = counted(count, Reading(source=str(number), received_bytes=1, sent_bytes=0))
    assert [each.source for each in count.last][-1] == str(10 * MOST_SOURCES - 1)
    assert len(count.last) == MOST_SOURCES
    assert count.total == Volume(received_bytes=10 * MOST_SOURCES)

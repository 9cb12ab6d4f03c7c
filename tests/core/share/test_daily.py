"""A day's volume, through midnights, travels and clocks that are set."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.share.daily import Daily, day_of, ends_at, quarter_of

_days = st.dates(date(2020, 1, 2), date(2035, 1, 1))
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@given(_days, st.integers(0, 10**12))
def test_a_day_keeps_what_it_had_and_the_next_begins_with_nothing(day: date, had: int) -> None:
    daily = Daily(day=day, carried_bytes=had)

    assert daily.on(day) == daily
    assert daily.on(day + timedelta(days=1)) == Daily(day=day + timedelta(days=1))


@given(_days, st.integers(1, 10**12))
def test_a_calendar_that_goes_back_a_day_grants_nothing_anew(day: date, had: int) -> None:
    daily = Daily(day=day, carried_bytes=had)

    assert daily.on(day - timedelta(days=1)).carried_bytes == had
    assert daily.on(day - timedelta(days=1)).on(day).carried_bytes == had


@given(_days, st.integers(2, 9_000))
def test_a_day_of_a_wrong_clock_does_not_keep_the_node_shut(day: date, ahead: int) -> None:
    wrong = Daily(day=day + timedelta(days=ahead), carried_bytes=10**12)

    assert wrong.on(day) == Daily(day=day)


@given(_days, st.lists(st.tuples(st.integers(0, 10**9), st.integers(-5, 130))))
def test_the_quarters_of_an_hour_add_up_to_the_day(day: date, came: list[tuple[int, int]]) -> None:
    daily = Daily(day=day)
    for more, quarter in came:
        daily = daily.with_more(more, quarter)

    assert sum(daily.quarters) == daily.carried_bytes == sum(more for more, _ in came)
    assert len(daily.quarters) <= 100


def test_what_is_carried_stands_in_the_quarter_in_which_it_was() -> None:
    daily = Daily(day=date(2026, 7, 2))
    for hour, minute, more in ((0, 5, 3), (1, 0, 5), (1, 14, 2), (0, 59, 1)):
        now = datetime(2026, 7, 2, hour, minute, tzinfo=AMSTERDAM)
        daily = daily.with_more(more, quarter_of(now, daily.day, AMSTERDAM))

    assert daily.quarters == (3, 0, 0, 0, 8)


def test_a_day_is_that_of_the_owners_own_calendar() -> None:
    late = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)

    assert day_of(late, AMSTERDAM) == date(2026, 7, 2)
    assert ends_at(date(2026, 7, 2), AMSTERDAM) == datetime(2026, 7, 2, 22, 0, tzinfo=UTC)


def test_the_days_on_which_the_clock_is_moved_have_their_own_length() -> None:
    lengths = [
        ends_at(day, AMSTERDAM) - ends_at(day - timedelta(days=1), AMSTERDAM)
        for day in (date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 1))
    ]

    assert lengths == [timedelta(hours=hours) for hours in (23, 25, 24)]

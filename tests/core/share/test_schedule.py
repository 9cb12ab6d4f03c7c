"""Hours of the week on a clock that is moved twice a year, and may be set at any time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.share.schedule import Window, changes_at, is_open, parsed

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Amsterdam", "America/New_York")]
ZONES += [ZoneInfo(name) for name in ("Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca")]

_windows = st.builds(
    Window,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    begins_min=st.integers(0, 1_439),
    ends_min=st.integers(0, 1_440),
)
_instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001 - UTC's
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)


@given(_windows)
def test_a_window_is_read_as_it_is_written(window: Window) -> None:
    assert parsed(str(window)) == window


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("mon-fri 08:00-22:00", "mon-fri 08:00-22:00"),
        ("Sun,Sat 10:00-02:00", "sat-sun 10:00-02:00"),
        ("fri-mon 00:00-24:00", "mon,fri-sun 00:00-24:00"),
        ("daily 23:00-06:30", "daily 23:00-06:30"),
    ],
)
def test_days_may_be_written_as_people_do(text: str, written: str) -> None:
    assert str(parsed(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        *("", "mon", "08:00-22:00", "mon 8-22", "mon 24:00-02:00", "mon 08:00-24:01"),
        *("moo 08:00-22:00", "mon-tue-wed 08:00-22:00", "mon 08:60-22:00", "daily,mon 1:00-2:00"),
    ],
)
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parsed(text)


@pytest.mark.parametrize(
    ("utc", "open_"),
    [
        ("2026-03-29T00:59", True),  # 01:59, the last minute before 03:00
        ("2026-03-29T01:00", True),  # 03:00: the hour before does not come
        ("2026-03-29T01:30", False),  # 03:30
        ("2026-10-25T00:15", True),  # 02:15 for the first time
        ("2026-10-25T01:15", True),  # 02:15 once more
        ("2026-10-25T01:59", True),
        ("2026-10-25T02:29", True),  # 03:29
        ("2026-10-25T02:30", False),
    ],
)
def test_a_window_is_what_the_clock_on_the_wall_shows(utc: str, open_: bool) -> None:  # noqa: FBT001 - a row
    window = (parsed("sun 01:30-03:30"),)

    assert is_open(window, AMSTERDAM, datetime.fromisoformat(utc).replace(tzinfo=UTC)) is open_


def test_a_window_that_only_exists_in_the_left_out_hour_never_opens_that_day() -> None:
    window = (parsed("sun 02:10-02:50"),)
    night = datetime(2026, 3, 29, tzinfo=UTC)

    minutes = [night + timedelta(minutes=each) for each in range(180)]
    assert not any(is_open(window, AMSTERDAM, each) for each in minutes)


@given(st.lists(_windows, max_size=4), st.sampled_from(ZONES), _instants)
def test_nothing_changes_before_it_is_said_to(
    windows: list[Window], zone: ZoneInfo, now: datetime
) -> None:
    every = tuple(windows)
    before, change = is_open(every, zone, now), changes_at(every, zone, now)

    if change is None:
        week = (now + timedelta(minutes=17 * each) for each in range(8 * 1_440 // 17))
        assert all(is_open(every, zone, each) is before for each in week)
    else:
        assert change > now
        assert is_open(every, zone, change) is not before
        assert is_open(every, zone, change - timedelta(seconds=1)) is before
        span = (change - now) / 60
        assert all(is_open(every, zone, now + span * each) is before for each in range(60))


def test_no_windows_are_always_open() -> None:
    assert is_open((), UTC, datetime.now(UTC))
    assert changes_at((), UTC, datetime.now(UTC)) is None

"""What is told of guests: never finer than a MiB, a quarter of an hour, and a crowd of five."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.transparency import rounding


@given(st.integers(0, 2**50))
def test_bytes_are_whole_mebibytes_and_at_most_half_of_one_off(count: int) -> None:
    rounded = rounding.rounded_bytes(count)

    assert rounded % MEBIBYTE == 0
    assert abs(rounded - count) <= MEBIBYTE // 2


@given(st.datetimes(timezones=st.just(UTC)))
def test_time_is_the_quarter_of_an_hour_it_is_in(time: datetime) -> None:
    rounded = rounding.rounded_time(time)

    assert (rounded.minute % 15, rounded.second, rounded.microsecond) == (0, 0, 0)
    assert timedelta(0) <= time - rounded < timedelta(minutes=15)


@given(st.timedeltas(timedelta(days=-1), timedelta(days=30)))
def test_length_is_in_whole_quarters_and_never_negative(length: timedelta) -> None:
    seconds = rounding.rounded_seconds(length)

    assert seconds % 900 == 0
    assert seconds >= 0


@pytest.mark.parametrize(("guests", "shown"), [(0, "XX"), (4, "XX"), (5, "FR"), (50, "FR")])
def test_country_is_named_from_the_fifth_guest(guests: int, shown: str) -> None:
    assert rounding.shown_country("FR", guests) == shown


def test_sharing_a_gibibyte_earns_a_fifth_more_than_using_it_costs() -> None:
    assert rounding.earned_credits(1024 * MEBIBYTE) == 1228


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KB"),
        (3 * 2**29, "1.50 GB"),
        (2**60, "1024.00 PB"),
    ],
)
def test_bytes_are_written_in_the_largest_unit_that_fits(count: int, text: str) -> None:
    assert rounding.formatted(count) == text

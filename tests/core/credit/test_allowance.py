"""The float grows with good minutes, and with nothing else."""

from __future__ import annotations

import pytest

from worldvpn_core.credit.allowance import GOOD_MS, LATE_MS, MOST_GROWN_BYTES, Float
from worldvpn_core.credit.units import MEBIBYTE

FLOAT = Float.of(4 * MEBIBYTE, now_ms=0)


def test_minute_of_answers_doubles_it_once() -> None:
    almost = FLOAT.answered(GOOD_MS - 1, 10)
    assert almost == FLOAT
    assert almost.answered(GOOD_MS, 10).size_bytes == 8 * MEBIBYTE
    assert almost.answered(GOOD_MS, 10).answered(GOOD_MS + 1, 10).size_bytes == 8 * MEBIBYTE


def test_late_answer_takes_it_back_to_the_tickets() -> None:
    grown = FLOAT.answered(GOOD_MS, 10)
    assert grown.answered(GOOD_MS + 1, LATE_MS + 1) == Float.of(4 * MEBIBYTE, GOOD_MS + 1)


@pytest.mark.parametrize("base", [1, 4 * MEBIBYTE, 3 * MOST_GROWN_BYTES])
def test_it_never_grows_beyond_64_mebibytes_or_the_tickets(base: int) -> None:
    grown = Float.of(base, now_ms=0)
    for minute in range(1, 100):
        grown = grown.answered(minute * GOOD_MS, 10)
    assert grown.size_bytes == max(base, MOST_GROWN_BYTES)


def test_ticket_that_trusts_less_takes_back_what_had_grown() -> None:
    grown = FLOAT.answered(GOOD_MS, 10)
    assert grown.renewed(MEBIBYTE // 4, GOOD_MS).size_bytes == MEBIBYTE // 4
    assert grown.renewed(4 * MEBIBYTE, GOOD_MS).size_bytes == 8 * MEBIBYTE
    assert grown.renewed(16 * MEBIBYTE, GOOD_MS).size_bytes == 16 * MEBIBYTE


def test_even_the_smallest_float_is_claimed_by_the_byte() -> None:
    assert Float.of(0, now_ms=0).step_bytes == 1

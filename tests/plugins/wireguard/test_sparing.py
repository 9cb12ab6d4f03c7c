"""An engine that complains without end fills no disk."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_wireguard.sparing import MOST_LINES, PERIOD_S, Sparing


@given(st.lists(st.floats(min_value=0, max_value=3.0), min_size=1, max_size=200))
def test_no_more_lines_pass_than_periods_allow_and_none_is_forgotten(gaps_s: list[float]) -> None:
    sparing, now_s, passed, told = Sparing(), 0.0, 0, 0

    for gap_s in gaps_s:
        now_s += gap_s
        withheld = sparing.withheld_before(now_s)
        passed += withheld is not None
        told += withheld or 0

    assert passed <= MOST_LINES * (now_s // PERIOD_S + 1)
    # One more that passes tells of all the rest.
    last = sparing.withheld_before(now_s + PERIOD_S)
    assert last is not None
    assert passed + told + last == len(gaps_s)


def test_first_lines_pass_at_once_and_the_next_period_tells_how_many_did_not() -> None:
    sparing = Sparing()

    first = [sparing.withheld_before(0.0) for _ in range(MOST_LINES + 3)]

    assert first == [0] * MOST_LINES + [None] * 3
    assert sparing.withheld_before(PERIOD_S) == 3

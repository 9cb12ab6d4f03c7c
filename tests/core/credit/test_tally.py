"""Counters that begin again take nothing back, and nothing is counted twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.tally import Tally

amounts = st.integers(0, 2**40)
figures = st.builds(Figures, up_bytes=amounts, down_bytes=amounts)


@given(st.lists(figures, max_size=20))
def test_steady_counters_are_counted_as_they_are(steps: list[Figures]) -> None:
    tally, read = Tally(), Figures()
    for step in steps:
        read = Figures(
            up_bytes=read.up_bytes + step.up_bytes, down_bytes=read.down_bytes + step.down_bytes
        )
        tally = tally.counted(read)
    assert tally.total == read


@given(figures, st.lists(figures, max_size=20))
def test_total_never_goes_back_whatever_is_read(begun: Figures, reads: list[Figures]) -> None:
    tally = Tally.resumed(begun)
    for read in reads:
        after = tally.counted(read)
        assert after.total == after.total.highest(tally.total)
        tally = after
    most = begun.total_bytes + sum(read.total_bytes for read in reads)
    assert tally.total.total_bytes <= most


def test_one_direction_that_begins_again_does_not_touch_the_other() -> None:
    tally = Tally().counted(Figures(up_bytes=10, down_bytes=100))
    tally = tally.counted(Figures(up_bytes=3, down_bytes=150))
    assert tally.total == Figures(up_bytes=13, down_bytes=150)

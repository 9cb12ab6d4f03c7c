"""Arrow keys lead on in their direction, and labels leave each other readable."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_app.gui.map.clusters import Mark
from worldvpn_app.gui.map.steps import Box, Way, after, fitting

COORDINATE = st.integers(-1_000, 1_000)
MARKS = st.lists(st.tuples(COORDINATE, COORDINATE), unique=True, min_size=1, max_size=25).map(
    lambda points: [Mark(nodes=(f"n{n}",), x=x, y=y) for n, (x, y) in enumerate(points)]
)
SIDE = st.integers(1, 200)
BOXES = st.lists(
    st.builds(Box, left=COORDINATE, top=COORDINATE, width=SIDE, height=SIDE), max_size=30
)


@given(MARKS, st.sampled_from(Way))
def test_an_arrow_stays_only_where_nothing_lies_that_way(marks: list[Mark], way: Way) -> None:
    east, south = way.value
    for now in marks:
        ahead = [mark for mark in marks if (mark.x - now.x) * east + (mark.y - now.y) * south > 0]
        assert (after(marks, now, way) == now) == (not ahead)


def test_the_first_arrow_goes_to_the_middle() -> None:
    row = [Mark(nodes=(name,), x=x, y=0) for name, x in (("w", -9), ("m", 1), ("e", 9))]

    assert after(row, None, Way.LEFT) == row[1]


def test_an_arrow_prefers_what_lies_ahead_to_what_is_nearer_aside() -> None:
    now, aside, ahead = (
        Mark(nodes=(name,), x=x, y=y) for name, x, y in (("n", 0, 0), ("s", 1, 4), ("a", 6, 1))
    )

    assert after([now, aside, ahead], now, Way.RIGHT) == ahead


@given(MARKS, st.sampled_from(Way))
def test_an_arrow_never_leads_backwards(marks: list[Mark], way: Way) -> None:
    for now in marks:
        mark = after(marks, now, way)
        assert mark is not None
        ahead = (mark.x - now.x) * way.value[0] + (mark.y - now.y) * way.value[1]
        assert ahead > 0 or mark == now


def test_there_is_nowhere_to_go_on_an_empty_map() -> None:
    assert after([], None, Way.UP) is None


@given(BOXES, BOXES)
def test_labels_cover_neither_each_other_nor_what_is_taken(
    wanted: list[Box], taken: list[Box]
) -> None:
    kept = fitting(wanted, taken)

    assert not any(one.meets(other) for one, other in combinations(kept, 2))
    assert not any(one.meets(other) for one in kept for other in taken)


@given(BOXES)
def test_a_label_is_left_out_only_where_another_stands(wanted: list[Box]) -> None:
    kept = fitting(wanted)

    assert all(any(box.meets(other) for other in kept) for box in wanted)

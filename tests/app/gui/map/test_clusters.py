"""No node is lost or counted twice, at whatever zoom."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_app.gui.map.clusters import JOINED_PX, Mark, Spot, marks, spot, spots
from worldvpn_app.gui.map.world import world

SPOTS = st.lists(
    st.builds(
        Spot, node=st.text("abcdef-", min_size=1), x=st.floats(-2.8, 2.8), y=st.floats(-1, 1)
    ),
    unique_by=lambda one: one.node,
    max_size=60,
)
ZOOMS = st.floats(20, 20_000)


@given(SPOTS, ZOOMS, st.data())
def test_every_node_is_in_one_mark(all_spots: list[Spot], zoom: float, data: st.DataObject) -> None:
    names = [one.node for one in all_spots]
    apart = data.draw(
        st.frozensets(st.sampled_from(names), max_size=2) if names else st.just(frozenset())
    )

    counted = Counter(node for mark in marks(all_spots, zoom, apart) for node in mark.nodes)

    assert counted == Counter(names)


@given(SPOTS, ZOOMS)
def test_marks_keep_their_distance(all_spots: list[Spot], zoom: float) -> None:
    for one, other in combinations(marks(all_spots, zoom), 2):
        assert math.hypot(one.x - other.x, one.y - other.y) * zoom >= JOINED_PX * (1 - 1e-9)


@given(SPOTS, ZOOMS)
def test_a_node_is_never_far_from_its_mark(all_spots: list[Spot], zoom: float) -> None:
    where = {one.node: one for one in all_spots}
    for mark in marks(all_spots, zoom):
        for node in mark.nodes:
            away = math.hypot(where[node].x - mark.x, where[node].y - mark.y) * zoom
            assert away < JOINED_PX


@given(SPOTS, ZOOMS, st.randoms())
def test_the_order_in_which_nodes_come_changes_nothing(
    all_spots: list[Spot], zoom: float, chance: random.Random
) -> None:
    mixed = list(all_spots)
    chance.shuffle(mixed)

    assert marks(mixed, zoom) == marks(all_spots, zoom)


@given(SPOTS, ZOOMS)
def test_the_current_node_is_never_in_a_cluster(all_spots: list[Spot], zoom: float) -> None:
    for one in all_spots[:1]:
        alone = Mark(nodes=(one.node,), x=one.x, y=one.y)
        assert alone in marks(all_spots, zoom, frozenset({one.node}))


def test_a_cluster_grows_with_its_nodes_until_it_would_cover_its_neighbour() -> None:
    sizes = [Mark(nodes=("n",) * count, x=0, y=0).radius_px for count in (1, 2, 9, 10_000)]

    assert sizes == pytest.approx([5.5, 10 + 3.2 * math.sqrt(2), 19.6, 24])


def test_a_node_stands_at_the_same_point_every_time_and_apart_from_others() -> None:
    finland = world().countries["FI"]

    assert spot("amber-finch-08", finland) == spot("amber-finch-08", finland)
    assert len({(one.x, one.y) for one in (spot(f"n{n}", finland) for n in range(200))}) == 200


def test_a_node_of_an_unknown_country_is_on_no_map() -> None:
    assert [one.node for one in spots({"a": "FI", "b": "ZZ"}, world().countries)] == ["a"]

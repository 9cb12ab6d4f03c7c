"""The data that is shipped is whole, and its places are where they say."""

from __future__ import annotations

from itertools import pairwise

import pytest

from worldvpn_app.gui.map.clusters import spot
from worldvpn_app.gui.map.projection import HALF_HEIGHT, HALF_WIDTH
from worldvpn_app.gui.map.world import Point, world

LARGE = [
    *("FI", "US", "RU", "FR", "DE", "BR", "ZA", "AU", "JP"),
    *("IN", "CN", "CA", "SN", "ES", "GB", "NZ", "CL"),
]


def _within(point: Point, ring: list[Point]) -> bool:
    x, y = point
    crossed = [
        (ax, ay, bx, by)
        for (ax, ay), (bx, by) in pairwise(ring)
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax
    ]
    return len(crossed) % 2 == 1


def _country_at(point: Point) -> set[str]:
    return {
        code
        for code, rings in world().land.items()
        if any(_within(point, list(ring)) for ring in rings)
    }


def test_every_ring_is_closed_and_on_the_map() -> None:
    rings = [ring for rings in world().land.values() for ring in rings]

    assert len(rings) > 280
    assert all(ring[0] == ring[-1] and len(ring) >= 4 for ring in rings)
    assert all(
        abs(x) <= HALF_WIDTH + 1e-9 and abs(y) <= HALF_HEIGHT + 1e-9
        for ring in rings
        for x, y in ring
    )


def test_no_line_crosses_the_map_where_the_date_line_is() -> None:
    steps = [
        abs(x2 - x)
        for code, rings in world().land.items()
        if code != "AQ"
        for ring in rings
        for (x, _), (x2, _) in pairwise(ring)
    ]

    assert max(steps) < 0.35


@pytest.mark.parametrize("code", LARGE)
def test_nodes_stand_in_their_country(code: str) -> None:
    places = [spot(f"node-{number}", world().countries[code]) for number in range(40)]
    inside = [one for one in places if code in _country_at((one.x, one.y))]

    # The outline is coarser than the one that the discs were measured in.
    assert len(inside) >= 36


def test_small_countries_that_are_not_drawn_have_a_place_too() -> None:
    assert {"SG", "MT", "HK", "LI", "MC", "BH", "MU", "XK"} <= set(world().countries)

"""Equal Earth keeps areas, and what is drawn can be found again under the pointer."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_app.gui.map.projection import HALF_HEIGHT, HALF_WIDTH, globe, plane

LONS = st.floats(-180, 180)
LATS = st.floats(-89.9, 89.9)


@given(LONS, LATS)
def test_a_place_comes_back_from_the_plane(lon: float, lat: float) -> None:
    assert globe(*plane(lon, lat)) == pytest.approx((lon, lat), abs=1e-6)


@given(LONS, LATS)
def test_no_place_lies_beside_the_world(lon: float, lat: float) -> None:
    x, y = plane(lon, lat)

    assert abs(x) <= HALF_WIDTH + 1e-9
    assert abs(y) <= HALF_HEIGHT + 1e-9


@given(st.floats(-170, 170), st.floats(-85, 85))
def test_a_square_degree_keeps_its_area(lon: float, lat: float) -> None:
    d = 0.01
    (x0, y0), (x1, y1), (x2, y2) = plane(lon, lat), plane(lon + d, lat), plane(lon, lat + d)
    drawn = abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0))

    true = math.radians(d) ** 2 * math.cos(math.radians(lat + d / 2))

    assert drawn == pytest.approx(true, rel=1e-3)


def test_the_proportions_are_the_published_ones() -> None:
    assert pytest.approx(2.05458, abs=1e-4) == HALF_WIDTH / HALF_HEIGHT


@pytest.mark.parametrize("point", [(0, 1.4), (2.8, 0), (2.5, 1.2), (0, -9)])
def test_a_point_beside_the_world_is_no_place(point: tuple[float, float]) -> None:
    assert globe(*point) is None

"""Finding nodes: what fits, best first, in pages that a packet holds."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.central.directory.directory import crowd, node, whole
from worldvpn_central.directory.find import found
from worldvpn_central.directory.view import View, view_of
from worldvpn_core.catalogue import Entry, Load
from worldvpn_core.central.calls import MOST_PAGE, Find
from worldvpn_core.central.fields import MOST_RELAYED_CHARACTERS
from worldvpn_core.central.place import Place
from worldvpn_core.central.replies import Text
from worldvpn_core.central.tried import Measured

_NOW_S = 1_060.0


def _view(*nodes: Entry) -> View:
    return view_of([whole(nodes)])


def _page(view: View, **wish: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever Find has
    page = json.loads(Text(text=found(view, Find(**wish), _NOW_S)).text)
    assert isinstance(page, dict)
    return page


def _numbers(view: View, **wish: Any) -> list[int]:  # noqa: ANN401 - whatever Find has
    return [UUID(row["id"]).int for row in _page(view, **wish)["nodes"]]


def _all(view: View, **wish: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - whatever Find has
    rows: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        page = _page(view, offset=offset, **wish)
        rows += page["nodes"]
        offset = page["next"]
    return rows


def test_row_says_all_there_is_to_a_node() -> None:
    view = _view(node(1, city="Köln", protocols=frozenset({"WireGuard", "VLESS"}), load=Load.BUSY))

    assert _page(view, favourites=(str(UUID(int=1)),)) == {
        "nodes": [
            {
                "id": str(UUID(int=1)),
                "country": "DE",
                "city": "Köln",
                "protocols": ["VLESS", "WireGuard"],
                "bandwidth_mbps": 100,
                "load": 2,
                "reputation": 80,
                "latency_ms": 30,
                "public": False,
                "on_probation": False,
                "favourite": True,
                "measured_ms": None,
                "failing_percent": 0,
            }
        ],
        "total": 1,
        "next": None,
        "age_s": 60,
    }


def test_row_says_what_own_tunnels_have_shown_beside_what_the_directory_says() -> None:
    measured = (
        Measured(node_id=str(UUID(int=1)), latency_us=21_260, failing_percent=30),
        Measured(node_id=str(UUID(int=2)), failing_percent=51),
        Measured(node_id=str(UUID(int=9)), latency_us=1),
    )

    rows = _page(_view(node(1), node(2), node(3)), measured=measured)["nodes"]

    assert [(row["latency_ms"], row["measured_ms"], row["failing_percent"]) for row in rows] == [
        (30, 21.3, 30),
        (30, None, 51),
        (30, None, 0),
    ]


def test_best_come_first_and_those_on_probation_last() -> None:
    view = _view(
        node(1, on_probation=True, reputation=100),
        node(2, reputation=70),
        node(3, load=Load.BUSY),
        node(4, latency_ms=50),
        node(5, latency_ms=None),
        node(6, latency_ms=20),
    )

    assert _numbers(view) == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({}, [1, 2, 3, 4]),
        ({"place": Place.parse("FR")}, [3, 4]),
        ({"place": Place.parse("DE/BERLIN")}, [1]),
        ({"place": Place.parse(str(UUID(int=2)))}, [2]),
        ({"place": Place.parse(str(UUID(int=9)))}, []),
        ({"protocol": "vless"}, [2, 4]),
        ({"protocol": "unheard-of"}, []),
        ({"min_bandwidth_mbps": 101}, [3, 4]),
        ({"place": Place.parse("fr"), "protocol": "VLESS", "min_bandwidth_mbps": 200}, [4]),
        ({"offset": 1, "limit": 2}, [2, 3]),
        ({"offset": 4}, []),
    ],
)
def test_only_what_fits_is_listed(wish: dict[str, Any], expected: list[int]) -> None:
    both = frozenset({"WireGuard", "VLESS"})
    view = _view(
        node(1),
        node(2, city="Köln", protocols=both),
        node(3, country="FR", bandwidth_mbps=200),
        node(4, country="FR", protocols=both, bandwidth_mbps=300),
    )

    assert _numbers(view, **wish) == expected


def test_pages_together_have_each_node_once_in_order() -> None:
    view = _view(*crowd(3_000))

    rows = _all(view, limit=MOST_PAGE)

    assert [row["id"] for row in rows] == [str(each.id) for each in view.nodes]
    assert _page(view, limit=MOST_PAGE)["next"] < MOST_PAGE  # a packet holds no thousand
    assert _page(view, limit=10)["next"] == 10


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=63),
    st.frozensets(st.text(st.characters(exclude_categories=["Cs"]), max_size=63), max_size=16),
)
def test_no_name_makes_a_page_too_large_once_it_is_quoted(
    city: str, protocols: frozenset[str]
) -> None:
    nodes = [node(number, city=city, protocols=protocols) for number in range(400)]
    text = found(_view(*nodes), Find(limit=MOST_PAGE), _NOW_S)
    page = json.loads(text)

    assert len(text) <= MOST_RELAYED_CHARACTERS
    assert len(json.dumps(text)) <= 2 * MOST_RELAYED_CHARACTERS + 2
    assert page["nodes"][0]["city"] == city
    assert page["nodes"][0]["protocols"] == sorted(protocols)
    assert page["next"] == (len(page["nodes"]) if len(page["nodes"]) < 400 else None)


def test_largest_row_there_can_be_still_has_room() -> None:
    long = "\x01" * 255
    names = frozenset("\x01" * length for length in range(240, 256))

    assert len(_all(_view(*(node(n, city=long, protocols=names) for n in range(5))))) == 5


def test_search_is_done_once_for_all_its_pages() -> None:
    view = _view(*crowd(100))

    first = view.matching(Place.parse("DE"), "WireGuard")

    assert view.matching(Place.parse("DE"), "WireGuard") is first
    for country in ("FR", "US", "JP", "BR", "IT"):
        view.matching(Place.parse(country), None)
    assert view.matching(Place.parse("DE"), "WireGuard") == first


def test_node_that_moved_stands_where_it_was_listed_last() -> None:
    there = whole([node(1, country="US")], region=21, issued_s=2_000)

    assert [each.country for each in view_of([there, whole([node(1)])]).nodes] == ["US"]


def test_without_a_directory_there_is_nothing_to_list() -> None:
    assert _page(view_of([])) == {"nodes": [], "total": 0, "next": None, "age_s": 0}


def test_age_is_that_of_the_oldest_region() -> None:
    view = view_of([whole([node(1)]), attrs.evolve(whole([node(2)]), region=21, issued_s=30)])

    assert _page(view)["age_s"] == 1_030

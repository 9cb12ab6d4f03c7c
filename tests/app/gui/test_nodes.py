"""What of the directory is found, and in which order it stands."""

from __future__ import annotations

import pytest

from tests.app.central_daemon import a_node
from worldvpn_app.gui.present.nodes import (
    Filters,
    Node,
    by_country,
    counted,
    fastest,
    latency,
    matching,
    node_of,
)

BERLIN = node_of(a_node(1, latency_ms=44))
PARIS = node_of(a_node(2, country="FR", city="Paris", latency_ms=29, public=True, load=2))
HAMBURG = node_of(a_node(3, city="Hamburg", latency_ms=None, bandwidth_mbps=40, favourite=True))
ALL = (PARIS, BERLIN, HAMBURG)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(), ALL),
        (Filters(search="germany ham"), (HAMBURG,)),
        (Filters(search="de berlin"), (BERLIN,)),
        (Filters(search="paris berlin"), ()),
        (Filters(community=False), (PARIS,)),
        (Filters(public=False), (BERLIN, HAMBURG)),
        (Filters(least_mbps=100), (PARIS, BERLIN)),
        (Filters(low_load=True), (BERLIN, HAMBURG)),
        (Filters(favourites=True), (HAMBURG,)),
        (Filters(protocol="shadowsocks"), ()),
    ],
)
def test_only_what_fits_everything_is_shown(filters: Filters, found: tuple[Node, ...]) -> None:
    assert matching(ALL, filters) == found


def test_countries_stand_in_the_order_of_their_best_nodes() -> None:
    lands = by_country(ALL)
    assert [(land.name, [node.city for node in land.nodes]) for land in lands] == [
        ("France", ["Paris"]),
        ("Germany", ["Berlin", "Hamburg"]),
    ]


def test_the_fastest_is_the_nearest_measured_one() -> None:
    assert fastest((BERLIN, PARIS, HAMBURG)) is PARIS
    assert fastest((HAMBURG,)) is HAMBURG
    assert fastest(()) is None


def test_a_latency_nobody_has_measured_is_a_dash() -> None:
    assert [latency(HAMBURG), latency(PARIS)] == ["\u2013", "29\u00a0ms"]


def test_what_is_hidden_is_counted() -> None:
    assert [counted(61, 84), counted(84, 84), counted(1, 1)] == [
        *("61 of 84 nodes", "84 nodes", "1 node")
    ]


def test_a_row_of_a_strange_server_is_one_plain_node() -> None:
    row = {
        "id": "x" * 10_000,
        "country": "de\u202e",
        "city": "<b>Ber\nlin</b>",
        "load": 99,
        "latency_ms": "fast",
        "bandwidth_mbps": None,
        "protocols": None,
    }
    node = node_of(row)
    assert len(node.id) <= 64
    assert (node.country, node.city, node.load, node.latency_ms) == (
        *("DE", "<b>Ber lin</b>", 3),
        None,
    )

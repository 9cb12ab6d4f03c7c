"""Where a tunnel goes, in words, and the quick ways on."""

from __future__ import annotations

import pytest

from tests.app.central_daemon import a_node
from worldvpn_app.cli.target import Target
from worldvpn_app.gui.present.nodes import node_of
from worldvpn_app.gui.present.places import FASTEST, picks, place_of, place_shown, target_of
from worldvpn_app.gui.screens.replay import states

BERLIN = node_of(a_node(1, latency_ms=44, favourite=True))
PARIS = node_of(a_node(2, country="FR", city="Paris", latency_ms=29))
KNOWN = {node.id: node for node in (BERLIN, PARIS)}


@pytest.mark.parametrize(
    ("destination", "words", "country"),
    [
        ("home", "Home", ""),
        ("@fastest", "Fastest node", ""),
        ("@FR", "France", "FR"),
        ("@DE/Bonn", "Bonn, Germany", "DE"),
        (f"@{BERLIN.id}", "Berlin, Germany", "DE"),
        ("@0b9f1b7e-0000-4e0c-8a55-00000000ffff", "Node 0b9f1b7e", ""),
    ],
)
def test_a_destination_in_words(destination: str, words: str, country: str) -> None:
    place = place_of(target_of(destination), {"home": "Home"}, KNOWN)
    assert (place.words, place.country) == (words, country)


def test_a_tunnel_by_the_directory_is_shown_by_where_it_comes_out() -> None:
    assert place_shown(states()["connected"], {}).words == "Finland"
    assert place_shown(states()["connecting"], {}).words == "Fastest node"


def test_the_quick_ways_are_the_fastest_the_last_and_a_favourite() -> None:
    found = picks((PARIS, BERLIN), {"home": "Home"}, "@FR", is_signed_in=True)
    assert [(pick.target, pick.words) for pick in found[:3]] == [
        (FASTEST, "Paris · 29\u00a0ms"),
        (Target(place="FR"), "France"),
        (Target(place=BERLIN.id), "Berlin · 44\u00a0ms"),
    ]


def test_whoever_is_signed_out_is_offered_own_profiles_alone() -> None:
    found = picks((PARIS,), {"home": "Home"}, "@FR", is_signed_in=False)
    assert [pick.target for pick in found] == [Target(profile_id="home")]

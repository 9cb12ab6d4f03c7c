"""Lists of nodes of one's own, the filters beside them, and where the owner is on the map."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QInputDialog, QLabel
from pytestqt.qtbot import QtBot

from tests.app.gui.windows import Asked, Opened, opened, typed
from worldvpn_app.cli.target import Target
from worldvpn_app.gui.map.owner import has_way, is_seen, owner_label, place_of_owner
from worldvpn_app.gui.map.page import MapPage
from worldvpn_app.gui.present.home import present
from worldvpn_app.gui.present.lists import MOST_LISTS, best_of, by_list, named, read, turned
from worldvpn_app.gui.present.nodes import Node
from worldvpn_app.gui.present.places import picks
from worldvpn_app.gui.screens.replay import now, states
from worldvpn_app.gui.tray import Tray

# There is no tray without a display; what is said of it is.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged")

PARIS = Node(id="1" * 36, country="FR", city="Paris", latency_ms=29)
BERLIN = Node(id="2" * 36, country="DE", city="Berlin", latency_ms=44)
OSLO = Node(id="3" * 36, country="NO", city="Oslo")


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def app(asked: Asked, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    del qtbot
    with opened(asked, tmp_path, now) as made:
        asked.show_state("connected")
        made.window.choose("map")
        yield made


@pytest.fixture
def page(app: Opened) -> MapPage:
    page = app.window.page("map")
    assert isinstance(page, MapPage)
    return page


def said(page: MapPage) -> str:
    return "\n".join(each.text() for each in page.panel.findChildren(QLabel) if each.text())


def test_a_node_is_put_into_a_list_and_taken_out_and_an_empty_list_is_gone() -> None:
    one = turned({}, "Work", PARIS.id)
    two = turned(one, "Work", BERLIN.id)
    assert two == {"Work": (PARIS.id, BERLIN.id)}
    assert turned(turned(two, "Work", PARIS.id), "Work", BERLIN.id) == {}


def test_there_are_so_many_lists_and_no_more() -> None:
    full = {f"list {number}": (PARIS.id,) for number in range(MOST_LISTS)}
    assert turned(full, "one more", PARIS.id) == full
    assert turned(full, "list 0", BERLIN.id)["list 0"] == (PARIS.id, BERLIN.id)


def test_a_lists_name_is_one_short_plain_line() -> None:
    assert named("  Work \u202eand\nplay ") == "Work and play"
    assert len(named("x" * 1_000)) == 32
    assert turned({}, "\u200b", PARIS.id) == {}


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", '{"a": "b"}', "[" * 100_000, '{"": ["x"]}']
)
def test_what_is_no_list_is_none(text: str) -> None:
    assert read(text) == {}


def test_a_list_shows_those_of_its_nodes_that_are_there() -> None:
    lists = {"North": (OSLO.id, BERLIN.id), "Gone": ("9" * 36,)}
    (row,) = by_list((PARIS, BERLIN, OSLO), lists)
    assert (row.name, row.nodes) == ("North", (BERLIN, OSLO))
    assert best_of((PARIS, BERLIN, OSLO), lists["North"]) == BERLIN
    assert best_of((PARIS,), lists["Gone"]) is None


def test_a_list_is_a_quick_way_to_its_quickest_node() -> None:
    found = picks((PARIS, BERLIN), {}, None, lists={"Work": (BERLIN.id,)}, is_signed_in=True)
    assert [(pick.title, pick.target) for pick in found][1:] == [("Work", Target(place=BERLIN.id))]


def test_the_tray_offers_the_lists_and_goes_to_the_quickest_of_one(
    asked: Asked, app: Opened, qtbot: QtBot
) -> None:
    del qtbot
    context = app.context
    tray = Tray(context.link, context.store, context.actions, context.lists)
    tray.show_view(app.window.view())
    node = next(each for each in context.store.nodes if not each.is_favourite)

    def offered() -> dict[str, QAction]:
        return {each.text().partition(":")[0]: each for each in tray.picks.actions()}

    assert "A && B" not in offered()
    context.lists.turn("A & B", node.id)
    assert "Favourite" in offered()
    asked.answers["tunnel.connect"] = {}
    offered()["A && B"].trigger()
    assert ("tunnel.connect", {"place": node.id}) in asked.asked
    context.lists.turn("A & B", node.id)
    assert "A && B" not in offered()


def test_the_tab_of_lists_shows_them_and_without_any_says_how_to_make_one(
    app: Opened, page: MapPage
) -> None:
    page.panel.tabs["lists"].click()
    assert "No list of yours fits." in page.panel.empty.text()
    node = app.context.store.nodes[0]
    app.context.lists.turn("Work", node.id)
    assert "Work" in said(page)
    assert {spot.node for spot in page.map.view.spots} >= {node.id}
    assert page.panel.count.text().startswith("1 of ")


def test_the_tab_of_favourites_shows_them_alone(app: Opened, page: MapPage) -> None:
    favourites = [node for node in app.context.store.nodes if node.is_favourite]
    page.panel.tabs["favourites"].click()
    assert page.panel.count.text().startswith(f"{len(favourites)} of ")


def test_a_node_is_put_into_a_new_list_from_its_callout(
    app: Opened, page: MapPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = app.context.store.nodes[0]
    page.select(node.id)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("A & B", True))
    page.callout.fill_menu()
    page.callout.menu.actions()[-1].trigger()
    assert app.context.lists.all() == {"A & B": (node.id,)}
    page.callout.fill_menu()
    first = page.callout.menu.actions()[0]
    assert (first.text(), first.isChecked()) == ("A && B", True)
    first.trigger()
    assert app.context.lists.all() == {}


def test_nodes_are_filtered_by_a_protocol_that_one_of_them_has(page: MapPage) -> None:
    names = [action.text() for action in page.bar.protocols.actions()]
    assert names[0] == "Any protocol"
    assert "WireGuard" in names
    page.bar.choose_protocol("shadowsocks")
    assert page.filters().protocol == "shadowsocks"
    assert page.chips["protocol"].isChecked()
    page.panel.cleared.emit()
    assert page.filters().protocol == ""
    assert page.chips["protocol"].text() == "Any protocol"


def test_keys_on_the_map_make_a_favourite_and_close_what_is_open(
    asked: Asked, app: Opened, page: MapPage
) -> None:
    node = next(each for each in app.context.store.nodes if not each.is_favourite)
    page.select(node.id)
    asked.answers["settings.set"] = {}
    typed(page.map, Qt.Key.Key_F)
    (params,) = [params for method, params in asked.asked if method == "settings.set"]
    assert json.dumps(params).count(node.id) == 1
    typed(page.map, Qt.Key.Key_Escape)
    assert page.callout.isHidden()


def test_a_line_goes_from_where_the_owner_said_to_be_to_the_node(page: MapPage) -> None:
    assert page.map.view.you == place_of_owner("PT")
    assert page.map.view.has_way
    assert page.map.view.you_label == "You"


def test_nobody_is_placed_who_named_no_country(asked: Asked, tmp_path: Path, qtbot: QtBot) -> None:
    del qtbot
    asked.answers["settings.get"] = {"settings": {"share_country": None}}
    with opened(asked, tmp_path, now) as made:
        asked.show_state("connected")
        made.window.choose("map")
        page = made.window.page("map")
        assert isinstance(page, MapPage)
        assert page.map.view.you is None
        page.map.grab()


@pytest.mark.parametrize(
    ("state", "way", "seen"),
    [
        ("disconnected", False, True),
        ("lockdown", False, False),
        ("connected", True, False),
        ("blocked", True, False),
        ("paused", False, True),
        ("unprotected", False, False),
    ],
)
def test_there_is_a_way_while_there_is_a_tunnel_and_who_is_seen_is_told(
    state: str, *, way: bool, seen: bool
) -> None:
    view = present(states()[state], now())
    assert (has_way(view), is_seen(view)) == (way, seen)
    words = "You, visible as Portugal" if seen else "You"
    assert owner_label("PT", view) == words
    assert owner_label("", view) == ""


def test_a_blocked_way_and_an_owner_who_is_seen_are_drawn(app: Opened, asked: Asked) -> None:
    page = app.window.page("map")
    whole = page.grab().toImage()
    for state in ("blocked", "disconnected"):
        asked.show_state(state)
        assert page.grab().toImage() != whole

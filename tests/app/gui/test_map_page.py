"""The map page: found by searching, looked at, gone to; every mark is a row, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.app.central_daemon import CentralDaemon, a_node
from tests.app.gui.windows import Opened, opened, typed
from worldvpn_app.gui import style
from worldvpn_app.gui.map.page import MapPage
from worldvpn_app.gui.map.rows import MOST_ROWS, Row
from worldvpn_app.gui.tokens import DARK, SHAPE
from worldvpn_core.errors import OutOfCreditError, SignedOutError
from worldvpn_core.ipc.messages import SettingsSet, TunnelConnect

BERLIN, PARIS = a_node(1), a_node(2, country="FR", city="Paris")


@pytest.fixture
def app(central: CentralDaemon, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    central.nodes = [BERLIN, PARIS]
    with opened(central.path, tmp_path) as made:
        qtbot.waitUntil(lambda: len(made.context.store.nodes) == len(central.nodes))
        made.window.choose("map")
        yield made


@pytest.fixture
def page(app: Opened) -> MapPage:
    page = app.window.page("map")
    assert isinstance(page, MapPage)
    return page


def names(page: MapPage) -> list[str]:
    return [each.name.text() for each in page.panel.rows.findChildren(Row) if each.isVisible()]


def test_all_nodes_come_page_by_page(
    central: CentralDaemon, app: Opened, page: MapPage, qtbot: QtBot
) -> None:
    central.page_nodes = 1
    central.nodes = [BERLIN, PARIS, a_node(3, country="NL", city="")]
    app.context.store.refresh_nodes()
    qtbot.waitUntil(lambda: page.panel.count.text() == "3 nodes")
    qtbot.waitUntil(lambda: names(page) == ["Germany", "France", "Netherlands"])


def test_typing_narrows_the_list_and_the_map(page: MapPage, qtbot: QtBot) -> None:
    page.panel.finder.setText("par")
    qtbot.waitUntil(lambda: names(page) == ["France"])
    assert page.panel.count.text() == "1 of 2 nodes"
    assert [one.node for one in page.map.view.spots] == [PARIS["id"]]


def test_when_nothing_fits_it_says_so_and_offers_everything(page: MapPage, qtbot: QtBot) -> None:
    page.panel.finder.setText("atlantis")
    qtbot.waitUntil(page.panel.empty.isVisible)
    page.panel.clear.click()
    qtbot.waitUntil(lambda: names(page) == ["Germany", "France"])


def test_a_row_opens_the_node_and_its_button_goes_there(
    central: CentralDaemon, page: MapPage, qtbot: QtBot
) -> None:
    row = next(each for each in page.panel.rows.findChildren(Row) if each.name.text() == "France")
    row.click()
    assert page.callout.isVisible()
    assert page.callout.place.text() == "Paris, France"
    assert page.callout.go.text() == "Connect to this node"
    page.callout.go.click()
    qtbot.waitUntil(lambda: bool(central.asked(TunnelConnect)))
    assert central.asked(TunnelConnect) == [TunnelConnect(place=str(PARIS["id"]))]


def test_a_refusal_is_said_beside_the_list(
    central: CentralDaemon, page: MapPage, qtbot: QtBot
) -> None:
    central.refuse(OutOfCreditError("too little"))
    page.select(str(BERLIN["id"]))
    page.callout.go.click()
    qtbot.waitUntil(page.panel.answer.isVisible)
    assert page.panel.answer.text().startswith("You are out of credit.")


def test_whoever_is_signed_out_is_sent_to_sign_in(
    central: CentralDaemon, app: Opened, page: MapPage, qtbot: QtBot
) -> None:
    central.refuse(SignedOutError("nobody is signed in"))
    app.context.store.refresh_nodes()
    qtbot.waitUntil(page.panel.offer.isVisible)
    page.panel.offer.click()
    assert app.window.chosen == "account"


def test_a_favourite_is_a_setting_that_the_daemon_keeps(
    central: CentralDaemon, page: MapPage, qtbot: QtBot
) -> None:
    central.settings["favourite_nodes"] = []
    page.select(str(BERLIN["id"]))
    page.callout.star.click()
    qtbot.waitUntil(lambda: bool(central.asked(SettingsSet)))
    assert central.asked(SettingsSet)[0].changes == {"favourite_nodes": [BERLIN["id"]]}


def test_thousands_of_nodes_are_a_list_that_ends(
    central: CentralDaemon, app: Opened, page: MapPage, qtbot: QtBot
) -> None:
    central.nodes = [a_node(number, city=f"City {number}") for number in range(3_000)]
    app.context.store.refresh_nodes()
    qtbot.waitUntil(lambda: page.panel.count.text() == "3,000 nodes")
    page.panel.rows.findChildren(Row)[0].click()
    assert len(names(page)) <= MOST_ROWS


@pytest.fixture
def small(app: Opened, page: MapPage, qtbot: QtBot) -> MapPage:
    app.window.resize(SHAPE.least_width_px, SHAPE.least_height_px)
    qtbot.waitUntil(page.drawer.button.isVisible)
    return page


def test_in_a_small_window_the_map_has_all_of_it_and_the_list_is_a_drawer(small: MapPage) -> None:
    assert not small.panel.isVisible()
    assert small.map.width() == small.width()
    assert small.drawer.button.text().strip() == "2 nodes"
    small.drawer.button.click()
    assert small.panel.isVisible()
    assert small.map.width() == small.width()
    assert small.panel.geometry().right() == small.rect().right()
    assert small.drawer.button.isChecked()
    small.drawer.button.click()
    assert not small.panel.isVisible()
    assert not small.drawer.button.isChecked()


def test_nothing_of_the_map_shines_through_the_drawer(qapp: QApplication, small: MapPage) -> None:
    style.apply(qapp, DARK)
    small.drawer.open()
    small.panel.rows.hide()
    QApplication.processEvents()
    image = small.grab().toImage()
    seen = {image.pixelColor(x, 500).name() for x in range(small.panel.x() + 8, small.width() - 16)}
    assert seen == {DARK.bg.lower()}


def test_what_lies_over_the_map_is_never_under_the_drawer(small: MapPage) -> None:
    small.drawer.open()
    small.select(str(PARIS["id"]))
    QApplication.processEvents()
    for each in (small.bar, small.drawer.button, small.callout):
        corner = each.mapTo(small, each.rect().topRight())
        assert corner.x() < small.panel.x()


def test_the_drawer_opens_and_closes_by_keys(small: MapPage) -> None:
    small.map.setFocus()
    typed(small.map, Qt.Key.Key_L)
    assert small.panel.isVisible()
    typed(small.map, Qt.Key.Key_L)
    assert not small.panel.isVisible()
    typed(small.map, Qt.Key.Key_Slash)
    window = small.window()
    assert window is not None
    assert window.focusWidget() is small.panel.finder
    typed(small.panel.finder, Qt.Key.Key_Escape)
    assert not small.panel.isVisible()
    assert window.focusWidget() is small.drawer.button


def test_escape_closes_the_node_before_the_list(small: MapPage) -> None:
    small.drawer.open()
    small.select(str(PARIS["id"]))
    typed(small, Qt.Key.Key_Escape)
    assert (small.callout.isVisible(), small.panel.isVisible()) == (False, True)
    typed(small, Qt.Key.Key_Escape)
    assert not small.panel.isVisible()


def test_a_closed_drawer_hides_neither_a_refusal_nor_an_empty_list(
    central: CentralDaemon, small: MapPage, qtbot: QtBot
) -> None:
    central.refuses = OutOfCreditError("no credit is left")
    small.select(str(PARIS["id"]))
    small.callout.go.click()
    qtbot.waitUntil(small.panel.answer.isVisible)
    small.drawer.close()
    small.panel.finder.setText("atlantis")
    qtbot.waitUntil(small.panel.empty.isVisible)
    small.drawer.close()
    small.panel.clear.click()
    assert not small.panel.isVisible()


def test_a_window_that_grows_has_the_list_beside_the_map_again(
    app: Opened, small: MapPage, qtbot: QtBot
) -> None:
    app.window.resize(1_200, 720)
    qtbot.waitUntil(small.panel.isVisible)
    assert not small.drawer.button.isVisible()
    qtbot.waitUntil(lambda: small.map.width() + small.panel.width() == small.width())

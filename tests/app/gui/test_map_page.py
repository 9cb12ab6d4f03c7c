"""The map page: found by searching, looked at, gone to; every mark is a row, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.central_daemon import CentralDaemon, a_node
from tests.app.gui.windows import Opened, opened
from worldvpn_app.gui.map.page import MapPage
from worldvpn_app.gui.map.rows import MOST_ROWS, Row
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

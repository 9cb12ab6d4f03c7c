"""The rail in a low window: whatever plugins bring, what is below them stays in reach."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtWidgets import QApplication, QWidget

from tests.app.gui.scenes import many_pages, settle
from tests.app.gui.windows import typed
from worldvpn_app.gui import style
from worldvpn_app.gui.screens.shoot import Shot, window_for
from worldvpn_app.gui.tokens import DARK, SHAPE, Theme
from worldvpn_app.gui.widgets.focus import FocusLine
from worldvpn_app.gui.window import Window

SIZES = [(SHAPE.least_width_px, SHAPE.least_height_px), (1_100, SHAPE.least_height_px)]


@pytest.fixture(params=SIZES, ids=["narrow", "wide"])
def window(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Window]:
    style.apply(qapp, DARK)
    made = window_for(Theme.DARK, Shot(name="home", page="home", state="connected"))
    made.resize(*request.param)
    made.show()
    many_pages(made)
    settle()
    yield made
    made.close()


def is_in_sight(widget: QWidget) -> bool:
    return bool(widget.visibleRegion().boundingRect() == widget.rect())


def test_settings_and_the_state_stay_in_sight_below_many_pages(window: Window) -> None:
    rail = window.rail
    for each in (rail.items()["diagnostics"], rail.items()["settings"], rail.ring):
        assert is_in_sight(each)
        assert rail.rect().contains(QRect(each.mapTo(rail, QPoint()), each.size()))
    assert window.height() == SHAPE.least_height_px


def test_no_item_is_pressed_together(window: Window) -> None:
    assert {each.height() for each in window.rail.items().values()} == {SHAPE.rail_item_px}


def test_a_page_that_is_chosen_is_scrolled_to(window: Window) -> None:
    names = [name for name in window.rail.items() if name.startswith("sample/")]
    assert not is_in_sight(window.rail.items()[names[-1]])
    for name in (names[-1], "home", names[4]):
        window.choose(name)
        settle()
        assert is_in_sight(window.rail.items()[name])


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_Tab])
def test_keys_come_to_every_page_in_sight_and_choose_none(window: Window, key: Qt.Key) -> None:
    window.activateWindow()
    items, line = window.rail.items(), window.findChildren(FocusLine)[0]
    seen = ["home"]
    items["home"].setFocus()
    while len(seen) < len(items):
        typed(items[seen[-1]], key)
        settle()
        here = QApplication.focusWidget()
        assert here is not None
        seen.append(next(name for name, item in items.items() if item is here))
        assert is_in_sight(here)
        inside = QRect(here.mapTo(window, QPoint()), here.size())
        assert line.geometry().center() == inside.center()
    assert seen[-2:] == ["diagnostics", "settings"]
    assert {*seen} == {*items}
    assert window.chosen == "home"


def test_a_page_that_is_pressed_stays_pressed(window: Window) -> None:
    item = window.rail.items()["map"]
    for _ in range(2):
        item.click()
        assert window.chosen == "map"
        assert [name for name, each in window.rail.items().items() if each.isChecked()] == ["map"]

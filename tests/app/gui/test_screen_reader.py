"""What a screen reader and the keyboard find: names, states, order; read on a real bus."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QEvent, QPoint, QRect, Qt
from PyQt6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QToolButton,
    QWidget,
)

from tests.app.gui.reader import FOCUSABLE, SHOWING, Reader, reader
from tests.app.gui.scenes import Scene, scenes, settle
from worldvpn_app.gui import regions, style
from worldvpn_app.gui.announce import Politeness, announcement
from worldvpn_app.gui.banners import Alarm
from worldvpn_app.gui.map.page import MapPage
from worldvpn_app.gui.map.widget import WorldMap
from worldvpn_app.gui.present.home import present
from worldvpn_app.gui.rail import Rail
from worldvpn_app.gui.screens.replay import now, states
from worldvpn_app.gui.tokens import DARK, Theme
from worldvpn_app.gui.widgets.chart import RateChart
from worldvpn_app.gui.widgets.dial import Dial

PAGES = ("home", "map", "wallet", "sharing", "account", "diagnostics", "settings")
PRESSED = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox)


@pytest.fixture(scope="module", autouse=True)
def _styled(qapp: QApplication) -> None:
    style.apply(qapp, DARK)


@pytest.fixture(params=[*scenes()], ids=lambda scene: scene.name)
def window(request: pytest.FixtureRequest) -> Iterator[QWidget]:
    scene = request.param
    assert isinstance(scene, Scene)
    made = scene.window(Theme.DARK, (1_100, 720))
    yield made
    made.close()
    sip.delete(made)


def seen(window: QWidget) -> list[QWidget]:
    return [each for each in window.findChildren(QWidget) if each.isVisible()]


def name_of(widget: QWidget) -> str:
    words = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
    return (widget.accessibleName() or words).strip()


def can_be_used(widget: QWidget) -> bool:
    """Whether something can be done with it: not the parts of another, not a picture in a field."""
    parent = widget.parentWidget()
    if isinstance(parent, QAbstractSpinBox | QComboBox):
        return False
    if isinstance(widget, QToolButton) and isinstance(parent, QLineEdit):
        action = widget.defaultAction()
        return action is not None and bool(action.toolTip())
    return isinstance(widget, PRESSED) or widget.focusPolicy() is not Qt.FocusPolicy.NoFocus


def test_everything_that_can_be_used_has_a_name(window: QWidget) -> None:
    every = [each for each in seen(window) if each is not window and can_be_used(each)]
    assert every
    assert [type(each).__name__ for each in every if not name_of(each)] == []


def test_everything_that_can_be_used_is_reached_by_the_keyboard(window: QWidget) -> None:
    wanted = [each for each in seen(window) if each.isEnabled() and isinstance(each, PRESSED)]
    missed = [
        f"{type(each).__name__} {name_of(each)}"
        for each in wanted
        if can_be_used(each)
        and not each.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not isinstance(each.parentWidget(), QLineEdit)
    ]
    assert missed == []


def chain(window: QWidget) -> list[QWidget]:
    """What Tab comes to, in its order."""
    found: list[QWidget] = []
    each = window.nextInFocusChain()
    while each is not None and each is not window:
        if each.isVisible() and each.isEnabled() and each.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(each)
        each = each.nextInFocusChain()
    return found


def area(widget: QWidget) -> QRect:
    return QRect(widget.mapTo(widget.window() or widget, QPoint(0, 0)), widget.size())


def test_tab_goes_from_the_alarm_by_the_rail_to_the_page(window: QWidget) -> None:
    rail = window.findChildren(Rail)[0]
    alarm = [each for each in chain(window) if "on alarm" in str(each.property("look"))]
    order = [2 if not rail.isAncestorOf(each) else 1 for each in chain(window) if each not in alarm]
    assert order == sorted(order)
    assert chain(window)[: len(alarm)] == alarm


def test_tab_follows_the_order_of_reading(window: QWidget) -> None:
    """Of two in one frame, the one above comes first, and of two in one line the left one."""
    order = chain(window)
    wrong = [
        f"{name_of(after)} before {name_of(before)}"
        for place, after in enumerate(order)
        for before in order[place + 1 :]
        if before.parentWidget() is after.parentWidget() and _is_before(area(before), area(after))
    ]
    assert wrong == []


def _is_before(one: QRect, other: QRect) -> bool:
    is_above = one.bottom() < other.top()
    is_beside = one.top() <= other.center().y() <= one.bottom() and one.right() < other.left()
    return is_above or is_beside


def made(scene_name: str) -> QWidget:
    scene = next(each for each in scenes() if each.name == scene_name)
    return scene.window(Theme.DARK, (1_100, 720))


def test_what_is_drawn_is_said() -> None:
    window = made("map")
    dial, chart = window.findChildren(Dial)[0], window.findChildren(RateChart)[0]
    assert dial.accessibleName() == "Connected. Helsinki, Finland."
    assert chart.accessibleName() == "Traffic"
    assert "Mbit/s now" in chart.accessibleDescription()
    rail = window.findChildren(Rail)[0]
    assert "Sharing, 3 guests" in [name_of(each) for each in rail.findChildren(QAbstractButton)]
    window.close()
    sip.delete(window)


def test_a_service_that_is_away_is_said_where_the_state_was() -> None:
    window = made("home-service-away")
    rail = window.findChildren(Rail)[0]
    names = [name_of(each) for each in rail.findChildren(QAbstractButton)]
    window.close()
    sip.delete(window)
    assert names[-1] == "Not known. Service away."


def test_the_map_says_what_the_keyboard_is_at() -> None:
    window = made("map")
    page = window.findChildren(MapPage)[0]
    shown = page.findChildren(WorldMap)[0]
    before = shown.accessibleName()
    key = Qt.Key.Key_Right
    shown.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))
    settle()
    assert before == "World map"
    assert shown.accessibleName() != before
    assert shown.accessibleName().endswith(("nodes", "ms", "\u2013"))
    window.close()
    sip.delete(window)


@pytest.mark.parametrize("name", states())
def test_a_state_is_said_in_whole_sentences(name: str) -> None:
    words, politeness = announcement(present(states()[name], now()))
    assert words.endswith(".")
    assert ".." not in words
    is_alarm = name == "unprotected"
    assert politeness is (Politeness.INTERRUPTING if is_alarm else Politeness.POLITE)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with reader(tmp_path_factory.mktemp("session")) as made:
        yield made


@pytest.mark.parametrize("page", PAGES)
def test_a_screen_reader_finds_a_name_for_all_that_can_have_the_focus(
    read: Reader, page: str
) -> None:
    read.tell("state connected")
    read.tell(f"page {page}")
    tree = read.tree()
    reached = [each for each in tree if each.has(FOCUSABLE) and each.has(SHOWING)]
    assert len(reached) > len(PAGES)
    containers = {"frame", "filler", "panel", "window"}
    nameless = [each for each in reached if not each.name and each.role not in containers]
    assert nameless == []


def test_a_screen_reader_finds_the_state_in_words(read: Reader) -> None:
    read.tell("state connected")
    read.tell("page home")
    tree = read.tree()
    assert "Connected" in [each.name for each in tree]
    (main,) = [each for each in tree if each.name == "Disconnect" and "button" in each.role]
    assert main.description.startswith("Connected. Helsinki, Finland.")


def test_each_change_of_state_is_announced_once_and_the_alarm_interrupts(read: Reader) -> None:
    read.tell("state connected")
    read.spoken()
    for name in ("blocked", "blocked", "unprotected", "connected"):
        read.tell(f"state {name}")
    spoken = read.spoken()
    assert [words.partition(".")[0] for words, _ in spoken] == [
        "Blocked",
        "Unprotected",
        "Connected",
    ]
    assert [politeness for _, politeness in spoken] == [1, 2, 1]


def test_f6_goes_from_part_to_part_and_back() -> None:
    window = made("map")
    window.activateWindow()
    settle()
    rail, page = window.findChildren(Rail)[0], window.findChildren(MapPage)[0]

    def has_focus(part: QWidget) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and part.isAncestorOf(focused)

    def press(key: str) -> None:
        (shortcut,) = [
            each for each in window.findChildren(QShortcut) if each.key() == QKeySequence(key)
        ]
        shortcut.activated.emit()

    press("F6")
    assert has_focus(rail)
    press("F6")
    assert has_focus(page)
    assert not has_focus(page.panel)
    press("F6")
    assert has_focus(page.panel)
    press("F6")
    assert has_focus(rail)
    press("Shift+F6")
    assert has_focus(page.panel)
    window.close()
    sip.delete(window)


def test_f6_comes_to_the_alarm_first() -> None:
    window = made("home-unprotected")
    window.activateWindow()
    settle()
    alarm = window.findChildren(Alarm)[0]
    regions.step((alarm, window.findChildren(Rail)[0]), 1)
    focused = QApplication.focusWidget()
    assert focused is alarm.button
    window.close()
    sip.delete(window)

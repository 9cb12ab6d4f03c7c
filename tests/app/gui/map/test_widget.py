"""Nodes are reached by mouse and by keyboard, and what is drawn is where it says."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QApplication

from worldvpn_app.gui.map.clusters import Mark
from worldvpn_app.gui.map.projection import plane
from worldvpn_app.gui.map.widget import WorldMap


def _mark(shown: WorldMap, node: str) -> Mark:
    return next(mark for mark in shown.shown() if node in mark.nodes)


def _mouse(shown: WorldMap, kind: QEvent.Type, at: QPointF) -> None:
    left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(kind, at, shown.mapToGlobal(at), left, left, plain)
    QApplication.sendEvent(shown, event)


def _click(shown: WorldMap, mark: Mark) -> None:
    at = shown.place(mark.x, mark.y)
    _mouse(shown, QEvent.Type.MouseButtonPress, at)
    _mouse(shown, QEvent.Type.MouseButtonRelease, at)


def _key(shown: WorldMap, key: Qt.Key) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(shown, event)


def _colour(shown: WorldMap, lon: float, lat: float) -> str:
    image = shown.grab().toImage()
    point = (shown.place(*plane(lon, lat)) * shown.devicePixelRatioF()).toPoint()
    return QColor(image.pixel(point)).name().upper()


def test_land_and_sea_are_where_they_are_on_the_globe(shown_map: WorldMap) -> None:
    lands = [_colour(shown_map, *place) for place in ((-100, 45), (22, -2), (100, 62), (0, -82))]
    seas = [_colour(shown_map, *place) for place in ((-30, 30), (80, -20), (-140, 0))]

    assert (set(lands), set(seas)) == ({"#1C242D"}, {"#0C1116"})


def test_a_click_on_a_node_chooses_it(shown_map: WorldMap) -> None:
    chosen: list[str] = []
    shown_map.chosen.connect(chosen.append)

    _click(shown_map, _mark(shown_map, "dakar"))

    assert chosen == ["dakar"]


def test_a_click_on_several_nodes_comes_nearer_until_they_part(shown_map: WorldMap) -> None:
    before = _mark(shown_map, "berlin-0")
    assert len(before.nodes) > 1

    for _ in range(6):
        mark = _mark(shown_map, "berlin-0")
        if len(mark.nodes) > 1:
            _click(shown_map, mark)

    assert len(_mark(shown_map, "berlin-0").nodes) < len(before.nodes)


def test_a_drag_moves_the_map_and_chooses_nothing(shown_map: WorldMap) -> None:
    chosen: list[str] = []
    shown_map.chosen.connect(chosen.append)
    mark = _mark(shown_map, "dakar")
    start = shown_map.place(mark.x, mark.y)

    _mouse(shown_map, QEvent.Type.MouseButtonPress, start)
    for moved in (10, 30, 50):
        _mouse(shown_map, QEvent.Type.MouseMove, start + QPointF(moved, 0))
    _mouse(shown_map, QEvent.Type.MouseButtonRelease, start + QPointF(50, 0))

    assert chosen == []
    assert shown_map.place(mark.x, mark.y).x() == pytest.approx(start.x() + 50, abs=2)


def test_arrows_and_enter_choose_a_node(shown_map: WorldMap) -> None:
    chosen: list[str] = []
    shown_map.chosen.connect(chosen.append)

    for key in (Qt.Key.Key_Right, *[Qt.Key.Key_Down] * 6, Qt.Key.Key_Right, Qt.Key.Key_Return):
        _key(shown_map, key)

    assert chosen
    assert set(chosen) <= {"perth", "lima", "dakar"}


def test_what_is_under_the_pointer_stays_there_while_zooming(shown_map: WorldMap) -> None:
    mark = _mark(shown_map, "dakar")
    point = shown_map.place(mark.x, mark.y)

    shown_map.zoom(3, point)

    after = shown_map.place(mark.x, mark.y)
    assert (after.x(), after.y()) == pytest.approx((point.x(), point.y()), abs=1e-6)


def test_zero_shows_the_whole_world_again(shown_map: WorldMap) -> None:
    before = shown_map.place(1, 0.5)
    _key(shown_map, Qt.Key.Key_Plus)
    assert shown_map.place(1, 0.5) != before

    _key(shown_map, Qt.Key.Key_0)

    assert shown_map.place(1, 0.5) == before


def test_what_was_looked_at_is_looked_at_again_in_a_window_of_another_size(
    shown_map: WorldMap,
) -> None:
    helsinki = plane(25, 60)
    shown_map.look_at([helsinki], 1.9)
    shown_map.resize(shown_map.width() + 200, shown_map.height() + 300)
    resized = shown_map.place(*helsinki)
    shown_map.look_at([helsinki], 1.9)

    assert resized == shown_map.place(*helsinki)


def test_map_that_somebody_has_moved_stays_where_it_is(shown_map: WorldMap) -> None:
    shown_map.look_at([plane(25, 60)], 1.9)
    shown_map.drag(QPointF(30, 20))
    middle = QPointF(shown_map.width() / 2, shown_map.height() / 2)
    before = shown_map.place(1, 0.5) - middle
    shown_map.resize(shown_map.width() + 200, shown_map.height())
    middle = QPointF(shown_map.width() / 2, shown_map.height() / 2)

    assert shown_map.place(1, 0.5) - middle == before


def test_the_current_node_is_drawn_in_the_colour_of_its_state(shown_map: WorldMap) -> None:
    image = shown_map.grab().toImage()
    mark = _mark(shown_map, "helsinki")
    point = shown_map.place(mark.x, mark.y) + QPointF(10, 0)

    assert QColor(image.pixel(point.toPoint())).name().upper() == "#45D6A0"

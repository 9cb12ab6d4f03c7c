"""From right to left all is mirrored but the map, a chart's time, and what is drawn in them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QPoint, QRect, QSize, Qt
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication, QWidget

import worldvpn_app.gui
from tests.app.gui.scenes import Scene, scenes
from tests.app.gui.test_charts import a_day
from worldvpn_app.gui import icons, style
from worldvpn_app.gui.balance import PartsBar
from worldvpn_app.gui.map.callout import Callout
from worldvpn_app.gui.map.rows import Bars
from worldvpn_app.gui.map.view import MapView
from worldvpn_app.gui.map.widget import WorldMap
from worldvpn_app.gui.present.traffic import Rate
from worldvpn_app.gui.present.wallet import Day
from worldvpn_app.gui.screens.replay import now
from worldvpn_app.gui.tokens import DARK, Theme
from worldvpn_app.gui.widgets.bars import DayBars
from worldvpn_app.gui.widgets.chart import RateChart
from worldvpn_app.gui.widgets.controls import Toggle
from worldvpn_app.gui.widgets.day_curve import DayCurve
from worldvpn_app.gui.widgets.focus import FocusLine
from worldvpn_app.gui.widgets.text import label

GUI = Path(worldvpn_app.gui.__file__).parent
SIZES = ((1_100, 720), (800, 600))


@attrs.frozen
class Seen:
    """A widget, and where it is in its window."""

    kind: str
    words: str
    area: QRect

    def mirrored(self, width: int) -> Seen:
        area = QRect(width - self.area.x() - self.area.width(), self.area.y(), 0, 0)
        area.setSize(self.area.size())
        return attrs.evolve(self, area=area)

    def differs(self, other: Seen) -> bool:
        near = (
            abs(one - another) <= 1
            for one, another in zip(self.area.getRect(), other.area.getRect(), strict=True)
        )
        # Not by words: a rate is another one by then.
        return self.kind != other.kind or not all(near)


@pytest.fixture
def turn(qapp: QApplication) -> Iterator[Callable[[Qt.LayoutDirection], None]]:
    def turned(way: Qt.LayoutDirection) -> None:
        qapp.setLayoutDirection(way)
        style.apply(qapp, DARK)

    yield turned
    turned(Qt.LayoutDirection.LeftToRight)


def looked(scene: Scene, size: tuple[int, int]) -> list[Seen]:
    window = scene.window(Theme.DARK, size)
    found = [
        Seen(
            type(each).__name__,
            str(getattr(each, "text", str)()),
            QRect(each.mapTo(window, QPoint(0, 0)), each.size()),
        )
        for each in window.findChildren(QWidget)
        if each.isVisible() and not isinstance(each, FocusLine) and not _is_on_map(each)
    ]
    window.close()
    sip.delete(window)
    return found


def _is_on_map(widget: QWidget) -> bool:
    """A callout stands beside its node, and the map does not turn."""
    around: QWidget | None = widget
    while around is not None and not isinstance(around, Callout):
        around = around.parentWidget()
    return around is not None


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}")
@pytest.mark.parametrize("scene", [*scenes()], ids=lambda scene: scene.name)
def test_every_page_is_mirrored(
    scene: Scene, size: tuple[int, int], turn: Callable[[Qt.LayoutDirection], None]
) -> None:
    turn(Qt.LayoutDirection.LeftToRight)
    before = looked(scene, size)
    turn(Qt.LayoutDirection.RightToLeft)
    after = looked(scene, size)
    assert len(before) == len(after)
    wrong = [
        (one.kind, one.words, one.mirrored(size[0]).area, other.area)
        for one, other in zip(before, after, strict=True)
        if one.mirrored(size[0]).differs(other)
    ]
    assert wrong == []


def painted(make: Callable[[], QWidget], size: QSize) -> QImage:
    made = make()
    made.resize(size)
    picture = made.grab().toImage()
    sip.delete(made)
    return picture


def both(
    make: Callable[[], QWidget], turn: Callable[[Qt.LayoutDirection], None], size: QSize
) -> tuple[QImage, QImage]:
    turn(Qt.LayoutDirection.LeftToRight)
    before = painted(make, size)
    turn(Qt.LayoutDirection.RightToLeft)
    return before, painted(make, size)


def a_map() -> QWidget:
    made = WorldMap(DARK)
    made.show_view(MapView(country="FI"))
    return made


def a_chart() -> QWidget:
    made = RateChart(DARK)
    rates = [Rate(float(second), second * 1.0, second / 4) for second in range(50)]
    made.show_rates(rates, 50.0, "", is_blocked=False)
    return made


def some_days() -> QWidget:
    made = DayBars(DARK)
    made.show_days([Day(on=now().date(), earned=each, spent=each / 2) for each in range(30)])
    return made


def a_curve() -> QWidget:
    made = DayCurve(DARK)
    made.show_view(a_day(*range(9)))
    return made


@pytest.mark.parametrize("make", [a_map, a_chart, some_days, a_curve])
def test_map_and_time_run_as_ever(
    make: Callable[[], QWidget], turn: Callable[[Qt.LayoutDirection], None]
) -> None:
    before, after = both(make, turn, QSize(400, 200))
    assert before == after


def parts() -> QWidget:
    made = PartsBar(DARK)
    made.show_shares((0.7, 0.2, 0.1))
    return made


@pytest.mark.parametrize("make", [parts, lambda: Bars(1, DARK)], ids=["parts", "load"])
def test_bars_are_mirrored(
    make: Callable[[], QWidget], turn: Callable[[Qt.LayoutDirection], None]
) -> None:
    before, after = both(make, turn, QSize(200, 8))
    assert before != after
    assert _nearly(before.mirrored(True, False), after)


def test_a_toggles_knob_goes_over_and_its_tick_does_not_turn(
    turn: Callable[[Qt.LayoutDirection], None],
) -> None:
    def on() -> QWidget:
        made = Toggle(DARK, "on")
        made.setChecked(True)
        return made

    before, after = both(on, turn, QSize(36, 32))
    right, left = QRect(20, 10, 12, 12), QRect(4, 10, 12, 12)
    assert before.copy(right) == after.copy(left)
    assert before.copy(left) != after.copy(left)


def _nearly(one: QImage, other: QImage) -> bool:
    """Whether two pictures differ only where an edge is smoothed."""
    spots = [(x, y) for x in range(one.width()) for y in range(one.height())]
    unlike = [
        spot
        for spot in spots
        if abs(one.pixelColor(*spot).value() - other.pixelColor(*spot).value()) > 90
    ]
    return len(unlike) < len(spots) / 20


def test_an_icon_that_points_on_points_the_other_way(
    turn: Callable[[Qt.LayoutDirection], None],
) -> None:
    turn(Qt.LayoutDirection.RightToLeft)
    assert icons.directed("chevron-right") == "chevron-left"
    assert icons.directed("search") == "search"


def test_a_foreign_name_stands_where_all_others_do(
    turn: Callable[[Qt.LayoutDirection], None],
) -> None:
    turn(Qt.LayoutDirection.RightToLeft)
    name = label("strong", "WorldVPN")
    assert name.alignment() & Qt.AlignmentFlag.AlignRight
    assert name.alignment() & Qt.AlignmentFlag.AlignAbsolute


def test_no_margin_knows_left_from_right() -> None:
    calls = (
        (path.name, node)
        for path in GUI.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and len(node.args) == 4
    )
    wrong = [
        f"{name}:{call.lineno}"
        for name, call in calls
        if ast.unparse(call.func).endswith(".setContentsMargins")
        and ast.unparse(call.args[0]) != ast.unparse(call.args[2])
        and name != "ways.py"
    ]
    assert wrong == []

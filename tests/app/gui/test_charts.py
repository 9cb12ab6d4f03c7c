"""What a chart shows at one moment: by arrow keys, by pointing, and in words."""

from __future__ import annotations

from datetime import date

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.app.gui.windows import pointed, typed
from worldvpn_app.gui.present.carried import CarriedView
from worldvpn_app.gui.present.traffic import Rate
from worldvpn_app.gui.present.wallet import Day
from worldvpn_app.gui.tokens import DARK
from worldvpn_app.gui.widgets.bars import DayBars
from worldvpn_app.gui.widgets.chart import RateChart
from worldvpn_app.gui.widgets.day_curve import DayCurve

NOW_S = 100.0
RATES = (Rate(70.0, 8.0, 1.0), Rate(80.0, None, None), Rate(90.0, 16.0, 2.0), Rate(100.0, 4.0, 0.5))
NEWEST = ("Now", "4.0\u00a0Mbit/s down", "0.5\u00a0Mbit/s up")
BEFORE = ("10\u00a0s ago", "16.0\u00a0Mbit/s down", "2.0\u00a0Mbit/s up")
OLDEST = ("30\u00a0s ago", "8.0\u00a0Mbit/s down", "1.0\u00a0Mbit/s up")


def shown(qtbot: QtBot, chart: QWidget) -> None:
    chart.resize(400, 140)
    qtbot.addWidget(chart)
    chart.show()
    chart.setFocus()


@pytest.fixture
def chart(qtbot: QtBot) -> RateChart:
    made = RateChart(DARK)
    made.show_rates(RATES, NOW_S, "", is_blocked=False)
    shown(qtbot, made)
    return made


@pytest.fixture
def bars(qtbot: QtBot) -> DayBars:
    made = DayBars(DARK)
    made.show_days([Day(on=date(2026, 1, 1 + n), earned=n, spent=2.0 * n) for n in range(3)])
    shown(qtbot, made)
    return made


def a_day(*hours_mbps: float) -> CarriedView:
    """Return a day of which so many hours are over, at such a rate each, and half of the next."""
    points = tuple(((hour + 0.5) / 24, mbps) for hour, mbps in enumerate(hours_mbps))
    return CarriedView(
        points=(*points, ((len(hours_mbps) + 0.5) / 24, 7.0)),
        step_s=3_600,
        most_mbps=10,
        limit_mbps=None,
        now="7.0 Mbit/s now",
        words="Carried for guests",
    )


@pytest.fixture
def curve(qtbot: QtBot) -> DayCurve:
    made = DayCurve(DARK)
    made.show_view(a_day(1.0, 2.0, 3.0))
    shown(qtbot, made)
    return made


def test_the_left_key_goes_back_in_time_and_over_what_is_not_known(chart: RateChart) -> None:
    seen = []
    for _ in range(4):
        typed(chart, Qt.Key.Key_Left)
        seen.append(chart.pointed())
    assert seen == [NEWEST, BEFORE, OLDEST, OLDEST]


def test_the_right_key_comes_back_and_the_ends_have_keys_of_their_own(chart: RateChart) -> None:
    typed(chart, Qt.Key.Key_Home)
    assert chart.pointed() == OLDEST
    typed(chart, Qt.Key.Key_Right)
    assert chart.pointed() == BEFORE
    typed(chart, Qt.Key.Key_End)
    assert chart.pointed() == NEWEST


def test_a_screen_reader_hears_what_the_line_is_at_and_no_more_each_second(
    chart: RateChart,
) -> None:
    assert chart.accessibleName() == "Traffic"
    typed(chart, Qt.Key.Key_Home)
    said = chart.accessibleName()
    assert said == ", ".join(OLDEST)
    chart.show_rates((*RATES, Rate(101.0, 4.0, 0.5)), 101.0, "", is_blocked=False)
    assert chart.accessibleName() == said
    assert chart.pointed()[0] == "31\u00a0s ago"


def test_the_line_goes_by_escape_and_with_what_it_was_at(chart: RateChart) -> None:
    typed(chart, Qt.Key.Key_Home)
    typed(chart, Qt.Key.Key_Escape)
    assert (chart.pointed(), chart.accessibleName()) == ((), "Traffic")
    typed(chart, Qt.Key.Key_Home)
    chart.show_rates(RATES, NOW_S + 40, "", is_blocked=False)
    assert (chart.pointed(), chart.accessibleName()) == ((), "Traffic")


def test_a_chart_of_nothing_is_passed_by_and_takes_no_key(qtbot: QtBot) -> None:
    empty = RateChart(DARK)
    empty.show_rates((), NOW_S, "Nothing goes through a tunnel.", is_blocked=False)
    shown(qtbot, empty)
    typed(empty, Qt.Key.Key_Left)
    assert empty.pointed() == ()
    assert empty.focusPolicy() is Qt.FocusPolicy.NoFocus


def changed(chart: QWidget, key: Qt.Key) -> set[int]:
    """Return the columns in which ``key`` changes the picture, below the plate."""
    without = chart.grab().toImage()
    typed(chart, key)
    image = chart.grab().toImage()
    y = chart.height() - 40
    return {x for x in range(chart.width()) if image.pixel(x, y) != without.pixel(x, y)}


def test_the_line_is_drawn_where_it_points(chart: RateChart) -> None:
    # 30 of 60 s ago is half of what is left of the axis' figures.
    middle = (chart.width() - 52) // 2
    columns = changed(chart, Qt.Key.Key_Home)
    assert columns
    assert all(abs(x - middle) <= 2 for x in columns)


def test_pointing_takes_the_nearest_rate(chart: RateChart) -> None:
    pointed(chart, 10, 40)
    assert chart.pointed() == OLDEST


def test_pointing_takes_the_day_below(bars: DayBars) -> None:
    pointed(bars, 340, 40)
    assert bars.pointed()[1:] == ("Earned 2.00", "Spent 4.00")


def test_days_are_gone_through_by_keys_and_said(bars: DayBars) -> None:
    whole = bars.accessibleName()
    typed(bars, Qt.Key.Key_Left)
    typed(bars, Qt.Key.Key_Left)
    assert bars.pointed() == ("2 Jan", "Earned 1.00", "Spent 2.00")
    assert bars.accessibleName() == ", ".join(bars.pointed())
    typed(bars, Qt.Key.Key_Escape)
    assert bars.accessibleName() == whole
    bars.show_days([])
    assert bars.focusPolicy() is Qt.FocusPolicy.NoFocus


def test_the_line_of_a_day_stays_at_its_day_when_another_begins(bars: DayBars) -> None:
    typed(bars, Qt.Key.Key_Left)
    bars.show_days([Day(on=date(2026, 1, 2 + n), earned=n, spent=0.0) for n in range(3)])
    assert bars.pointed() == ("3 Jan", "Earned 1.00", "Spent 0.00")


def test_hours_are_gone_through_by_keys_and_said(curve: DayCurve) -> None:
    typed(curve, Qt.Key.Key_Left)
    assert curve.pointed() == ("Now", "7.0\u00a0Mbit/s")
    typed(curve, Qt.Key.Key_Home)
    typed(curve, Qt.Key.Key_Right)
    assert curve.pointed() == ("01:00 to 02:00", "2.0\u00a0Mbit/s")
    assert curve.accessibleName() == ", ".join(curve.pointed())
    typed(curve, Qt.Key.Key_Escape)
    assert (curve.pointed(), curve.accessibleName()) == ((), "Carried for guests")


def test_what_is_past_stays_where_it_was_and_now_goes_on(curve: DayCurve) -> None:
    typed(curve, Qt.Key.Key_End)
    curve.show_view(a_day(1.0, 2.0, 3.0, 4.0))
    assert curve.pointed()[0] == "Now"
    typed(curve, Qt.Key.Key_Left)
    curve.show_view(a_day(1.0, 2.0, 3.0, 4.0, 5.0))
    assert curve.pointed() == ("03:00 to 04:00", "4.0\u00a0Mbit/s")
    curve.show_view(a_day())
    assert (curve.pointed(), curve.accessibleName()) == ((), "Carried for guests")


def test_pointing_takes_the_nearest_hour_and_beyond_now_the_present(curve: DayCurve) -> None:
    pointed(curve, 2, 40)
    assert curve.pointed()[0] == "00:00 to 01:00"
    pointed(curve, 300, 40)
    assert curve.pointed()[0] == "Now"


def test_the_line_of_the_curve_is_drawn_where_it_points(curve: DayCurve) -> None:
    columns = changed(curve, Qt.Key.Key_End)
    now = round((curve.width() - 62) * 3.5 / 24)
    assert columns
    assert all(abs(x - now) <= 2 for x in columns)

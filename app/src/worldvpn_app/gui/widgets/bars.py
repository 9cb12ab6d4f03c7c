"""Earned up and filled, spent down and outlined, a pair of bars a day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs
from PyQt6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen

from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.traffic import scale
from worldvpn_app.gui.present.wallet import Day
from worldvpn_app.gui.tokens import SHAPE, Colours
from worldvpn_app.gui.widgets import drawing
from worldvpn_app.gui.widgets.hairline import Moment, ReadChart

translate = QCoreApplication.translate
_RIGHT_PX, _BELOW_PX = 52, 22
_MARKS: Final = 4


class DayBars(ReadChart):
    """One scale for both sides."""

    def __init__(self, colours: Colours, *, has_spent: bool = True) -> None:
        """Without ``has_spent`` all of the height is for what was earned."""
        super().__init__(colours)
        self._has_spent = has_spent
        self._days: Sequence[Day] = ()
        self.setMinimumHeight(112)

    def show_days(self, days: Sequence[Day]) -> None:
        """Show ``days``, the oldest at the left."""
        self._days = days if self._has_spent else [attrs.evolve(day, spent=0.0) for day in days]
        earned, spent = sum(day.earned for day in days), sum(day.spent for day in days)
        words = (
            translate("wallet", "Earned {earned}, spent {spent} credits")
            if self._has_spent
            else translate("wallet", "Earned {earned} credits")
        )
        self._hold(
            [
                Moment(day.on.toordinal(), (place + 0.5) / len(days))
                for place, day in enumerate(days)
            ],
            words.format(earned=figures.decimal(earned, 0), spent=figures.decimal(spent, 0)),
        )

    def _words(self, place: int) -> tuple[str, ...]:
        day = self._days[place]
        earned = translate("wallet", "Earned {n}").format(n=figures.decimal(day.earned, 2))
        spent = translate("wallet", "Spent {n}").format(n=figures.decimal(day.spent, 2))
        return (figures.day(day.on), earned, *((spent,) if self._has_spent else ()))

    def _area(self) -> QRectF:
        return QRectF(0, 8, self.width() - _RIGHT_PX, self.height() - _BELOW_PX - 8)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            drawing.begin(painter)
            area = self._area()
            most = scale(max((max(day.earned, day.spent) for day in self._days), default=0) or 1)
            self._paint_axis(painter, area, most)
            self._paint_bars(painter, area, most)
            self._paint_dates(painter, area)
            self._paint_line(painter)

    def _paint_axis(self, painter: QPainter, area: QRectF, most: float) -> None:
        top, bottom = f"+{figures.short(most)}", f"\u2212{figures.short(most)}"
        both = ((0.0, top), (0.5, "0"), (1.0, bottom))
        for place, text in both if self._has_spent else ((0.0, top), (1.0, "0")):
            y = round(area.top() + place * area.height()) + 0.5
            painter.setPen(QPen(QColor(self._colours.line), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(self._colours.text3))
            room = QRectF(area.right() + 8, y - 8, _RIGHT_PX, 16)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_bars(self, painter: QPainter, area: QRectF, most: float) -> None:
        if not self._days:
            return
        step = area.width() / len(self._days)
        width = min(max(2.0, step * 0.55), 18.0)
        half = area.height() / 2 if self._has_spent else area.height()
        zero = area.top() + half
        second = QColor(self._colours.text2 if self._colours.is_dark else self._colours.text3)
        radius = SHAPE.bar_radius_px if width > 2 * SHAPE.bar_radius_px else 1
        for place, day in enumerate(self._days):
            left = area.left() + step * place + (step - width) / 2
            up, down = day.earned / most * half, day.spent / most * half
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._colours.accent))
            if up >= 1:
                top = QRectF(left, zero - up, width, up - 1)
                painter.drawRoundedRect(top, radius, radius)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(second, 1.4))
            if down > 2:  # noqa: PLR2004 - else its outline would be all of it
                below = QRectF(left + 0.7, zero + 1.7, width - 1.4, down - 2)
                painter.drawRoundedRect(below, radius, radius)

    def _paint_dates(self, painter: QPainter, area: QRectF) -> None:
        if not self._days:
            return
        painter.setPen(QColor(self._colours.text3))
        step = area.width() / len(self._days)
        every = max(1, len(self._days) // _MARKS)
        for place in range(0, len(self._days) - every // 2 - 1, every):
            on = self._days[place].on
            at = QPointF(area.left() + step * place, area.bottom() + 18)
            painter.drawText(at, figures.day(on))
        last = QRectF(area.left(), area.bottom() + 4, area.width(), 18)
        painter.drawText(
            last,
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            translate("wallet", "Today"),
        )

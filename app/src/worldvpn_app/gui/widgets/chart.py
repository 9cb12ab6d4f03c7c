"""Rates over the last minute: a line with its area, a dashed one, and gaps that stay gaps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from PyQt6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy

from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.traffic import SPAN_S, Rate, pointed, rate, scale, told
from worldvpn_app.gui.tokens import Colours
from worldvpn_app.gui.widgets import drawing
from worldvpn_app.gui.widgets.hairline import Moment, ReadChart

translate = QCoreApplication.translate
_RIGHT_PX, _BELOW_PX, _ABOVE_PX = 52, 20, 8
_LINES: Final = 4
_LEAST_MBPS: Final = 0.1
#: More points than this stand so close that how their lines are joined is not seen.
_FEW: Final = 128
_DASH, _GAP = 3, 2
_MARKS_S: Final = (60, 40, 20)


class RateChart(ReadChart):
    """Draws what it is given, newest at the right."""

    def __init__(self, colours: Colours) -> None:
        super().__init__(colours)
        self._rates: Sequence[Rate] = ()
        self._known: Sequence[Rate] = ()
        self._now_s = 0.0
        self._empty = ""
        self._is_blocked = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(90)

    def show_rates(
        self, rates: Sequence[Rate], now_s: float, empty: str, *, is_blocked: bool
    ) -> None:
        """Show ``rates`` up to ``now_s``; without a tunnel, why there are none."""
        self._rates, self._now_s = rates, now_s
        self._empty, self._is_blocked = empty, is_blocked
        self.setAccessibleDescription(empty or self._in_words())
        self._known = told(rates, now_s)
        self._hold(
            [Moment(each.at_s, 1 - (now_s - each.at_s) / SPAN_S) for each in self._known],
            translate("home", "Traffic"),
        )

    def _words(self, place: int) -> tuple[str, ...]:
        return pointed(self._known[place], self._now_s)

    def _has_axes(self) -> bool:
        return not self._empty or self._is_blocked

    def _area(self) -> QRectF:
        right_px = _RIGHT_PX if self._has_axes() else 0
        return QRectF(0, _ABOVE_PX, self.width() - right_px, self.height() - _BELOW_PX - 8)

    def _in_words(self) -> str:
        """Return least, most and newest of both ways."""
        ways = {
            translate("home", "Down: {now} now, {least} to {most}."): [
                each.down_mbps for each in self._rates if each.down_mbps is not None
            ],
            translate("home", "Up: {now} now, {least} to {most}."): [
                each.up_mbps for each in self._rates if each.up_mbps is not None
            ],
        }
        return " ".join(
            words.format(now=rate(known[-1]), least=rate(min(known)), most=rate(max(known)))
            for words, known in ways.items()
            if known
        )

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            drawing.begin(painter)
            area, most = self._area(), self._most()
            self._paint_lines(painter, area, most if self._has_axes() else None)
            if self._empty and not self._is_blocked:
                self._paint_words(painter, area, QColor(self._colours.text2))
                return
            for run in self._runs():
                self._paint_run(painter, area, most, run)
            if self._is_blocked:
                self._paint_block(painter, area)
            else:
                self._paint_line(painter)

    def _most(self) -> float:
        known = [
            max(each.down_mbps or 0, each.up_mbps or 0)
            for each in self._rates
            if self._now_s - each.at_s <= SPAN_S
        ]
        return scale(max(known, default=0.0) or _LEAST_MBPS)

    def _paint_lines(self, painter: QPainter, area: QRectF, most: float | None) -> None:
        colours = self._colours
        for place in range(_LINES):
            y = round(area.bottom() - area.height() * place / (_LINES - 1)) + 0.5
            painter.setPen(QPen(QColor(colours.line), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            if most is not None and place in {0, _LINES - 1}:
                value = most * place / (_LINES - 1)
                painter.setPen(QColor(colours.text3))
                # The unit stands below the lowest figure.
                room = QRectF(area.right() + 8, y - (8 if place else 13), _RIGHT_PX, 16)
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, figures.short(value))
        if most is None:
            return
        painter.setPen(QColor(colours.text3))
        below = QRectF(area.left(), area.bottom() + 4, area.width(), 16)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, translate("home", "now"))
        unit = QRectF(area.right() + 8, area.bottom() + 4, _RIGHT_PX, 16)
        painter.drawText(unit, Qt.AlignmentFlag.AlignLeft, translate("figures", "Mbit/s"))
        for ago_s in _MARKS_S:
            x = self._x(area, self._now_s - ago_s)
            painter.drawText(
                QPointF(x, area.bottom() + 16), translate("figures", "{n}\u00a0s").format(n=ago_s)
            )

    def _x(self, area: QRectF, at_s: float) -> float:
        return area.right() - (self._now_s - at_s) / SPAN_S * area.width()

    def _runs(self) -> Iterator[list[Rate]]:
        """Yield the stretches between gaps."""
        run: list[Rate] = []
        for each in self._rates:
            if self._now_s - each.at_s > SPAN_S:
                continue
            if each.down_mbps is None:
                if run:
                    yield run
                run = []
            else:
                run.append(each)
        if run:
            yield run

    def _paint_run(self, painter: QPainter, area: QRectF, most: float, run: list[Rate]) -> None:
        right, bottom_y = area.right(), area.bottom()
        per_s, per_mbps = area.width() / SPAN_S, area.height() / most
        xs = [right - (self._now_s - each.at_s) * per_s for each in run]
        down, up = (
            [QPointF(x, bottom_y - value * per_mbps) for x, value in zip(xs, values, strict=True)]
            for values in (
                [each.down_mbps or 0.0 for each in run],
                [each.up_mbps or 0.0 for each in run],
            )
        )
        accent = QColor(self._colours.accent)
        drawing.shade(painter, area, down, self._colours.accent)
        second = QColor(self._colours.text2 if self._colours.is_dark else self._colours.text3)
        _draw_line(painter, up, QPen(second, 1.6, Qt.PenStyle.DashLine))
        _draw_line(painter, down, QPen(accent, 2))

    def _paint_block(self, painter: QPainter, area: QRectF) -> None:
        """Tint the time since the last rate: then nothing left."""
        known = (each.at_s for each in self._rates if each.down_mbps is not None)
        fresh = [at_s for at_s in known if self._now_s - at_s <= SPAN_S]
        left = self._x(area, max(fresh)) + 3 if fresh else area.left()
        tinted = QRectF(left, area.top(), area.right() - left, area.height())
        painter.fillRect(tinted, QColor(self._colours.blocked_tint))
        painter.setPen(QPen(QColor(self._colours.blocked), 2))
        painter.drawLine(tinted.topLeft(), tinted.bottomLeft())
        self._paint_words(painter, tinted, QColor(self._colours.blocked))

    def _paint_words(self, painter: QPainter, area: QRectF, colour: QColor) -> None:
        font = painter.font()
        font.setPixelSize(12)
        font.setWeight(font.Weight.Medium)
        painter.setFont(font)
        words, metrics = self._empty, painter.fontMetrics()
        if metrics.horizontalAdvance(words) + 24 > area.width():
            words = words.partition(":")[0]
        width = metrics.horizontalAdvance(words) + 24
        if width > area.width():
            return
        if not self._is_blocked:
            plate = QRectF(0, 0, width, 24)
            plate.moveCenter(area.center())
            painter.fillRect(plate, QColor(self._colours.surface))
        painter.setPen(colour)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)


def _draw_line(painter: QPainter, points: Sequence[QPointF], pen: QPen) -> None:
    """Draw a line through ``points``: where there are many, piece by piece.

    As one path, Qt would look for every crossing of its outline: 10 ms for 300 points.
    """
    if len(points) <= _FEW:
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))
        return
    is_dashed = pen.style() is Qt.PenStyle.DashLine
    solid = QPen(pen.color(), pen.widthF(), Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    painter.setPen(solid)
    pieces = itertools.pairwise(points)
    wanted = [
        QLineF(one, other)
        for place, (one, other) in enumerate(pieces)
        if not is_dashed or place % (_DASH + _GAP) < _DASH
    ]
    painter.drawLines(wanted[0], *wanted[1:])

"""The day's rate as a curve, below the limit that was set for it."""

from __future__ import annotations

import math
from typing import Final

from PyQt6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF

from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.carried import CarriedView, pointed
from worldvpn_app.gui.tokens import Colours
from worldvpn_app.gui.widgets import drawing
from worldvpn_app.gui.widgets.hairline import Moment, ReadChart

translate = QCoreApplication.translate
_RIGHT_PX, _BELOW_PX, _ABOVE_PX = 62, 22, 10
_HOURS: Final = (0, 4, 8, 12, 16, 20)
_DAY_HOURS: Final = 24
_DOT_PX: Final = 4


class DayCurve(ReadChart):
    """From midnight to midnight; what is over is drawn."""

    def __init__(self, colours: Colours) -> None:
        super().__init__(colours)
        self._view: CarriedView | None = None
        self.setMinimumHeight(118)

    def show_view(self, view: CarriedView) -> None:
        """Show the day so far."""
        self._view = view
        shares = [share for share, _ in view.points]
        # The last is the present, however much of the day is over.
        keys = [*map(float, range(len(shares) - 1)), math.inf]
        self._hold(list(map(Moment, keys, shares)), view.words)

    def _words(self, place: int) -> tuple[str, ...]:
        return () if self._view is None else pointed(self._view, place)

    def _area(self) -> QRectF:
        height_px = self.height() - _BELOW_PX - _ABOVE_PX
        return QRectF(0, _ABOVE_PX, self.width() - _RIGHT_PX, height_px)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        view = self._view
        if view is None:
            return
        with QPainter(self) as painter:
            drawing.begin(painter)
            area = self._area()
            self._paint_axes(painter, area, view)
            self._paint_limit(painter, area, view)
            self._paint_curve(painter, area, view)
            self._paint_line(painter)

    def _paint_axes(self, painter: QPainter, area: QRectF, view: CarriedView) -> None:
        for share in (0.0, 0.5, 1.0):
            y = round(area.bottom() - share * area.height()) + 0.5
            painter.setPen(QPen(QColor(self._colours.line), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(self._colours.text3))
            room = QRectF(area.right() + 8, y - 8, _RIGHT_PX, 16)
            figure = figures.short(view.most_mbps * share)
            text = f"{figure}\u00a0{translate('figures', 'Mbit/s')}" if not share else figure
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        for hour in _HOURS:
            at = QPointF(area.left() + area.width() * hour / _DAY_HOURS, area.bottom() + 18)
            painter.drawText(at, f"{hour:02}:00")

    def _paint_limit(self, painter: QPainter, area: QRectF, view: CarriedView) -> None:
        if view.limit_mbps is None:
            return
        y = round(area.bottom() - view.limit_mbps / view.most_mbps * area.height()) + 0.5
        words = translate("sharing", "Your limit")
        width = painter.fontMetrics().horizontalAdvance(words) + 16
        left = area.right() - width - 24
        painter.setPen(QPen(QColor(self._colours.text3), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(left, y))
        painter.drawLine(QPointF(left + width, y), QPointF(area.right(), y))
        painter.setPen(QColor(self._colours.text2))
        room = QRectF(left, y - 8, width, 16)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_curve(self, painter: QPainter, area: QRectF, view: CarriedView) -> None:
        if not view.points:
            return
        points = [
            QPointF(
                area.left() + share * area.width(),
                area.bottom() - mbps / view.most_mbps * area.height(),
            )
            for share, mbps in view.points
        ]
        drawing.shade(painter, area, points, self._colours.accent)
        accent = QColor(self._colours.accent)
        painter.setPen(QPen(accent, 2))
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawEllipse(points[-1], _DOT_PX, _DOT_PX)

"""Marks as small pictures: each is drawn once, then put wherever one like it stands."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPixmap

from worldvpn_app.gui.map.clusters import Mark
from worldvpn_app.gui.tokens import Colours


class Stamps:
    """Keeps the pictures of one theme and one pixel ratio."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, bool], QPixmap] = {}
        self._of: tuple[object, float] | None = None

    def put(
        self, painter: QPainter, mark: Mark, at: QPointF, colours: Colours, *, is_square: bool
    ) -> None:
        """Draw ``mark`` around ``at``; a square is a public node."""
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        if self._of != (colours, ratio):
            self._kept, self._of = {}, (colours, ratio)
        key = (len(mark.nodes), is_square)
        if key not in self._kept:
            self._kept[key] = _drawn(mark, colours, ratio, is_square=is_square)
        half = _half(mark)
        painter.drawPixmap(at - QPointF(half, half), self._kept[key])


def _half(mark: Mark) -> int:
    return math.ceil(mark.radius_px) + 4


def _drawn(mark: Mark, colours: Colours, ratio: float, *, is_square: bool) -> QPixmap:
    half, radius = _half(mark), mark.radius_px
    pixmap = QPixmap(math.ceil(2 * half * ratio), math.ceil(2 * half * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(half, half)
        painter.setPen(QPen(QColor(colours.sea), 2.5))
        painter.setBrush(QColor(colours.accent))
        middle, box = QPointF(0, 0), QRectF(-radius, -radius, 2 * radius, 2 * radius)
        if len(mark.nodes) > 1:
            painter.setBrush(QColor(colours.accentbg))
            painter.drawEllipse(middle, radius + 1, radius + 1)
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawEllipse(middle, radius - 1, radius - 1)
            painter.setPen(QColor(colours.text))
            font = painter.font()
            font.setPixelSize(12)
            font.setWeight(font.Weight.DemiBold)
            painter.setFont(font)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(len(mark.nodes)))
        elif is_square:
            painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), 2, 2)
        else:
            painter.drawEllipse(middle, radius + 1, radius + 1)
    return pixmap

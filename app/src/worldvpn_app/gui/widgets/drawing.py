"""What charts draw alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPolygonF

from worldvpn_app.gui.tokens import MICRO

#: What fades below a line is drawn by so many of its points.
_SHADED: Final = 64


def begin(painter: QPainter) -> None:
    """Prepare ``painter`` for a chart: time runs from left to right in every language."""
    painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = painter.font()
    font.setPixelSize(MICRO.size_px)
    painter.setFont(font)


def shade(painter: QPainter, area: QRectF, points: Sequence[QPointF], colour: str) -> None:
    """Fill what lies below the line through ``points``, fading to the foot of ``area``."""
    top, bottom = QColor(colour), QColor(colour)
    top.setAlphaF(0.28)
    bottom.setAlphaF(0.0)
    fade = QLinearGradient(area.topLeft(), area.bottomLeft())
    fade.setColorAt(0, top)
    fade.setColorAt(1, bottom)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(fade))
    under = [
        QPointF(points[0].x(), area.bottom()),
        *points[:: len(points) // _SHADED + 1],
        points[-1],
        QPointF(points[-1].x(), area.bottom()),
    ]
    painter.drawPolygon(QPolygonF(under))
    painter.setBrush(Qt.BrushStyle.NoBrush)

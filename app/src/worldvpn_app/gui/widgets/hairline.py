"""A vertical line through a chart at one moment, and what was so then on a plate beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PyQt6.QtCore import QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QKeyEvent, QPainter, QPen

from worldvpn_app.gui.tokens import SHAPE, Colours

_LINE_PX, _INSIDE_PX, _AWAY_PX = 15, 8, 8
#: By how much each key moves it; the ends are farther than any chart is long.
_END: Final = 1_000_000
_STEPS: Final = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Home: -_END,
    Qt.Key.Key_End: _END,
}


def step_of(event: QKeyEvent | None) -> int:
    """Return how many places ``event`` moves the line by; 0: it is about something else.

    Time runs from left to right in every language, so the keys do as well.
    """
    if event is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
        return 0
    return _STEPS.get(Qt.Key(event.key()), 0)


def moved(place: int | None, by: int, count: int) -> int | None:
    """Return the place after a step of ``by`` among ``count``; the first step is to the newest."""
    if count == 0:
        return None
    if place is None:
        return 0 if by == -_END else count - 1
    return min(max(place + by, 0), count - 1)


def paint(
    painter: QPainter, area: QRectF, x: float, lines: Sequence[str], colours: Colours
) -> None:
    """Draw the line at ``x``, and ``lines`` on the side where there is more room."""
    # On a whole pixel: a line of one between two would be a blur of both.
    at = round(x) - 0.5
    painter.setPen(QPen(QColor(colours.text2), 1))
    painter.drawLine(QLineF(at, area.top(), at, area.bottom()))
    metrics = painter.fontMetrics()
    width = max(map(metrics.horizontalAdvance, lines), default=0) + 2 * _INSIDE_PX
    height = len(lines) * _LINE_PX + _INSIDE_PX
    left = at - _AWAY_PX - width if at > area.center().x() else at + _AWAY_PX
    plate = QRectF(min(max(left, area.left()), area.right() - width), area.top(), width, height)
    painter.setPen(QPen(QColor(colours.line), 1))
    painter.setBrush(QColor(colours.surface))
    painter.drawRoundedRect(plate, SHAPE.keycap_radius_px, SHAPE.keycap_radius_px)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for place, text in enumerate(lines):
        painter.setPen(QColor(colours.text if place else colours.text3))
        corner = QPointF(plate.left() + _INSIDE_PX, plate.top() + 4 + place * _LINE_PX)
        room = QRectF(corner.x(), corner.y(), width, _LINE_PX)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)

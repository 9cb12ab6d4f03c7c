"""The pictures of the tray: each state by its shape, then by its colour."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPen, QPixmap, QPolygonF

from worldvpn_app.gui.present.view import Mark
from worldvpn_app.gui.tokens import DARK, LIGHT, Colours, Tone

_SIZES_PX: Final = (16, 22, 32, 64)
_UNITS: Final = 32
_RING: Final = QRectF(5, 5, 22, 22)
_OCTAGON: Final = ((11, 4), (21, 4), (28, 11), (28, 21), (21, 28), (11, 28), (4, 21), (4, 11))
_DOT: Final = QPointF(25, 25)
_TRIANGLE: Final = ((16, 4), (29, 27), (3, 27))


def icon(mark: Mark, tone: Tone, colours: Colours, *, is_sharing: bool = False) -> QIcon:
    """Return the icon of a state; every shape is told apart in one colour.

    Sharing adds a dot, except on the alarm.
    """
    made = QIcon()
    for size_px in _SIZES_PX:
        pixmap = QPixmap(size_px, size_px)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.scale(size_px / _UNITS, size_px / _UNITS)
        colour = colours.tray_alarm if tone is Tone.UNPROTECTED else colours.state(tone)
        draw(painter, mark, QColor(colour))
        if is_sharing and tone is not Tone.UNPROTECTED:
            _dot(painter, QColor(colours.accent))
        painter.end()
        made.addPixmap(pixmap)
    return made


def draw(painter: QPainter, mark: Mark, colour: QColor) -> None:  # noqa: C901 - a shape a case
    """Draw ``mark`` 32 wide; what is cut out stays transparent."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    match mark:
        case Mark.STEM:
            painter.drawArc(_RING, 132 * 16, 276 * 16)
            painter.drawLine(QPointF(16, 4), QPointF(16, 14))
        case Mark.PART:
            painter.drawArc(_RING, 132 * 16, 276 * 16)
            pen.setWidthF(3)
            painter.setPen(pen)
            _tick(painter)
        case Mark.ARC | Mark.ARROWS:
            painter.drawArc(_RING, 90 * 16, -255 * 16)
            _filled(painter, colour).drawEllipse(QPointF(16, 16), 4.5, 4.5)
        case Mark.TICK:
            _filled(painter, colour).drawEllipse(QPointF(16, 16), 13, 13)
            _cut(painter)
            _tick(painter)
        case Mark.BARS:
            _filled(painter, colour)
            painter.drawRoundedRect(QRectF(6, 4, 8, 24), 2, 2)
            painter.drawRoundedRect(QRectF(18, 4, 8, 24), 2, 2)
        case Mark.BAR | Mark.LOCK:
            _filled(painter, colour).drawPolygon(_polygon(_OCTAGON))
            _cut(painter)
            painter.drawLine(QPointF(11, 16), QPointF(21, 16))
        case Mark.TRIANGLE:
            _filled(painter, colour).drawPolygon(_polygon(_TRIANGLE))
            _cut(painter)
            painter.drawLine(QPointF(16, 13), QPointF(16, 18))
            painter.drawPoint(QPointF(16, 23.5))
        case Mark.DOTS:
            _filled(painter, colour)
            for x in (6, 16, 26):
                painter.drawEllipse(QPointF(x, 16), 3.5, 3.5)
        case Mark.DASHED:
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([1.2, 0.9])
            painter.setPen(pen)
            painter.drawEllipse(_RING)


def _dot(painter: QPainter, colour: QColor) -> None:
    """Draw the dot at the lower right, apart from what is below it."""
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("black"))
    painter.drawEllipse(_DOT, 8, 8)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    painter.setBrush(colour)
    painter.drawEllipse(_DOT, 6, 6)


def _filled(painter: QPainter, colour: QColor) -> QPainter:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    return painter


def _cut(painter: QPainter) -> None:
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.setPen(QPen(QColor("black"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _tick(painter: QPainter) -> None:
    painter.drawPolyline(QPolygonF([QPointF(10, 16.5), QPointF(14.5, 21), QPointF(22, 12.5)]))


def _polygon(points: tuple[tuple[int, int], ...]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])


def panel_colours() -> Colours:
    """Return the colours for the desktop's panel, which has a theme of its own."""
    hints = QGuiApplication.styleHints()
    is_light = hints is not None and hints.colorScheme() is Qt.ColorScheme.Light
    return LIGHT if is_light else DARK

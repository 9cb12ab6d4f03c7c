"""The dial: a closed ring when nothing leaves outside the tunnel, an open one when traffic is free.

Drawn in units of its own, 96 wide as in the reference, and scaled.
"""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PyQt6.QtGui import (
    QColor,
    QHideEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QShowEvent,
)
from PyQt6.QtWidgets import QWidget

from worldvpn_app.gui.present.view import Mark
from worldvpn_app.gui.tokens import SHAPE, Colours, Tone

_UNITS: Final = 108
_RING: Final = QRectF(-43.5, -43.5, 87, 87)
_RING_WIDTH: Final = 7.5
_WHOLE: Final = 360
#: The gap of an open ring, centred at the top, in degrees.
_GAP: Final = 84
_FRAME_MS: Final = 16
_TURN_MS: Final = 1_200

_OPEN: Final = frozenset({Mark.STEM, Mark.BARS, Mark.PART})


def draw(painter: QPainter, mark: Mark, tone: Tone, colours: Colours, turn: float = 0.0) -> None:
    """Draw around (0, 0), 96 wide; ``turn`` in degrees moves only the connecting arc."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = QColor(colours.state(tone))
    if mark is Mark.TRIANGLE:
        _triangle(painter, colour, QColor(colours.surface))
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.tint(tone)))
    painter.drawEllipse(QPointF(0, 0), 35, 35)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _ring(painter, mark, colour, colours, turn)
    _glyph(painter, mark, colour)


def _pen(colour: QColor, width: float) -> QPen:
    return QPen(
        colour,
        width,
        Qt.PenStyle.SolidLine,
        Qt.PenCapStyle.RoundCap,
        Qt.PenJoinStyle.RoundJoin,
    )


def _ring(painter: QPainter, mark: Mark, colour: QColor, colours: Colours, turn: float) -> None:
    pen = _pen(colour, _RING_WIDTH)
    if mark in _OPEN:
        painter.setPen(pen)
        painter.drawArc(_RING, (90 + _GAP // 2) * 16, (_WHOLE - _GAP) * 16)
    elif mark is Mark.ARC:
        painter.setPen(_pen(QColor(colours.line), _RING_WIDTH))
        painter.drawEllipse(_RING)
        painter.setPen(pen)
        painter.drawArc(_RING, round((90 - turn) * 16), -255 * 16)
    else:
        if mark is Mark.DASHED:
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([1.6, 1.1])
        painter.setPen(pen)
        painter.drawEllipse(_RING)


def _glyph(painter: QPainter, mark: Mark, colour: QColor) -> None:
    painter.setPen(_pen(colour, 7.5))
    match mark:
        case Mark.STEM:
            painter.drawLine(QPointF(0, -41), QPointF(0, -14))
        case Mark.TICK | Mark.PART:
            painter.drawPolyline(QPolygonF([QPointF(-17, 2), QPointF(-5, 14), QPointF(19, -12)]))
        case Mark.BARS:
            painter.drawLine(QPointF(-9, -12), QPointF(-9, 12))
            painter.drawLine(QPointF(9, -12), QPointF(9, 12))
        case Mark.BAR:
            painter.setPen(_pen(colour, 12))
            painter.drawLine(QPointF(-18, 0), QPointF(18, 0))
        case Mark.ARROWS:
            painter.drawPolyline(QPolygonF([QPointF(-19, -8), QPointF(19, -8), QPointF(10, -16)]))
            painter.drawPolyline(QPolygonF([QPointF(19, 8), QPointF(-19, 8), QPointF(-10, 16)]))
        case Mark.LOCK:
            painter.setPen(_pen(colour, 6))
            painter.drawArc(QRectF(-9, -19, 18, 22), 0, 180 * 16)
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(-13, -5, 26, 19), 3, 3)
        case Mark.ARC | Mark.DOTS:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            spots = (0,) if mark is Mark.ARC else (-16, 0, 16)
            for x in spots:
                radius = 8 if mark is Mark.ARC else 4
                painter.drawEllipse(QPointF(x, 0), radius, radius)
        case _:
            pass


def _triangle(painter: QPainter, colour: QColor, hole: QColor) -> None:
    painter.setPen(_pen(colour, 14))
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(0, -37), QPointF(41, 35), QPointF(-41, 35)]))
    bang = QPainterPath()
    bang.addRoundedRect(QRectF(-5.5, -16, 11, 30), 5.5, 5.5)
    bang.addEllipse(QPointF(0, 25), 6.5, 6.5)
    painter.fillPath(bang, hole)


class Dial(QWidget):
    """The dial as a widget; only the connecting arc moves, and only while it is seen."""

    def __init__(self, colours: Colours, size_px: int = SHAPE.dial_px) -> None:
        super().__init__()
        self._colours = colours
        self._mark, self._tone = Mark.DASHED, Tone.UNKNOWN
        self._turn = 0.0
        self._size_px = size_px
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._step)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        side_px = self.side_px(self._size_px)
        return QSize(side_px, side_px)

    def side_px(self, size_px: int) -> int:
        """Return how much room a ring of ``size_px`` takes."""
        return round(size_px * _UNITS / 96)

    def resize_to(self, size_px: int) -> None:
        """Draw the ring ``size_px`` wide."""
        self._size_px = size_px
        self.setFixedSize(self.sizeHint())

    def show_state(self, mark: Mark, tone: Tone) -> None:
        """Draw ``mark`` in the colour of ``tone``."""
        self._mark, self._tone = mark, tone
        self._run()
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.translate(self.width() / 2, self.height() / 2)
        painter.scale(self._size_px / 96, self._size_px / 96)
        draw(painter, self._mark, self._tone, self._colours, self._turn)
        painter.end()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._run()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _run(self) -> None:
        if self._mark is Mark.ARC and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()
            self._turn = 0.0

    def _step(self) -> None:
        self._turn = (self._turn + _WHOLE * _FRAME_MS / _TURN_MS) % _WHOLE
        self.update()

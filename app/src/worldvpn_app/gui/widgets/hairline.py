"""A vertical line through a chart at one moment, and what was so then on a plate beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs
from PyQt6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PyQt6.QtWidgets import QWidget

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


@attrs.frozen
class Moment:
    """A moment that can be pointed at."""

    #: What it is known by when more has come.
    key: float
    #: Where it lies in the chart: 0 at the left, 1 at the right.
    share: float


class ReadChart(QWidget):
    """A chart over time that is read by pointing, or by Left, Right, Home, End and Escape.

    A subclass says what it draws with ``_hold``, and has ``_area`` and ``_words``.
    """

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self._colours = colours
        self._moments: Sequence[Moment] = ()
        #: The moment that is pointed at, by its place.
        self._at: int | None = None
        self._whole = ""
        self.setMouseTracking(True)

    def pointed(self) -> tuple[str, ...]:
        """Return when it is that is pointed at, and what was so then; () for nothing."""
        return () if self._at is None else self._words(self._at)

    def _area(self) -> QRectF:
        """Return where the chart is drawn, without its axes."""
        raise NotImplementedError

    def _words(self, place: int) -> tuple[str, ...]:
        """Return when the moment at ``place`` was, and what was so then."""
        raise NotImplementedError

    def _hold(self, moments: Sequence[Moment], whole: str) -> None:
        """Take what can be pointed at, oldest first, and the name of it all.

        The line stays at its moment, and goes with it.
        """
        key = None if self._at is None else self._moments[self._at].key
        places = (place for place, each in enumerate(moments) if each.key == key)
        self._moments, self._whole, self._at = moments, whole, next(places, None)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if moments else Qt.FocusPolicy.NoFocus)
        if self._at is None:
            self.setAccessibleName(whole)
        self.update()

    def _paint_line(self, painter: QPainter) -> None:
        if self._at is not None:
            area = self._area()
            x = area.left() + self._moments[self._at].share * area.width()
            _paint(painter, area, x, self.pointed(), self._colours)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        by = _step_of(event)
        if by and self._moments:
            self._point(_moved(self._at, by, len(self._moments)))
            # A screen reader hears when the name changes.
            self.setAccessibleName(", ".join(self.pointed()))
        elif event is not None and event.key() == Qt.Key.Key_Escape and self._at is not None:
            self._point(None)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        self._point(None)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        area = self._area()
        if event is not None and self._moments and area.width() > 0:
            share = (event.position().x() - area.left()) / area.width()
            shares = [abs(each.share - share) for each in self._moments]
            self._point(shares.index(min(shares)))

    def leaveEvent(self, event: QEvent | None) -> None:
        super().leaveEvent(event)
        self._point(None)

    def _point(self, at: int | None) -> None:
        self._at = at
        if at is None:
            self.setAccessibleName(self._whole)
        self.update()


def _step_of(event: QKeyEvent | None) -> int:
    """Return how many places ``event`` moves the line by; 0: it is about something else.

    Time runs from left to right in every language, so the keys do as well.
    """
    if event is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
        return 0
    return _STEPS.get(Qt.Key(event.key()), 0)


def _moved(place: int | None, by: int, count: int) -> int:
    """Return the place after a step of ``by`` among ``count``; the first step is to the newest."""
    if place is None:
        return 0 if by == -_END else count - 1
    return min(max(place + by, 0), count - 1)


def _paint(
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

"""The map on the screen: land, nodes, the way to the current one; by mouse and by keyboard."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import attrs
from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PyQt6.QtWidgets import QWidget

from worldvpn_app.gui.map.clusters import Mark, Spot, marks
from worldvpn_app.gui.map.land import Land, MapColours
from worldvpn_app.gui.map.projection import HALF_HEIGHT, HALF_WIDTH
from worldvpn_app.gui.map.stamps import Stamps
from worldvpn_app.gui.map.steps import Box, Way, after, fitting

_STEP: Final = 1.5
_CLOSEST: Final = 4_000.0
_NOTCH: Final = 120
_HIT_PX: Final = 16.0
_RING_PX: Final = 11.0
_DRAG_PX: Final = 4.0
_LIFT_PX: Final = 50.0
_PLATE_PX: Final = 22.0
_WAYS: Final = {
    Qt.Key.Key_Left: Way.LEFT,
    Qt.Key.Key_Right: Way.RIGHT,
    Qt.Key.Key_Up: Way.UP,
    Qt.Key.Key_Down: Way.DOWN,
}


@attrs.frozen(kw_only=True)
class MapView:
    """What the map shows; made by the page, which decides."""

    spots: tuple[Spot, ...] = ()
    #: Nodes of the public kind, drawn as squares.
    public: frozenset[str] = frozenset()
    #: The node in use, the words at its mark, and the colour of its state.
    current: str | None = None
    current_label: str = ""
    current_colour: str = ""
    #: Where the owner is, on the plane; None: not known.
    you: tuple[float, float] | None = None
    you_label: str = ""


class WorldMap(QWidget):
    """Shows a ``MapView``; says which node was chosen."""

    chosen = pyqtSignal(str)

    def __init__(self, colours: MapColours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._colours = colours
        self._view = MapView()
        self._centre = QPointF(0, 0)
        self._scale = 0.0
        self._land = Land()
        self._stamps = Stamps()
        self._spot: Spot | None = None
        self._marks: tuple[object, Sequence[Mark]] = (None, ())
        self._focused: Mark | None = None
        self._pressed: QPointF | None = None
        self._is_dragged = False

    def show_view(self, view: MapView) -> None:
        """Show ``view``; the place and the zoom stay."""
        self._view = view
        self._spot = next((one for one in view.spots if one.node == view.current), None)
        self.update()

    def fit(self) -> None:
        """Show the whole world, as large as it fits."""
        self._scale = self._least()
        self._move_to(QPointF(0, 0))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Come nearer by ``factor``; what is ``at`` that point of the widget stays there."""
        point = at if at is not None else QPointF(self.width() / 2, self.height() / 2)
        before = self._plane(point)
        self._scale = max(self._least(), min(_CLOSEST, self._px_per_radius() * factor))
        self._move_to(self._centre + before - self._plane(point))

    def drag(self, way: QPointF) -> None:
        """Move the map by ``way`` pixels."""
        self._move_to(self._centre - way / self._px_per_radius())

    def shown(self) -> Sequence[Mark]:
        """Return the marks at this zoom, those beside the window too."""
        current = self._view.current
        apart = frozenset({current} if current is not None else ())
        # Joined anew by steps of a fifth: at a coarser zoom, so that marks keep their distance.
        level = 2 ** (math.floor(math.log2(self._px_per_radius()) * 4) / 4)
        key = (self._view.spots, level, apart)
        if self._marks[0] is None or self._marks[0] != key:
            self._marks = (key, marks(self._view.spots, level, apart))
        return self._marks[1]

    def place(self, x: float, y: float) -> QPointF:
        """Return where in the widget a point of the plane is."""
        middle = QPointF(self.width() / 2, self.height() / 2)
        return (QPointF(x, y) - self._centre) * self._px_per_radius() + middle

    def _plane(self, point: QPointF) -> QPointF:
        middle = QPointF(self.width() / 2, self.height() / 2)
        return (point - middle) / self._px_per_radius() + self._centre

    def _least(self) -> float:
        return max(1.0, min(self.width() / HALF_WIDTH, self.height() / HALF_HEIGHT) / 2)

    def _px_per_radius(self) -> float:
        return max(self._scale, self._least())

    def _move_to(self, centre: QPointF) -> None:
        self._centre = QPointF(
            max(-HALF_WIDTH, min(HALF_WIDTH, centre.x())),
            max(-HALF_HEIGHT, min(HALF_HEIGHT, centre.y())),
        )
        self.update()

    def _open(self, mark: Mark) -> None:
        """Choose a node; come nearer to a cluster, or choose its first at the closest zoom."""
        self._focused = mark
        if len(mark.nodes) == 1 or self._px_per_radius() >= _CLOSEST:
            self.chosen.emit(mark.nodes[0])
        else:
            self._centre = QPointF(mark.x, mark.y)
            self.zoom(_STEP * _STEP)
        self.update()

    def _at(self, point: QPointF) -> Mark | None:
        for mark in reversed(self.shown()):
            away = self.place(mark.x, mark.y) - point
            if QPointF.dotProduct(away, away) <= max(mark.radius_px, _HIT_PX) ** 2:
                return mark
        return None

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is not None:
            self.zoom(_STEP ** (event.angleDelta().y() / _NOTCH), event.position())
            event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is not None and event.button() is Qt.MouseButton.LeftButton:
            self._pressed, self._is_dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is None or self._pressed is None:
            return
        way = event.position() - self._pressed
        if self._is_dragged or way.manhattanLength() > _DRAG_PX:
            self._is_dragged, self._pressed = True, event.position()
            self.drag(way)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is None or self._pressed is None:
            return
        self._pressed = None
        mark = None if self._is_dragged else self._at(event.position())
        if mark is not None:
            self._open(mark)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is None:
            return
        key = event.key()
        focused = self._focused if self._focused in self.shown() else None
        if key in _WAYS:
            self._focused = after(self.shown(), focused, _WAYS[Qt.Key(key)])
            self._uncover()
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space} and focused:
            self._open(focused)
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self.zoom(_STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _STEP)
        elif key == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)
        self.update()

    def _uncover(self) -> None:
        """Bring the focused mark into the window."""
        mark = self._focused
        if mark is not None and not QRectF(self.rect()).contains(self.place(mark.x, mark.y)):
            self._move_to(QPointF(mark.x, mark.y))

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        with QPainter(self) as painter:
            ratio, middle = self.devicePixelRatioF(), self.place(0, 0)
            land = self._land.drawn(
                self.size(), ratio, middle, self._px_per_radius(), self._colours
            )
            painter.drawPixmap(0, 0, land)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_arc(painter)
            window = QRectF(self.rect()).adjusted(-30, -30, 30, 30)
            for mark in self.shown():
                at = self.place(mark.x, mark.y)
                if window.contains(at):
                    self._paint_mark(painter, mark, at)
            self._paint_labels(painter)

    def _paint_mark(self, painter: QPainter, mark: Mark, at: QPointF) -> None:
        colours, radius = self._colours, mark.radius_px
        if mark.nodes == (self._view.current,):
            radius = _RING_PX
            painter.setPen(QPen(QColor(colours.sea), 2.5))
            painter.setBrush(QColor(colours.surface))
            painter.drawEllipse(at, radius + 2, radius + 2)
            painter.setPen(QPen(QColor(self._view.current_colour or colours.accent), 3))
            painter.drawEllipse(at, radius - 1.5, radius - 1.5)
        else:
            is_public = len(mark.nodes) == 1 and mark.nodes[0] in self._view.public
            self._stamps.put(painter, mark, at, colours, is_square=is_public)
        if mark == self._focused and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawEllipse(at, radius + 5, radius + 5)

    def _current(self) -> QPointF | None:
        one = self._spot
        return self.place(one.x, one.y) if one is not None else None

    def _paint_arc(self, painter: QPainter) -> None:
        end = self._current()
        if end is None or self._view.you is None or not self._view.current_colour:
            return
        start = self.place(*self._view.you)
        path = QPainterPath(start)
        # The middle of a quadratic curve is lifted by half of what its handle is.
        path.quadTo((start + end) / 2 - QPointF(0, 2 * _LIFT_PX), end)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        soft = QColor(self._view.current_colour)
        soft.setAlphaF(0.2)
        for colour, width in ((soft, 6), (QColor(self._view.current_colour), 2)):
            painter.setPen(QPen(colour, width))
            painter.drawPath(path)

    def _paint_labels(self, painter: QPainter) -> None:
        end = self._current()
        you = self.place(*self._view.you) if self._view.you is not None else None
        boxes: dict[Box, str] = {}
        for at, words in ((end, self._view.current_label), (you, self._view.you_label)):
            if at is not None and words:
                width = painter.fontMetrics().horizontalAdvance(words) + 16
                top = at.y() - _RING_PX - _PLATE_PX - 6
                box = Box(left=at.x() - width / 2, top=top, width=width, height=_PLATE_PX)
                boxes[box] = words
        if you is not None:
            painter.setPen(QPen(QColor(self._colours.sea), 2.5))
            painter.setBrush(QColor(self._colours.text))
            painter.drawEllipse(you, 6.5, 6.5)
        for box in fitting(boxes):
            plate = QRectF(box.left, box.top, box.width, box.height)
            painter.setPen(QPen(QColor(self._colours.line), 1))
            painter.setBrush(QColor(self._colours.surface))
            painter.drawRoundedRect(plate, 8, 8)
            painter.setPen(QColor(self._colours.text))
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, boxes[box])

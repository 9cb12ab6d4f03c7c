"""The map on the screen: land, nodes, the way to the current one; by mouse and by keyboard."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Callable, Sequence
from typing import Final

from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QWidget

from worldvpn_app.gui.map import paint
from worldvpn_app.gui.map.clusters import Mark, Spot, marks
from worldvpn_app.gui.map.land import Land
from worldvpn_app.gui.map.projection import HALF_HEIGHT, HALF_WIDTH
from worldvpn_app.gui.map.stamps import Stamps
from worldvpn_app.gui.map.steps import WAYS, after
from worldvpn_app.gui.map.view import MapView
from worldvpn_app.gui.present.view import Mark as StateMark
from worldvpn_app.gui.tokens import Colours

_STEP, _CLOSEST, _NOTCH = 1.5, 4_000.0, 120
_HIT_PX, _DRAG_PX = 16.0, 4.0
#: So much of the plane is seen at least when one place is looked at: a few countries.
_LEAST_VIEW: Final = 0.9
_ROOM: Final = 1.5
#: Room above the world: what is over the map stands there.
_EDGE_PX, _EDGE_QUIET_PX = 76.0, 24.0


class WorldMap(QWidget):
    """Shows a ``MapView``; says which node was chosen."""

    chosen = pyqtSignal(str)
    #: The nodes of the mark that the keyboard is at.
    pointed = pyqtSignal(tuple)

    def __init__(
        self, colours: Colours, parent: QWidget | None = None, *, is_quiet: bool = False
    ) -> None:
        """``is_quiet``: a picture beside something else, where nothing can be pressed."""
        super().__init__(parent)
        self._is_quiet = is_quiet
        self._covered_px = 0
        if is_quiet:
            self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        policy = Qt.FocusPolicy.NoFocus if is_quiet else Qt.FocusPolicy.StrongFocus
        self.setFocusPolicy(policy)
        self._colours = colours
        self._view = MapView()
        self._centre = QPointF(0, 0)
        self._scale = 0.0
        self._land = Land()
        self._stamps = Stamps()
        self._spot: Spot | None = None
        self._selected: Spot | None = None
        self._marks: dict[object, Sequence[Mark]] = {}
        self._joined: object = None
        self._focused: Mark | None = None
        self._pressed: QPointF | None = None
        self._is_dragged = False
        #: What is shown again when the size is another, until somebody moves the map.
        self._look: Callable[[], None] | None = None

    @property
    def view(self) -> MapView:
        """What is shown."""
        return self._view

    def show_view(self, view: MapView) -> None:
        """Show ``view``; the place and the zoom stay."""
        self._view = view
        self._spot = paint.spot_of(view.spots, view.current)
        self._selected = paint.spot_of(view.spots, view.selected)
        self.update()

    def fit(self) -> None:
        """Show the whole world, as large as it fits."""
        self._look = self.fit
        self._scale = self._least()
        self._move_to(QPointF(0, 0))

    def look_at(
        self, points: Sequence[tuple[float, float]], least_view: float = _LEAST_VIEW
    ) -> None:
        """Show all of ``points`` of the plane as large as they fit, with room around.

        At least ``least_view`` of the plane, in globe radii, is seen.
        """
        if not points or not self.width():
            self.fit()
            return
        self._look = functools.partial(self.look_at, points, least_view)
        xs, ys = [x for x, _ in points], [y for _, y in points]
        wide, high = max(max(xs) - min(xs), least_view), max(max(ys) - min(ys), least_view)
        least = self._least()
        if self._is_quiet:  # it fills its place, whatever is beside it then
            least = max(self.width() / HALF_WIDTH, self.height() / HALF_HEIGHT) / 2
        fits = min(self.width() / (wide * _ROOM), self.height() / (high * _ROOM))
        self._scale = min(max(fits, least), _CLOSEST)
        # Not beyond the world's upper edge: there is nothing to see.
        half = self.height() / 2 / self._px_per_radius()
        edge_px = _EDGE_QUIET_PX if self._is_quiet else max(_EDGE_PX, self._covered_px + 20)
        y = max((max(ys) + min(ys)) / 2, half - HALF_HEIGHT - edge_px / self._px_per_radius())
        self._move_to(QPointF(statistics.median(xs), y))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Come nearer by ``factor``; what is ``at`` that point of the widget stays there."""
        self._look = None
        point = at if at is not None else QPointF(self.width() / 2, self.height() / 2)
        before = self._plane(point)
        self._scale = max(self._least(), min(_CLOSEST, self._px_per_radius() * factor))
        self._move_to(self._centre + before - self._plane(point))

    def drag(self, way: QPointF) -> None:
        """Move the map by ``way`` pixels."""
        self._look = None
        self._move_to(self._centre - way / self._px_per_radius())

    def shown(self) -> Sequence[Mark]:
        """Return the marks at this zoom, those beside the window too."""
        both = (self._view.current, self._view.selected)
        apart = frozenset(each for each in both if each is not None)
        # Joined anew by steps of a fifth: at a coarser zoom, so that marks keep their distance.
        level = 2 ** (math.floor(math.log2(self._px_per_radius()) * 4) / 4)
        if self._joined != (self._view.spots, apart):
            self._joined = (self._view.spots, apart)
            self._marks.clear()
        if level not in self._marks:
            self._marks[level] = marks(self._view.spots, level, apart)
        return self._marks[level]

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

    def cover(self, height_px: int) -> None:
        """Take note that something lies over it, so far down from the top."""
        self._covered_px = height_px
        self._look_again()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._look_again()

    def _look_again(self) -> None:
        if self._look is not None:
            self._look()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None:
            self.zoom(_STEP ** (event.angleDelta().y() / _NOTCH), event.position())
            event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() is Qt.MouseButton.LeftButton:
            self._pressed, self._is_dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None or self._pressed is None:
            return
        way = event.position() - self._pressed
        if self._is_dragged or way.manhattanLength() > _DRAG_PX:
            self._is_dragged, self._pressed = True, event.position()
            self.drag(way)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is None or self._pressed is None:
            return
        self._pressed = None
        mark = None if self._is_dragged else self._at(event.position())
        if mark is not None:
            self._open(mark)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        key = None if event is None else event.key()
        focused = self._focused if self._focused in self.shown() else None
        if key in WAYS:
            self._focused = after(self.shown(), focused, WAYS[key])
            self._uncover()
            if self._focused is not None:
                self.pointed.emit(self._focused.nodes)
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

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        view, room = self._view, QRectF(self.rect())
        with QPainter(self) as painter:
            land, at = self._land.drawn(
                self.size(),
                self.devicePixelRatioF(),
                self.place(0, 0),
                self._px_per_radius(),
                self._colours,
                view.country,
            )
            painter.drawPixmap(at, land)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._is_quiet:
                every = [self.place(one.x, one.y) for one in view.spots]
                paint.dots(painter, [at for at in every if room.contains(at)], self._colours)
                paint.soft_edges(painter, room, self._colours)
            else:
                self._paint_marks(painter, room)
            self._paint_current(painter, room)

    def _paint_marks(self, painter: QPainter, room: QRectF) -> None:
        window = room.adjusted(-30, -30, 30, 30)
        for mark in self.shown():
            at = self.place(mark.x, mark.y)
            if window.contains(at) and mark.nodes != (self._view.current,):
                self._paint_mark(painter, mark, at)
        if self._selected is not None:
            paint.chosen(painter, self.place(self._selected.x, self._selected.y), self._colours)

    def _paint_mark(self, painter: QPainter, mark: Mark, at: QPointF) -> None:
        is_public = len(mark.nodes) == 1 and mark.nodes[0] in self._view.public
        self._stamps.put(painter, mark, at, self._colours, is_square=is_public)
        if mark == self._focused and self.hasFocus():
            paint.focused(painter, at, mark.radius_px + 5, self._colours)

    def _paint_current(self, painter: QPainter, room: QRectF) -> None:
        view, colours = self._view, self._colours
        end = self.place(self._spot.x, self._spot.y) if self._spot is not None else None
        start = self.place(*view.you) if view.you is not None else None
        words: dict[str, QPointF] = {}
        if end is not None and start is not None and view.has_way:
            is_cut = view.current_mark is StateMark.BAR
            paint.arc(painter, start, end, colours.state(view.current_tone), is_cut=is_cut)
        if end is not None:
            paint.ring(painter, end, view.current_mark, view.current_tone, colours)
            words[view.current_label] = end
        if start is not None:
            paint.you(painter, start, colours, is_visible=view.is_visible)
            words[view.you_label] = start
        shown = {text: at for text, at in words.items() if text}
        paint.labels(painter, shown, room, colours, view.you_label)

"""What stands on the map besides nodes: the way to the current one, labels, and soft edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPen, QPolygonF

from worldvpn_app.gui.map.clusters import Spot
from worldvpn_app.gui.map.steps import Box, fitting
from worldvpn_app.gui.present.view import Mark
from worldvpn_app.gui.tokens import SMALL, Colours, Tone
from worldvpn_app.gui.widgets import dial
from worldvpn_app.gui.widgets.ways import mirror

RING_PX: Final = 11.0
PLATE_PX: Final = 26.0
_LIFT_PX: Final = 50.0
_DOT_PX: Final = 5.0
_FADE_PX: Final = 64.0
_ARC_PX: Final = 2
_CROSS_PX: Final = 5.0


def ring(painter: QPainter, at: QPointF, mark: Mark, tone: Tone, colours: Colours) -> None:
    """Draw the state around the current node, 22 wide, told apart as on the dial."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.sea))
    painter.drawEllipse(at, RING_PX + 3, RING_PX + 3)
    painter.save()
    painter.translate(at)
    painter.scale(2 * RING_PX / 94, 2 * RING_PX / 94)
    dial.draw(painter, mark, tone, colours)
    painter.restore()


def focused(painter: QPainter, at: QPointF, radius_px: float, colours: Colours) -> None:
    """Draw what shows where the keyboard is."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colours.accent), 2))
    painter.drawEllipse(at, radius_px, radius_px)


def chosen(painter: QPainter, at: QPointF, colours: Colours) -> None:
    """Draw what tells the selected node from others."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colours.text), 2))
    painter.drawEllipse(at, RING_PX, RING_PX)


def dots(painter: QPainter, points: Sequence[QPointF], colours: Colours) -> None:
    """Draw nodes that only say where there are some."""
    pen = QPen(QColor(colours.text3), _DOT_PX)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawPoints(QPolygonF(points))


def arc(
    painter: QPainter, start: QPointF, end: QPointF, colour: str, *, is_cut: bool = False
) -> None:
    """Draw the way from ``start`` to ``end``; one that nothing goes along is dashed, with an x."""
    path = QPainterPath(start)
    # The middle of a quadratic curve is lifted by half of what its handle is.
    path.quadTo((start + end) / 2 - QPointF(0, 2 * _LIFT_PX), end)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    soft = QColor(colour)
    soft.setAlphaF(0.2)
    for shade, width in ((soft, 6), (QColor(colour), _ARC_PX)):
        style = Qt.PenStyle.DashLine if is_cut and width == _ARC_PX else Qt.PenStyle.SolidLine
        painter.setPen(QPen(shade, width, style))
        painter.drawPath(path)
    if is_cut:
        middle, across = path.pointAtPercent(0.5), QPointF(_CROSS_PX, _CROSS_PX)
        aside = QPointF(_CROSS_PX, -_CROSS_PX)
        painter.setPen(QPen(QColor(colour), _ARC_PX))
        painter.drawLine(middle - across, middle + across)
        painter.drawLine(middle - aside, middle + aside)


def you(painter: QPainter, at: QPointF, colours: Colours, *, is_visible: bool = False) -> None:
    """Draw the owner's own place; a dashed ring says that sites see it."""
    if is_visible:
        painter.setPen(QPen(QColor(colours.text), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, RING_PX, RING_PX)
    painter.setPen(QPen(QColor(colours.sea), 2.5))
    painter.setBrush(QColor(colours.text))
    painter.drawEllipse(at, 6.5, 6.5)


def labels(
    painter: QPainter,
    words: Mapping[str, QPointF],
    room: QRectF,
    colours: Colours,
    before: str = "",
) -> None:
    """Draw each of ``words`` beside its point, on a plate, as far as they do not meet.

    They stand behind their points, the one that is ``before`` ahead of it, where there is room.
    """
    font = painter.font()
    font.setPixelSize(SMALL.size_px)
    font.setWeight(font.Weight.DemiBold)
    painter.setFont(font)
    boxes: dict[Box, str] = {}
    for text, at in words.items():
        width = painter.fontMetrics().horizontalAdvance(text) + 20
        right, ahead = at.x() + RING_PX + 8, at.x() - RING_PX - 8 - width
        fits = ahead < room.left() if text == before else right + width < room.right()
        left = right if fits else ahead
        box = Box(left=left, top=at.y() - PLATE_PX / 2, width=width, height=PLATE_PX)
        boxes[box] = text
    for box in fitting(boxes):
        plate = QRectF(box.left, box.top, box.width, box.height)
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(plate, 8, 8)
        painter.setPen(QColor(colours.text))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, boxes[box])


def soft_edges(painter: QPainter, room: QRectF, colours: Colours) -> None:
    """Let the map go over into the page, but for the edge where lines end."""
    clear, full = QColor(colours.bg), QColor(colours.bg)
    clear.setAlphaF(0.0)
    painter.save()
    mirror(painter, room.width())
    across = QLinearGradient(room.topLeft(), room.topLeft() + QPointF(_FADE_PX, 0))
    down = QLinearGradient(room.bottomLeft() - QPointF(0, _FADE_PX), room.bottomLeft())
    across.setColorAt(0, full)
    across.setColorAt(1, clear)
    down.setColorAt(0, clear)
    down.setColorAt(1, full)
    painter.fillRect(QRectF(room.left(), room.top(), _FADE_PX, room.height()), across)
    top = QRectF(room.left(), room.top(), room.width(), _FADE_PX / 2)
    up = QLinearGradient(top.topLeft(), top.bottomLeft())
    up.setColorAt(0, full)
    up.setColorAt(1, clear)
    painter.fillRect(top, up)
    foot = QRectF(room.left(), room.bottom() - _FADE_PX, room.width(), _FADE_PX)
    painter.fillRect(foot, down)
    painter.restore()


def spot_of(spots: Sequence[Spot], node: str | None) -> Spot | None:
    """Return where ``node`` is; None: nowhere."""
    if node is None:
        return None
    return next((one for one in spots if one.node == node), None)

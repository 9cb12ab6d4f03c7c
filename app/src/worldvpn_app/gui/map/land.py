"""Land and sea as a picture, drawn again only when the window or the place on the map changes."""

from __future__ import annotations

from typing import Protocol

from PyQt6.QtCore import QPointF, QSize
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from worldvpn_app.gui.map.world import world


class MapColours(Protocol):
    """The colours of a theme that the map is drawn in, as ``#RRGGBB``."""

    @property
    def sea(self) -> str: ...

    @property
    def land(self) -> str: ...

    @property
    def coast(self) -> str: ...

    @property
    def surface(self) -> str: ...

    @property
    def line(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def accent(self) -> str: ...

    @property
    def accentbg(self) -> str: ...


class Land:
    """Keeps the outlines, and the last picture of them."""

    def __init__(self) -> None:
        self._key: object = None
        self._pixmap = QPixmap()
        self._path = QPainterPath()
        for rings in world().land.values():
            for ring in rings:
                self._path.addPolygon(QPolygonF([QPointF(x, y) for x, y in ring]))

    def drawn(
        self,
        size: QSize,
        pixel_ratio: float,
        middle: QPointF,
        px_per_radius: float,
        colours: MapColours,
    ) -> QPixmap:
        """Return the picture in which (0, 0) of the plane is at ``middle``."""
        key = (size, pixel_ratio, middle, px_per_radius, colours)
        if self._key is None or self._key != key:
            self._key = key
            self._pixmap = self._draw(size, pixel_ratio, middle, px_per_radius, colours)
        return self._pixmap

    def _draw(
        self,
        size: QSize,
        pixel_ratio: float,
        middle: QPointF,
        px_per_radius: float,
        colours: MapColours,
    ) -> QPixmap:
        pixmap = QPixmap(size * pixel_ratio)
        pixmap.setDevicePixelRatio(pixel_ratio)
        pixmap.fill(QColor(colours.sea))
        with QPainter(pixmap) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(middle)
            painter.scale(px_per_radius, px_per_radius)
            pen = QPen(QColor(colours.coast), 1)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.setBrush(QColor(colours.land))
            painter.drawPath(self._path)
        return pixmap

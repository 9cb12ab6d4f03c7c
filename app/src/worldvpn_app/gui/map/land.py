"""Land and sea as a picture, drawn again only when the window or the place on the map changes."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QSize
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from worldvpn_app.gui.map.world import world
from worldvpn_app.gui.tokens import Colours


class Land:
    """Keeps the outlines, and the last picture of them."""

    def __init__(self) -> None:
        self._key: object = None
        self._pixmap = QPixmap()
        self._paths: dict[str, QPainterPath] = {}
        for code, rings in world().land.items():
            path = self._paths[code] = QPainterPath()
            for ring in rings:
                path.addPolygon(QPolygonF([QPointF(x, y) for x, y in ring]))

    def drawn(  # noqa: PLR0913, PLR0917 - the picture's key
        self,
        size: QSize,
        pixel_ratio: float,
        middle: QPointF,
        px_per_radius: float,
        colours: Colours,
        country: str = "",
    ) -> QPixmap:
        """Return the picture in which (0, 0) of the plane is at ``middle``, ``country`` tinted."""
        key = (size, pixel_ratio, middle, px_per_radius, colours, country)
        if self._key is None or self._key != key:
            self._key = key
            self._pixmap = self._draw(size, pixel_ratio, middle, px_per_radius, colours, country)
        return self._pixmap

    def _draw(  # noqa: PLR0913, PLR0917 - the key, part by part
        self,
        size: QSize,
        pixel_ratio: float,
        middle: QPointF,
        px_per_radius: float,
        colours: Colours,
        country: str,
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
            for code, path in self._paths.items():
                fill = colours.accentbg if country and code == country else colours.land
                painter.setBrush(QColor(fill))
                painter.drawPath(path)
        return pixmap

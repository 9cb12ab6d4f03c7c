"""Land and sea as a picture, drawn again only when the window or the place on the map changes."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from worldvpn_app.gui.map.world import world
from worldvpn_app.gui.tokens import Colours

#: How much more than the window is drawn on each side while it is dragged.
_BEYOND: Final = 0.25


class Land:
    """Keeps the outlines, and the last picture of them."""

    def __init__(self) -> None:
        self._key: object = None
        self._pixmap = QPixmap()
        self._middle, self._beyond = QPointF(), QPointF()
        self._paths: dict[str, QPainterPath] = {}
        for code, rings in world().land.items():
            path = self._paths[code] = QPainterPath()
            for ring in rings:
                path.addPolygon(QPolygonF([QPointF(x, y) for x, y in ring]))
        self._bounds = {code: path.boundingRect() for code, path in self._paths.items()}

    def drawn(  # noqa: PLR0913, PLR0917 - the picture's key
        self,
        size: QSize,
        pixel_ratio: float,
        middle: QPointF,
        px_per_radius: float,
        colours: Colours,
        country: str = "",
    ) -> tuple[QPixmap, QPointF]:
        """Return the picture in which (0, 0) of the plane is at ``middle``, ``country`` tinted.

        And where it is put: once it is dragged about, there is more of it than is seen.
        """
        key = (size, pixel_ratio, px_per_radius, colours, country)
        at = middle - self._middle - self._beyond
        fits = abs(at.x() + self._beyond.x()) <= self._beyond.x() and (
            abs(at.y() + self._beyond.y()) <= self._beyond.y()
        )
        if self._key is None or self._key != key or not fits:
            is_dragged = self._key == key
            self._key, self._middle = key, middle
            self._beyond = QPointF(
                *(round(each * _BEYOND) for each in (size.width(), size.height()))
                if is_dragged
                else (0, 0)
            )
            more = QSize(round(2 * self._beyond.x()), round(2 * self._beyond.y()))
            self._pixmap = self._draw(
                size + more, pixel_ratio, middle + self._beyond, px_per_radius, colours, country
            )
            at = -self._beyond
        return self._pixmap, at

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
            painter.translate(middle)
            painter.scale(px_per_radius, px_per_radius)
            pen = QPen(QColor(colours.coast), 1)
            pen.setCosmetic(True)
            seen = QRectF(
                -middle / px_per_radius, QSizeF(pixmap.deviceIndependentSize()) / px_per_radius
            )
            shown = [code for code, bounds in self._bounds.items() if bounds.intersects(seen)]
            painter.setPen(Qt.PenStyle.NoPen)
            for code in shown:
                fill = colours.accentbg if country and code == country else colours.land
                painter.setBrush(QColor(fill))
                painter.drawPath(self._paths[code])
            # The coast is drawn over the edges of what was filled: only it has to be smooth.
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(pen)
            for code in shown:
                painter.drawPath(self._paths[code])
        return pixmap

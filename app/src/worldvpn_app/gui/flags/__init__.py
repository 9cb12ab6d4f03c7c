"""Flags of countries (flag-icons, MIT, see LICENSE beside this), as scripts/flags.py draws them."""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Final

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPixmap
from PyQt6.QtWidgets import QWidget

from worldvpn_app.gui.tokens import Colours

_CELL_PX: Final = (60, 45)
_IN_A_ROW: Final = 16
_RADIUS: Final = 2.5
SIZE_PX: Final = QSize(20, 15)


@functools.cache
def _sheet() -> tuple[QImage, dict[str, int]]:
    folder = files(__name__)
    codes = (folder / "codes.txt").read_text("utf-8").split()
    image = QImage.fromData((folder / "flags.png").read_bytes())
    return image, {code: place for place, code in enumerate(codes)}


def draw(painter: QPainter, area: QRectF, code: str, colours: Colours) -> None:
    """Draw the flag of ``code`` into ``area``; where there is none, its letters."""
    image, places = _sheet()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    outline = QPainterPath()
    outline.addRoundedRect(area, _RADIUS, _RADIUS)
    painter.setClipPath(outline)
    if code in places:
        row, column = divmod(places[code], _IN_A_ROW)
        width, height = _CELL_PX
        painter.drawImage(area, image, QRectF(column * width, row * height, width, height))
    else:
        painter.fillPath(outline, QColor(colours.raised))
        painter.setPen(QColor(colours.text2))
        font = painter.font()
        font.setPixelSize(9)
        painter.setFont(font)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, code[:2])
    painter.restore()


def pixmap(code: str, colours: Colours, scale: float = 2.0) -> QPixmap:
    """Return the flag of ``code``, 20 x 15 logical pixels."""
    made = QPixmap(SIZE_PX * scale)
    made.setDevicePixelRatio(scale)
    made.fill(Qt.GlobalColor.transparent)
    with QPainter(made) as painter:
        draw(painter, QRectF(0, 0, SIZE_PX.width(), SIZE_PX.height()), code, colours)
    return made


class Flag(QWidget):
    """One flag; hidden while there is no country."""

    def __init__(self, colours: Colours, code: str = "", size: QSize = SIZE_PX) -> None:
        super().__init__()
        self._colours, self._code = colours, code
        self.setFixedSize(size)
        self.setVisible(bool(code))

    def show_country(self, code: str) -> None:
        """Show the flag of ``code``; "" hides it."""
        self._code = code
        self.setVisible(bool(code))
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            draw(painter, QRectF(self.rect()), self._code, self._colours)

"""Lucide icons (ISC, see LICENSE beside this), drawn from the vector at the device's scale."""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Final

from PyQt6.QtCore import QByteArray, QRectF, Qt
from PyQt6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

_TURNED: Final = {"chevron-left": "chevron-right", "chevron-right": "chevron-left"}


@functools.lru_cache(maxsize=512)
def pixmap(name: str, colour: str, size_px: int, scale: float = 1.0) -> QPixmap:
    """Return the icon ``name`` in ``colour``, ``size_px`` logical pixels wide."""
    svg = (files(__name__) / f"{name}.svg").read_text(encoding="utf-8")
    drawn = svg.replace("currentColor", colour).replace('stroke-width="2"', 'stroke-width="1.75"')
    made = QPixmap(round(size_px * scale), round(size_px * scale))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(drawn.encode())).render(painter, QRectF(made.rect()))
    painter.end()
    made.setDevicePixelRatio(scale)
    return made


def is_there(name: str) -> bool:
    """Say whether there is an icon called ``name``."""
    return name.replace("-", "").isalnum() and (files(__name__) / f"{name}.svg").is_file()


def icon(name: str, colour: str, size_px: int = 20) -> QIcon:
    """Return ``pixmap`` as an icon, sharp up to twice the size."""
    return QIcon(pixmap(directed(name), colour, size_px, scale=2.0))


def directed(name: str) -> str:
    """Return the icon that points forward or back where text runs the other way."""
    is_turned = QGuiApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft
    return _TURNED.get(name, name) if is_turned else name


def nothing() -> QIcon:
    """Return an icon that shows nothing."""
    return QIcon()


def of(picture: QPixmap) -> QIcon:
    """Return ``picture`` as an icon."""
    return QIcon(picture)

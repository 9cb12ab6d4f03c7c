"""Which way text runs: start and end instead of left and right, for what Qt does not mirror."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication, QPainter
from PyQt6.QtWidgets import QLayout, QWidget


def is_turned() -> bool:
    """Say whether the language is written from right to left."""
    return QGuiApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft


def set_margins(
    around: QLayout | QWidget, start_px: int, top_px: int, end_px: int, bottom_px: int
) -> None:
    """Set the room around what is inside; Qt knows left and right alone."""
    left_px, right_px = (end_px, start_px) if is_turned() else (start_px, end_px)
    around.setContentsMargins(left_px, top_px, right_px, bottom_px)


def at_start() -> Qt.AlignmentFlag:
    """Return where a line begins, whatever is written in it."""
    side = Qt.AlignmentFlag.AlignRight if is_turned() else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter


def at_end() -> Qt.AlignmentFlag:
    """Return where a line ends, whatever is written in it."""
    side = Qt.AlignmentFlag.AlignLeft if is_turned() else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter


def mirror(painter: QPainter, width: float) -> None:
    """Let what is drawn ``width`` wide be seen as in a mirror where text runs that way."""
    if is_turned():
        painter.translate(width, 0)
        painter.scale(-1, 1)

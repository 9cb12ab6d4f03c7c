"""Rows of settings: a name, one line of what it means, and the control at the end."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from worldvpn_app.gui.tokens import SHAPE, SPACE
from worldvpn_app.gui.widgets.text import label


def setting_rows() -> tuple[QFrame, QVBoxLayout]:
    """Return a card for rows, and its column."""
    frame = QFrame()
    frame.setProperty("look", "card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(SPACE.inside_card_px, 0, SPACE.inside_card_px, 0)
    column.setSpacing(0)
    return frame, column


def setting_row(name: str, said: str, control: QWidget, wrong: str = "") -> QWidget:
    """Return one row; ``wrong`` stands below what it means until it is mended."""
    made = QWidget()
    made.setMinimumHeight(SHAPE.setting_px if said else SHAPE.setting_short_px)
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addStretch(1)
    words.addWidget(label("strong", name, wraps=True))
    if said:
        words.addWidget(label("small", said, wraps=True))
    if wrong:
        words.addWidget(label("answer", wrong, wraps=True))
    words.addStretch(1)
    inside = QHBoxLayout(made)
    inside.setContentsMargins(0, 6, 0, 6)
    inside.setSpacing(16)
    inside.addLayout(words, 1)
    inside.addWidget(control, 0, Qt.AlignmentFlag.AlignVCenter)
    return made

"""Frames and rows that every page is made of."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from worldvpn_app.gui import icons
from worldvpn_app.gui.tokens import SPACE, Colours
from worldvpn_app.gui.widgets.text import Elided, label


def card(
    look: str = "card", inside_px: int = SPACE.inside_card_px, spacing_px: int = 8
) -> tuple[QFrame, QVBoxLayout]:
    """Return a card and the column inside it."""
    frame = QFrame()
    frame.setProperty("look", look)
    column = QVBoxLayout(frame)
    column.setContentsMargins(inside_px, inside_px, inside_px, inside_px)
    column.setSpacing(spacing_px)
    return frame, column


def row(*items: QWidget | int | None, spacing_px: int = SPACE.icon_to_text_px) -> QHBoxLayout:
    """Return ``items`` beside each other: a number is a distance, None takes all that is left."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(spacing_px)
    for item in items:
        if item is None:
            made.addStretch(1)
        elif isinstance(item, int):
            made.addSpacing(item)
        else:
            made.addWidget(item)
    return made


def line() -> QFrame:
    """Return a divider."""
    made = QFrame()
    made.setProperty("look", "line")
    made.setFixedHeight(1)
    return made


def sign(name: str, colour: str, size_px: int = 16) -> QLabel:
    """Return the icon ``name`` as a widget."""
    made = QLabel()
    made.setPixmap(icons.pixmap(name, colour, size_px, scale=2.0))
    made.setFixedWidth(size_px)
    return made


def emptied(layout: QLayout) -> None:
    """Take everything out of ``layout`` and let it go."""
    while (item := layout.takeAt(0)) is not None:
        if (inner := item.layout()) is not None:
            emptied(inner)
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()


def scrolled(inside: QWidget) -> QScrollArea:
    """Return ``inside`` so that it scrolls down where it is too long, never sideways."""
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


class Tile(QFrame):
    """One figure: what it is, the figure, and one line that explains it."""

    def __init__(self, icon: str, title: str, colours: Colours) -> None:
        super().__init__()
        self.setProperty("look", "card")
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_card_px
        column.setContentsMargins(inside_px, inside_px, inside_px, inside_px)
        column.setSpacing(2)
        self.title, self.figure, self.note = (
            Elided("small", title),
            Elided("figure", "\u2013"),
            label("small", wraps=True),
        )
        column.addLayout(_headed(icon, self.title, colours))
        column.addWidget(self.figure)
        column.addWidget(self.note)
        column.addStretch(1)

    def show_figure(self, figure: str, note: str = "") -> None:
        """Show ``figure`` and what explains it."""
        self.figure.setText(figure)
        self.note.setText(note)
        self.setAccessibleName(f"{self.title.text()}: {figure}. {note}")


def _headed(icon: str, title: QWidget, colours: Colours) -> QBoxLayout:
    made = QHBoxLayout()
    made.setSpacing(SPACE.icon_to_text_px)
    made.addWidget(sign(icon, colours.text3))
    made.addWidget(title, 1)
    return made


def page(title: str, *beside: QWidget | int | None) -> tuple[QWidget, QVBoxLayout]:
    """Return a page that scrolls, and its column below the title and what stands ``beside`` it."""
    outer = QWidget()
    outer.setObjectName("page")
    inside = QWidget()
    inside.setObjectName("page")
    inside.setMaximumWidth(1_280)
    column = QVBoxLayout(inside)
    column.setContentsMargins(SPACE.page_px, 20, SPACE.page_px, SPACE.page_px)
    column.setSpacing(SPACE.between_cards_px)
    head = row(label("title", title), *beside)
    column.addLayout(head)
    around = QVBoxLayout(outer)
    around.setContentsMargins(0, 0, 0, 0)
    around.addWidget(scrolled(inside))
    return outer, column

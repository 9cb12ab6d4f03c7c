"""A choice of many, which scrolling the page does not change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QIcon, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PyQt6.QtWidgets import QComboBox

from worldvpn_app.gui.widgets.ways import is_turned

_WIDE_PX: Final = 190
_WIDEST_PX: Final = 260


class Combo(QComboBox):
    """Scrolling over it scrolls the page, and changes nothing."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumWidth(_WIDE_PX)
        self.setMaximumWidth(_WIDEST_PX)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.currentTextChanged.connect(self.setToolTip)
        self._icons: dict[int, Callable[[], QIcon]] = {}

    def add(self, words: str, value: object, icon: Callable[[], QIcon] | None = None) -> None:
        """Add an entry; its icon is drawn once it is seen."""
        if icon is not None:
            self._icons[self.count()] = icon
        self.addItem(words, value)

    def show_at(self, place: int) -> None:
        """Show the entry at ``place`` as the one in force."""
        if place in self._icons:
            self.setItemIcon(place, self._icons.pop(place)())
        self.setCurrentIndex(place)

    def showPopup(self) -> None:
        for place, icon in self._icons.items():
            self.setItemIcon(place, icon())
        self._icons.clear()
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None:
            event.ignore()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colour = self.palette().color(self.foregroundRole())
            painter.setPen(QPen(colour, 1.75, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            at = QPointF(18 if is_turned() else self.width() - 18, self.height() / 2)
            corners = (QPointF(-4, -2), QPointF(0, 2), QPointF(4, -2))
            painter.drawPolyline(QPolygonF([at + each for each in corners]))


def filled(
    name: str,
    value: object,
    choices: Iterable[tuple[object, str]],
    change: Callable[[object], None],
) -> Combo:
    """Return a combo of ``choices`` at ``value``, which is there even where it is none of them."""
    made = Combo(name)
    for each, words in choices:
        made.addItem(words, each)
    found = made.findData(value)
    if found < 0:
        made.addItem(str(value), value)
        found = made.count() - 1
    made.setCurrentIndex(found)
    made.activated.connect(lambda place: change(made.itemData(place)))
    return made

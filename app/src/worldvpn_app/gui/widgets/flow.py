"""Widgets beside each other as long as they fit, the rest under them; mirrored where text is."""

from __future__ import annotations

from collections.abc import Iterator

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QLayout, QLayoutItem, QStyle, QWidget


class Flow(QLayout):
    """A row that becomes several where it must.

    ``fills``: those of a row share all its room. ``apart``: the last of a row stands at its end.
    """

    def __init__(
        self, *widgets: QWidget, spacing_px: int = 8, fills: bool = False, apart: bool = False
    ) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._fills, self._apart = fills, apart
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing_px)
        for widget in widgets:
            self.addWidget(widget)

    def addItem(self, item: QLayoutItem | None) -> None:
        if item is not None:
            self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        margins = self.contentsMargins()
        room_px = width - margins.left() - margins.right()
        return self._height([*self._rows(room_px)], room_px) + margins.top() + margins.bottom()

    def sizeHint(self) -> QSize:
        shown = [each.sizeHint() for each in self._shown()]
        wide = sum(each.width() for each in shown) + self.spacing() * max(0, len(shown) - 1)
        return self._with_margins(wide, max((each.height() for each in shown), default=0))

    def minimumSize(self) -> QSize:
        shown = [each.minimumSize() for each in self._shown()]
        return self._with_margins(
            max((each.width() for each in shown), default=0),
            max((each.height() for each in shown), default=0),
        )

    def setGeometry(self, room: QRect) -> None:
        super().setGeometry(room)
        room = room.marginsRemoved(self.contentsMargins())
        y = room.y()
        for row in self._rows(room.width()):
            high = max(_high(each, room.width()) for each in row)
            left_px = room.width() - sum(each.sizeHint().width() for each in row)
            left_px -= self.spacing() * (len(row) - 1)
            x = room.x()
            for place, item in enumerate(row):
                wide = min(item.sizeHint().width(), room.width())
                if self._fills:
                    wide += max(0, left_px) // len(row)
                elif self._apart and place and place == len(row) - 1:
                    x += max(0, left_px)
                item.setGeometry(self._visual(QRect(x, y, wide, high), room))
                x += wide + self.spacing()
            y += high + self.spacing()

    def _shown(self) -> Iterator[QLayoutItem]:
        return (each for each in self._items if not each.isEmpty())

    def _rows(self, width: int) -> Iterator[list[QLayoutItem]]:
        row: list[QLayoutItem] = []
        used = 0
        for item in self._shown():
            wide = item.sizeHint().width()
            if row and used + self.spacing() + wide > width:
                yield row
                row, used = [], 0
            used += wide + (self.spacing() if row else 0)
            row.append(item)
        if row:
            yield row

    def _height(self, rows: list[list[QLayoutItem]], room_px: int) -> int:
        high = sum(max(_high(each, room_px) for each in row) for row in rows)
        return high + self.spacing() * max(0, len(rows) - 1)

    def _with_margins(self, width: int, height: int) -> QSize:
        return QSize(width, height).grownBy(self.contentsMargins())

    def _visual(self, area: QRect, room: QRect) -> QRect:
        parent = self.parentWidget()
        way = parent.layoutDirection() if parent else QGuiApplication.layoutDirection()
        return QStyle.visualRect(way, room, area)


def _high(item: QLayoutItem, room_px: int) -> int:
    """Return how high ``item`` is: higher where it is wider than the row, and breaks."""
    hint = item.sizeHint()
    if hint.width() > room_px and item.hasHeightForWidth():
        return item.heightForWidth(room_px)
    return hint.height()

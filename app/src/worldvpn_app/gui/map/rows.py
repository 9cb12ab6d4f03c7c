"""The list beside the map: countries, their nodes below them, every mark as a row."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QCoreApplication, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from worldvpn_app.gui import icons
from worldvpn_app.gui.flags import Flag
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.lists import PREFIX
from worldvpn_app.gui.present.nodes import Land, Node, kind, latency, load_words
from worldvpn_app.gui.tokens import Colours
from worldvpn_app.gui.widgets.cards import emptied
from worldvpn_app.gui.widgets.cards import sign as sign_of
from worldvpn_app.gui.widgets.text import Elided, label
from worldvpn_app.gui.widgets.ways import mirror

translate = QCoreApplication.translate
_BARS: Final = 3
#: Rows beyond this are found by searching: a list of thousands helps nobody.
MOST_ROWS: Final = 200


class Bars(QWidget):
    """The load of a node as bars, and in words for whoever cannot see them."""

    def __init__(self, load: int, colours: Colours) -> None:
        super().__init__()
        self._load, self._colours = load, colours
        self.setFixedSize(QSize(18, 14))
        words = load_words(load)
        self.setAccessibleName(words)
        self.setToolTip(words)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            mirror(painter, self.width())
            for place in range(_BARS):
                is_on = place < max(1, self._load)
                painter.setBrush(QColor(self._colours.text2 if is_on else self._colours.line))
                height = 4 + 5 * place
                painter.drawRoundedRect(QRectF(6 * place, 14 - height, 4, height), 1, 1)


class Row(QPushButton):
    """One row of 44: flag or mark, name, latency, load."""

    def __init__(self, colours: Colours, name: str, node: Node, *, below: str = "") -> None:
        super().__init__()
        self.setProperty("look", "row")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(f"{name}, {latency(node)}, {load_words(node.load)}. {below}")
        self._inside = QHBoxLayout(self)
        self._inside.setContentsMargins(10, 2, 10, 2)
        self._inside.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        self.name = Elided("strong", name)
        words.addWidget(self.name)
        if below:
            words.addWidget(Elided("caption", below))
        words.addStretch(1)
        self._inside.addLayout(words, 1)
        self._inside.addWidget(label("semi", latency(node)))
        self._inside.addWidget(Bars(node.load, colours))
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def put_before(self, widget: QWidget) -> None:
        """Put ``widget`` at the row's beginning."""
        widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._inside.insertWidget(0, widget)

    def put_after_name(self, widget: QWidget) -> None:
        """Put ``widget`` behind the name."""
        widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._inside.insertWidget(self._inside.count() - 2, widget)


class Rows(QWidget):
    """All rows; ``chosen`` gives a node's id."""

    chosen = pyqtSignal(str)

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self._colours = colours
        self._open: set[str] = set()
        self._lands: tuple[Land, ...] = ()
        self._current: str | None = None
        self._selected: str | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(6, 0, 6, 8)
        self._column.setSpacing(0)

    def show_lands(
        self, lands: tuple[Land, ...], current: str | None, selected: str | None
    ) -> None:
        """Show ``lands``; those that were opened stay open."""
        key = (lands, current, selected)
        if key == (self._lands, self._current, self._selected) and self._column.count():
            return
        self._lands, self._current, self._selected = key
        self._fill()

    def _fill(self) -> None:
        emptied(self._column)
        count = 0
        for land in self._lands:
            if count >= MOST_ROWS:
                break
            self._column.addWidget(self._land(land))
            count += 1
            if land.code in self._open:
                for node in land.nodes[: MOST_ROWS - count]:
                    self._column.addWidget(self._node(node))
                    count += 1
        self._column.addStretch(1)

    def _land(self, land: Land) -> Row:
        has_current = any(node.id == self._current for node in land.nodes)
        row = Row(
            self._colours,
            land.name,
            land.best,
            below=translate("map", "Connected here")
            if has_current and len(land.nodes) == 1
            else "",
        )
        if land.code.startswith(PREFIX):
            row.put_before(sign_of("list", self._colours.text2))
        else:
            row.put_before(Flag(self._colours, land.code))
        if len(land.nodes) > 1:
            chevron = "chevron-down" if land.code in self._open else "chevron-right"
            sign = label("caption")
            sign.setPixmap(
                icons.pixmap(icons.directed(chevron), self._colours.text3, 16, scale=2.0)
            )
            row.put_after_name(label("caption", figures.whole(len(land.nodes))))
            row.put_after_name(sign)
            row.clicked.connect(lambda: self._turn(land.code))
        else:
            self._choosing(row, land.best)
        return row

    def _node(self, node: Node) -> Row:
        kinds = [node.short, kind(node)]
        kinds += [translate("map", "new")] if node.is_new else []
        kinds += [translate("map", "failing")] if node.is_failing else []
        kinds += [translate("map", "favourite")] if node.is_favourite else []
        if node.id == self._current:
            kinds = [translate("map", "Connected here")]
        row = Row(self._colours, node.city or node.short, node, below=" · ".join(kinds))
        space = QWidget()
        space.setFixedWidth(20)
        row.put_before(space)
        self._choosing(row, node)
        return row

    def _choosing(self, row: Row, node: Node) -> None:
        row.setCheckable(True)
        row.setChecked(node.id == self._selected)
        row.clicked.connect(lambda: self.chosen.emit(node.id))

    def _turn(self, code: str) -> None:
        self._open ^= {code}
        self._fill()

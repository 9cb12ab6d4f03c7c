"""The rail: the pages by name, and how this computer stands, bottom left."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QCoreApplication, QPoint, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from worldvpn_app.gui import icons
from worldvpn_app.gui.pages import Page
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.view import HomeView, Mark, sentences
from worldvpn_app.gui.tokens import SHAPE, Colours, Tone
from worldvpn_app.gui.widgets.cards import line, scrolled
from worldvpn_app.gui.widgets.dial import draw
from worldvpn_app.gui.widgets.text import Elided, label, tip
from worldvpn_app.gui.widgets.ways import is_turned, set_margins

translate = QCoreApplication.translate
_RING_PX = 20
_AROUND_PX = 8
_ARROWS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_UNITS = 100


class Ring(QWidget):
    """The dial at 20 px, which never moves."""

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self._colours, self._mark, self._tone = colours, Mark.DASHED, Tone.UNKNOWN
        self.setFixedSize(QSize(_RING_PX, _RING_PX))

    def show_state(self, mark: Mark, tone: Tone) -> None:
        """Draw ``mark`` in the colour of ``tone``."""
        self._mark, self._tone = mark, tone
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        area = QRectF(self.rect())
        painter.translate(area.center())
        painter.scale(area.width() / _UNITS, area.height() / _UNITS)
        draw(painter, self._mark, self._tone, self._colours)
        painter.end()


class Logo(QWidget):
    """The mark: three computers that are one way, in a ring."""

    def __init__(self, colours: Colours, size_px: int = 28) -> None:
        super().__init__()
        self._colours = colours
        self.setFixedSize(QSize(size_px, size_px))

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(self.width() / 28, self.height() / 28)
            painter.setPen(QPen(QColor(self._colours.accent), 2))
            painter.drawEllipse(QPointF(14, 14), 12, 12)
            painter.setPen(QPen(QColor(self._colours.text), 1.6))
            left, top, right = QPointF(8.5, 17), QPointF(14, 9.5), QPointF(19.5, 17)
            painter.drawLine(left, top)
            painter.drawLine(top, right)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._colours.text))
            for at in (left, top, right):
                painter.drawEllipse(at, 2.3, 2.3)


class Item(QPushButton):
    """A page's name in the rail; with a count, and a dot for it where there is no room."""

    #: It has the focus now.
    reached = pyqtSignal()
    #: An arrow was pressed: -1 up, 1 down.
    stepped = pyqtSignal(int)

    def __init__(self, page: Page, colours: Colours) -> None:
        super().__init__(icons.icon(page.icon, colours.text2), "")
        self._colours, self._icon_name = colours, page.icon
        self.title = page.title
        self._count, self._is_narrow = 0, False
        self.setProperty("look", "rail")
        self.setIconSize(QSize(20, 20))
        self.setCheckable(True)
        # Beside a scroll bar there is less room than its padding asks for.
        self.setMinimumWidth(SHAPE.hit_px)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(page.title)
        self.toggled.connect(self._tint)

    def set_narrow(self, *, is_narrow: bool) -> None:
        """Show the icon only, with the name as a tooltip, or both."""
        self._is_narrow = is_narrow
        # An ampersand alone would be drawn as a line below the next letter.
        self.setText("" if is_narrow else f"  {self.title}".replace("&", "&&"))
        self.setToolTip(tip(self.title) if is_narrow else "")

    def count(self, number: int) -> None:
        """Show ``number`` beside the name; 0 shows nothing."""
        if number != self._count:
            self._count = number
            said = translate("rail", "{page}, {n} guests", "", figures.form(number))
            said = said.format(page=self.title, n=figures.whole(number))
            self.setAccessibleName(said if number else self.title)
            self.update()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in _ARROWS:
            self.stepped.emit(_ARROWS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        super().focusInEvent(event)
        self.reached.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if not self._count:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            if self._is_narrow:
                painter.setBrush(QColor(self._colours.accent))
                painter.drawEllipse(QPointF(14 if is_turned() else self.width() - 14, 11), 4, 4)
                return
            text = figures.whole(self._count)
            width = max(20, painter.fontMetrics().horizontalAdvance(text) + 12)
            left = 10 if is_turned() else self.width() - width - 10
            area = QRectF(left, (self.height() - 20) / 2, width, 20)
            painter.setBrush(QColor(self._colours.accentbg))
            painter.drawRoundedRect(area, 10, 10)
            painter.setPen(QColor(self._colours.accent))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _tint(self, is_on: bool) -> None:  # noqa: FBT001 - Qt's signal
        colour = self._colours.accent if is_on else self._colours.text2
        self.setIcon(icons.icon(self._icon_name, colour))


class Rail(QFrame):
    """Lists ``pages``; ``chosen`` tells which was pressed by its name."""

    chosen = pyqtSignal(str)

    def __init__(self, pages: tuple[Page, ...], colours: Colours) -> None:
        super().__init__()
        self.setObjectName("rail")
        self._colours, self._has_added, self._selected = colours, False, ""
        # In no group: Qt would let Tab come to the chosen one alone, and arrows choose.
        self._items: dict[str, Item] = {}
        self._last: Item | None = None
        column = QVBoxLayout(self)
        set_margins(column, _AROUND_PX, 20, 0, 12)
        column.setSpacing(4)
        self._name = label("brand", "WorldVPN")
        head = QHBoxLayout()
        set_margins(head, 12, 2, _AROUND_PX, 18)
        head.setSpacing(8)
        head.addWidget(Logo(colours))
        head.addWidget(self._name, 1)
        column.addLayout(head)
        # Plugins may bring more pages than there is room for: they scroll, what is below stays.
        inside = QWidget()
        daily = self._daily = QVBoxLayout(inside)
        daily.setSpacing(4)
        for page in pages:
            if not page.is_low:
                self._last = self._made(page)
                daily.addWidget(self._last)
        daily.addStretch(1)
        self._area, self._edge = scrolled(inside), line()
        if (bar := self._area.verticalScrollBar()) is not None:
            bar.rangeChanged.connect(lambda _least, most: self._make_room(has_bar=most > 0))
        self._make_room(has_bar=False)
        column.addWidget(self._area, 1)
        low = QVBoxLayout()
        set_margins(low, 0, 0, _AROUND_PX, 0)
        low.setSpacing(4)
        low.addWidget(self._edge)
        for page in pages:
            if page.is_low:
                low.addWidget(self._made(page))
        column.addLayout(low)
        self.ring, self.state = Ring(colours), label("state")
        self.where, self.account = Elided("small"), Elided("caption")
        low.addSpacing(8)
        low.addWidget(line())
        low.addWidget(self._foot())
        self.set_narrow(is_narrow=False)

    def add(self, page: Page) -> None:
        """Add ``page`` below the others of daily use, the first after a divider."""
        if not self._has_added:
            self._has_added = True
            self._daily.insertWidget(self._daily.count() - 1, line())
        item = self._made(page)
        item.set_narrow(is_narrow=self._name.isHidden())
        self._daily.insertWidget(self._daily.count() - 1, item)
        if self._last is not None:
            QWidget.setTabOrder(self._last, item)
        self._last = item

    def _make_room(self, *, has_bar: bool) -> None:
        """Let a scroll bar stand in the margin: items are as wide as without one, nearly."""
        self._edge.setVisible(has_bar)
        set_margins(self._daily, 0, 0, 0 if has_bar else _AROUND_PX, 0)

    def items(self) -> Mapping[str, Item]:
        """Return what is pressed for each page, by the page's name."""
        return self._items

    def _made(self, page: Page) -> Item:
        item = Item(page, self._colours)
        item.clicked.connect(lambda _checked: self._press(page.name))
        item.reached.connect(lambda: self._scroll_to(item))
        item.stepped.connect(lambda by: self._step(item, by))
        self._items[page.name] = item
        return item

    def set_narrow(self, *, is_narrow: bool) -> None:
        """Show icons only, with the names as tooltips, or both."""
        self.setFixedWidth(SHAPE.rail_narrow_px if is_narrow else SHAPE.rail_px)
        for item in self._items.values():
            item.set_narrow(is_narrow=is_narrow)
        for each in (self._name, self.state, self.where, self.account):
            each.setVisible(not is_narrow)

    def select(self, name: str) -> None:
        """Mark the page ``name`` as the one that is shown."""
        for each, item in self._items.items():
            item.setChecked(each == name)
        if name != self._selected:
            self._selected = name
            self._scroll_to(self._items[name])

    def _press(self, name: str) -> None:
        # A press has turned it, whether or not it was the one already.
        self.select(self._selected)
        self.chosen.emit(name)

    def _step(self, item: Item, by: int) -> None:
        """Give the focus to the item above or below ``item``, as they are seen."""
        every = sorted(self._items.values(), key=lambda each: each.mapTo(self, QPoint()).y())
        place = every.index(item) + by
        if 0 <= place < len(every):
            every[place].setFocus(Qt.FocusReason.TabFocusReason)

    def _scroll_to(self, item: Item) -> None:
        if self._area.isAncestorOf(item):
            self._area.ensureWidgetVisible(item, 0, 0)

    def show_view(self, view: HomeView) -> None:
        """Say how this computer stands."""
        self.ring.show_state(view.mark, view.tone)
        self._block.setToolTip(tip(sentences(view.title, view.line)))
        self._block.setAccessibleName(sentences(view.title, view.line, view.account))
        self.state.setText(view.title)
        self.state.setStyleSheet(f"color: {self._colours.state(view.tone)}")
        self.where.setText(view.brief)
        self.account.setText(view.account)
        if "sharing" in self._items:
            self._items["sharing"].count(view.guests)

    def show_unknown(self) -> None:
        """Say that nothing is known: the last state may not be so any more."""
        self.ring.show_state(Mark.DASHED, Tone.UNKNOWN)
        unknown, away = translate("home", "Not known"), translate("home", "Service away")
        self._block.setToolTip(sentences(unknown, away))
        self._block.setAccessibleName(sentences(unknown, away))
        self.state.setText(unknown)
        self.state.setStyleSheet(f"color: {self._colours.text2}")
        self.where.setText(away)
        self.account.clear()

    def _foot(self) -> QPushButton:
        """Return the state as a button to Home."""
        self._block = QPushButton()
        self._block.setProperty("look", "foot")
        self._block.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._block.clicked.connect(lambda: self.chosen.emit("home"))
        inside = QHBoxLayout(self._block)
        set_margins(inside, 12, 8, 4, 4)
        inside.setSpacing(12)
        inside.addWidget(self.ring, 0, Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(0)
        for each in (self.state, self.where, self.account):
            each.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            words.addWidget(each)
        inside.addLayout(words, 1)
        return self._block

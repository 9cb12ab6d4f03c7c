"""What stands beside the map: the search, the fastest node, and every node as a row."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QCoreApplication, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QLineEdit, QToolButton, QVBoxLayout, QWidget

from worldvpn_app.gui import icons
from worldvpn_app.gui.map.rows import Row, Rows
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import Advice, advice
from worldvpn_app.gui.present.nodes import Land, counted, fastest
from worldvpn_app.gui.present.places import FASTEST
from worldvpn_app.gui.widgets.cards import emptied, line, row, scrolled
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.field import lead
from worldvpn_app.gui.widgets.text import label
from worldvpn_app.gui.widgets.ways import set_margins

translate = QCoreApplication.translate
_FRESH_S: Final = 90
_LATER_MS: Final = 120
COUNTRIES, FAVOURITES, LISTS = "countries", "favourites", "lists"


class Panel(QWidget):
    """Lists what fits; ``chosen`` gives a node's id."""

    chosen = pyqtSignal(str)
    #: What is typed has changed, and the typing has paused.
    searched = pyqtSignal()
    cleared = pyqtSignal()
    #: Another way to list was chosen; ``tab`` says which.
    turned = pyqtSignal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("panel")
        # It may lie over the map.
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context, self._colours = context, context.colours
        self.finder = QLineEdit()
        self.finder.setProperty("look", "search")
        self.finder.setPlaceholderText(translate("map", "Search country, city or node"))
        self.finder.setToolTip(self.finder.placeholderText())
        self.finder.setAccessibleName(self.finder.placeholderText())
        self.finder.setClearButtonEnabled(True)
        for clearing in self.finder.findChildren(QToolButton):
            clearing.setAccessibleName(translate("map", "Clear the search"))
        lead(self.finder, "search", context.colours)
        self.tab = COUNTRIES
        self.tabs = {name: button(text, look="tab") for name, text in _tabs().items()}
        self._tabbing = QButtonGroup(self)
        for name, each in self.tabs.items():
            each.setCheckable(True)
            each.setChecked(name == self.tab)
            each.clicked.connect(lambda _checked, name=name: self._turn(name))
            self._tabbing.addButton(each)
        self.rows = Rows(context.colours)
        self.rows.chosen.connect(self.chosen)
        self.count = label("caption")
        self.answer = label("answer", wraps=True)
        self.empty = label("second", centred=True)
        self.clear = button(translate("map", "Clear filters"))
        self.clear.clicked.connect(self.cleared)
        self.offer = button("", look="accent")
        self.offer.clicked.connect(self._take_offer)
        self._top = QVBoxLayout()
        self._nothing = QWidget()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LATER_MS)
        self._later.timeout.connect(self.searched)
        self.finder.textChanged.connect(lambda: self._later.start())  # noqa: PLW0108 - no argument
        self._lay_out()

    def _turn(self, name: str) -> None:
        self.tab = name
        self.turned.emit()

    def say(self, text: str) -> None:
        """Say what came of what was asked; "" says nothing."""
        self.answer.setText(text)
        self.answer.setVisible(bool(text))

    def hush(self) -> None:
        """Say nothing more of what was asked before."""
        self.say("")

    def show_lands(
        self, lands: tuple[Land, ...], current: str | None, selected: str | None, *, is_up: bool
    ) -> None:
        """Show ``lands``, and what to say where there are none."""
        store = self._context.store
        self.rows.show_lands(lands, current, selected)
        self._show_top(is_up=is_up)
        # A node may be in several lists.
        shown = len({node.id for land in lands for node in land.nodes})
        old = store.age_s is not None and store.age_s > _FRESH_S
        aged = translate("map", ", as of {n} min ago").format(n=int((store.age_s or 0) // 60))
        self.count.setText(f"{counted(shown, len(store.nodes))}{aged if old else ''}")
        self._show_empty(has_rows=bool(lands))

    def _show_top(self, *, is_up: bool) -> None:
        emptied(self._top)
        best = fastest(self._context.store.nodes)
        if best is None:
            return
        quickest = Row(self._colours, translate("map", "Fastest for you"), best, below=best.where)
        sign = label("caption")
        sign.setPixmap(icons.pixmap("zap", self._colours.accent, 18, scale=2.0))
        quickest.put_before(sign)
        quickest.clicked.connect(lambda: self._context.actions.connect_to(FASTEST))
        quickest.setToolTip(
            translate("map", "Switch to the fastest node")
            if is_up
            else translate("map", "Connect to the fastest node")
        )
        self._top.addWidget(quickest)
        self._top.addWidget(line())

    def _show_empty(self, *, has_rows: bool) -> None:
        store, told = self._context.store, self._told()
        self._nothing.setVisible(not has_rows)
        self.clear.setVisible(not has_rows and bool(store.nodes))
        self.offer.setVisible(not has_rows and told is not None and told.button is not None)
        if has_rows:
            return
        if store.nodes and self.tab != COUNTRIES:
            self.clear.hide()
            self.empty.setText(_nothing(self.tab))
        elif store.nodes:
            self.empty.setText(translate("map", "No node fits."))
        elif told is not None:
            self.empty.setText(f"{told.sentence} {told.then}".strip())
            self.offer.setText(told.button.text if told.button else "")
        else:
            self.empty.setText(translate("map", "The directory has no nodes now."))

    def _told(self) -> Advice | None:
        refusal = self._context.store.refusal
        return advice(refusal.code, refusal.message) if refusal else None

    def _take_offer(self) -> None:
        told = self._told()
        if told is not None and told.button is not None:
            self._context.actions.do(told.button.do)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        set_margins(column, 1, 16, 0, 0)
        column.setSpacing(8)
        search = row(self.finder)
        set_margins(search, 15, 0, 16, 0)
        column.addLayout(search)
        tabs = row(*self.tabs.values(), None, spacing_px=8)
        tabs.setContentsMargins(16, 0, 16, 0)
        column.addLayout(tabs)
        column.addLayout(self._top)
        head = row(self.count, None)
        head.setContentsMargins(16, 0, 16, 0)
        column.addLayout(head)
        self.answer.setContentsMargins(16, 0, 16, 0)
        self.answer.hide()
        column.addWidget(self.answer)
        inside = QVBoxLayout(self._nothing)
        inside.setContentsMargins(24, 24, 24, 24)
        for each in (self.empty, self.clear, self.offer):
            inside.addWidget(each)
        column.addWidget(self._nothing)
        column.addWidget(scrolled(self.rows), 1)


def _tabs() -> dict[str, str]:
    return {
        COUNTRIES: translate("map", "Countries"),
        FAVOURITES: translate("map", "Favourites"),
        LISTS: translate("map", "Lists"),
    }


def _nothing(tab: str) -> str:
    if tab == FAVOURITES:
        return translate("map", "No favourite fits. Choose a node, then its star, or press F.")
    return translate("map", "No list of yours fits. Choose a node, then its list sign.")

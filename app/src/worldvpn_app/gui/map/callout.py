"""What is known of one node, and the button that goes there."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFrame, QGridLayout, QInputDialog, QLabel, QMenu, QVBoxLayout

from worldvpn_app.gui import icons
from worldvpn_app.gui.flags import Flag
from worldvpn_app.gui.lists import OwnLists
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.facts import NOT_KNOWN, protocol
from worldvpn_app.gui.present.nodes import Node, kind, latency, load_words
from worldvpn_app.gui.present.traffic import rate
from worldvpn_app.gui.tokens import Colours
from worldvpn_app.gui.widgets.cards import row
from worldvpn_app.gui.widgets.controls import button, icon_button
from worldvpn_app.gui.widgets.text import Elided, label
from worldvpn_app.gui.widgets.ways import set_margins

translate = QCoreApplication.translate
_WIDE_PX, _WIDEST_PX = 262, 340
#: What stands beside the place: flag, star, cross, and the room between them.
_BESIDE_PX = 136


class Callout(QFrame):
    """Stands beside the chosen node; hidden while there is none."""

    def __init__(
        self,
        colours: Colours,
        *,
        connect: Callable[[Node], None],
        favour: Callable[[Node], None],
        lists: OwnLists,
        close: Callable[[], None],
    ) -> None:
        super().__init__()
        self.setProperty("look", "callout")
        self.setMinimumWidth(_WIDE_PX)
        self._colours = colours
        self._node: Node | None = None
        self._flag = Flag(colours)
        self.place, self.kind = Elided("head"), Elided("small")
        self._figures = [label("semi") for _ in range(3)]
        self.more = label("small", wraps=True)
        self.go = button("", look="accent")
        self.star = icon_button("star", translate("map", "Favourite"), colours)
        self.star.setCheckable(True)
        self._lists = lists
        self.lister = icon_button("list", translate("map", "Own lists"), colours)
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(self.fill_menu)
        self.lister.clicked.connect(
            lambda: self.menu.popup(self.lister.mapToGlobal(self.lister.rect().bottomLeft()))
        )
        away = icon_button("x", translate("map", "Close"), colours)
        self.go.clicked.connect(lambda: self._with_node(connect))
        self.star.clicked.connect(lambda: self._with_node(favour))
        away.clicked.connect(close)
        column = QVBoxLayout(self)
        set_margins(column, 16, 10, 10, 16)
        column.setSpacing(8)
        head = row(self._flag, self.place, self.lister, self.star, away, spacing_px=2)
        head.setStretch(1, 1)
        column.addLayout(head)
        column.addWidget(self.kind)
        column.addLayout(self._grid())
        column.addWidget(self.more)
        column.addWidget(self.go)
        self.hide()

    def show_node(self, node: Node | None, *, is_current: bool, is_connected: bool) -> None:
        """Show ``node``; None hides all."""
        self._node = node
        self.setVisible(node is not None)
        if node is None:
            return
        self._flag.show_country(node.country)
        self.place.setText(node.where)
        wide_px = self.place.fontMetrics().horizontalAdvance(node.where) + _BESIDE_PX
        self.setMinimumWidth(min(max(_WIDE_PX, wide_px), _WIDEST_PX))
        kinds = (node.short, kind(node), translate("map", "new") if node.is_new else "")
        self.kind.setText(" · ".join(filter(None, kinds)))
        free = rate(node.bandwidth_mbps, digits=0) if node.bandwidth_mbps else NOT_KNOWN
        for widget, text in zip(
            self._figures, (latency(node), free, figures.whole(node.reputation)), strict=True
        ):
            widget.setText(text)
        names = ", ".join(protocol(each) for each in node.protocols) or NOT_KNOWN
        self.more.setText(f"{names} · {load_words(node.load)}")
        colour = self._colours.accent if node.is_favourite else self._colours.text2
        self.star.setIcon(icons.icon("star", colour, 16))
        self.star.setChecked(node.is_favourite)
        self.go.setEnabled(not is_current)
        self.go.setText(
            translate("map", "Connected here")
            if is_current
            else translate("map", "Switch to this node")
            if is_connected
            else translate("map", "Connect to this node")
        )
        if (inside := self.layout()) is not None:
            inside.activate()
        self.adjustSize()

    def fill_menu(self) -> None:
        """Offer every list, those that the node is in ticked, and a new one."""
        self.menu.clear()
        node = self._node
        if node is None:
            return
        for name, held in self._lists.all().items():
            action = self.menu.addAction(name.replace("&", "&&"))
            if action is not None:
                action.setCheckable(True)
                action.setChecked(node.id in held)
                action.triggered.connect(
                    lambda _checked, name=name: self._lists.turn(name, node.id)
                )
        fresh = self.menu.addAction(translate("map", "New list…"))
        if fresh is not None:
            fresh.triggered.connect(lambda _checked: self._name_list(node))

    def _name_list(self, node: Node) -> None:
        title, what = translate("map", "New list"), translate("map", "Name of the list")
        name, is_named = QInputDialog.getText(self, title, what)
        if is_named and name.strip():
            self._lists.turn(name, node.id)

    def _with_node(self, act: Callable[[Node], None]) -> None:
        if self._node is not None:
            act(self._node)

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(2)
        names = (
            translate("map", "Latency"),
            translate("map", "Bandwidth"),
            translate("map", "Standing"),
        )
        for place, (name, figure) in enumerate(zip(names, self._figures, strict=True)):
            head: QLabel = label("column", name)
            grid.addWidget(head, 0, place)
            grid.addWidget(figure, 1, place)
            grid.setColumnStretch(place, 1)
        return grid

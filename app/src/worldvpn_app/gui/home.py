"""Home: am I protected, and one control to change it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Final

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from worldvpn_app.gui import icons
from worldvpn_app.gui.link import Link, Refusal, Result
from worldvpn_app.gui.present.view import Button, Do, HomeView, clean
from worldvpn_app.gui.tokens import SHAPE, SPACE, Colours
from worldvpn_app.gui.widgets.dial import Dial

translate = QCoreApplication.translate
_PAUSES_MIN: Final = (5, 15, 60)
_FACTS: Final = 6


def label(look: str, *, centred: bool = False) -> QLabel:
    """Return an empty label that shows plain text only."""
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("look", look)
    made.setWordWrap(centred)
    if centred:
        made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made


def relook(widget: QWidget, look: str) -> None:
    """Let the style sheet draw ``widget`` as ``look``."""
    if widget.property("look") != look and (style := widget.style()) is not None:
        widget.setProperty("look", look)
        style.unpolish(widget)
        style.polish(widget)


class Home(QWidget):
    """Shows a HomeView; asks the daemon for what is pressed, by profile."""

    def __init__(self, link: Link, colours: Colours) -> None:
        super().__init__()
        self.setObjectName("page")
        self._link, self._colours = link, colours
        self.profiles: Mapping[str, str] = {}
        self._chosen: str | None = None
        self._main: Button | None = None
        self.dial = Dial(colours)
        self.title = label("display", centred=True)
        self.line = label("head", centred=True)
        self.small = label("small", centred=True)
        self.main = QPushButton()
        self.main.clicked.connect(self.press)
        self.second = (QPushButton(), QPushButton())
        self.answer = label("small", centred=True)
        self._lock, self.kill_switch, self.lan = QLabel(), label("strong"), label("small")
        self._facts = [(QLabel(), label("second"), label("strong")) for _ in range(_FACTS)]
        self._layout = QHBoxLayout(self)
        self._layout.setSpacing(SPACE.between_cards_px)
        self._layout.addWidget(self._control(), 2)
        self._layout.addWidget(self._connection(), 3)
        link.state_changed.connect(self._load)

    def show_view(self, view: HomeView) -> None:
        """Assign every word and shape of ``view``."""
        self._main = view.main
        self.dial.show_state(view.mark, view.tone)
        self.title.setText(view.title)
        self.title.setStyleSheet(f"color: {self._colours.state(view.tone)}")
        self.line.setText(view.line)
        self.small.setText(view.small)
        self.main.setVisible(view.main is not None)
        self.main.setEnabled(True)
        if view.main is not None:
            self.main.setText(view.main.text)
            relook(self.main, "primary" if view.main.is_primary else "main")
        for place, widget in enumerate(self.second):
            widget.setVisible(place < len(view.second))
            if place < len(view.second):
                self._assign(widget, view.second[place])
        name = "lock" if view.holds else "lock-open"
        self._lock.setPixmap(icons.pixmap(name, self._colours.text2, 16, scale=2.0))
        self.kill_switch.setText(view.kill_switch)
        self.lan.setText(view.local_network)
        for (icon, what, value), fact in zip(self._facts, view.facts, strict=True):
            icon.setPixmap(icons.pixmap(fact.icon, self._colours.text3, 16, scale=2.0))
            what.setText(fact.label)
            value.setText(fact.value)

    def press(self) -> None:
        """Do what the main button says."""
        if self._main is not None and self._act(self._main.do):
            self.main.setEnabled(False)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's own
        super().resizeEvent(event)
        is_narrow = self.width() + SHAPE.rail_px < SHAPE.narrow_below_px
        self.dial.resize_to(SHAPE.dial_small_px if is_narrow else SHAPE.dial_px)
        edge_px = SPACE.page_narrow_px if is_narrow else SPACE.page_px
        self._layout.setContentsMargins(edge_px, edge_px, edge_px, edge_px)

    def _assign(self, widget: QPushButton, button: Button) -> None:
        if widget.text() == button.text and widget.property("do") == button.do:
            return  # an open menu stays open
        widget.setText(button.text)
        widget.setProperty("do", button.do)
        widget.setMenu(None)
        with contextlib.suppress(TypeError):  # nothing is connected the first time
            widget.clicked.disconnect()
        match button.do:
            case Do.PAUSE:
                widget.setMenu(self._pauses(widget))
            case Do.CHOOSE:
                widget.setMenu(self._choices(widget))
            case do:
                widget.clicked.connect(lambda: self._act(do))

    def _pauses(self, parent: QWidget) -> QMenu:
        menu = QMenu(parent)
        for minutes in _PAUSES_MIN:
            text = translate("home", "{n}\u00a0minutes").format(n=minutes)
            menu.addAction(text, self._asker("tunnel.pause", {"duration_s": minutes * 60}))
        return menu

    def _choices(self, parent: QWidget) -> QMenu:
        menu = QMenu(parent)

        def fill() -> None:
            menu.clear()
            for profile_id, name in self.profiles.items():
                menu.addAction(clean(name), self._asker("tunnel.connect", _by(profile_id)))
            if menu.isEmpty():
                nothing = menu.addAction(translate("home", "There are no profiles yet"))
                if nothing is not None:
                    nothing.setEnabled(False)

        menu.aboutToShow.connect(fill)
        fill()
        return menu

    def _asker(self, method: str, params: Mapping[str, object]) -> Callable[[], None]:
        return lambda: self._ask(method, params)

    def _act(self, do: Do) -> bool:
        match do:
            case Do.DISCONNECT:
                self._ask("tunnel.disconnect", {})
            case Do.RESUME:
                self._ask("tunnel.resume", {})
            case Do.CONNECT if (profile_id := self._wanted()) is not None:
                self._ask("tunnel.connect", _by(profile_id))
            case _:
                text = "There are no profiles: bring one with `worldvpn import FILE`"
                self.answer.setText(translate("home", text))
                return False
        return True

    def _wanted(self) -> str | None:
        """Return the tunnel's profile, else the last used, else the first."""
        snapshot = self._link.snapshot
        profile = snapshot["tunnel"]["profile"] if snapshot else None
        if profile is not None:
            return profile["id"]
        return self._chosen or next(iter(self.profiles), None)

    def _ask(self, method: str, params: Mapping[str, object]) -> None:
        self.answer.clear()
        self._link.call(method, params, done=lambda _result: self._load(), refused=self._refused)

    def _refused(self, refusal: Refusal) -> None:
        self.answer.setText(clean(refusal.message))
        self.main.setEnabled(True)

    def _load(self) -> None:
        self._link.call("profiles.list", done=self._loaded)

    def _loaded(self, result: Result) -> None:
        self.profiles = {str(each["id"]): str(each["name"]) for each in result["profiles"]}
        last = result.get("last_used")
        self._chosen = last if last in self.profiles else None

    def _control(self) -> QFrame:
        card = QFrame()
        card.setProperty("look", "card")
        column = QVBoxLayout(card)
        inside_px = SPACE.inside_control_px
        column.setContentsMargins(inside_px, inside_px, inside_px, inside_px)
        column.addWidget(self.dial, 0, Qt.AlignmentFlag.AlignHCenter)
        for each in (self.title, self.line, self.small):
            column.addWidget(each)
        column.addSpacing(12)
        column.addWidget(self.main)
        row = QHBoxLayout()
        for button in self.second:
            row.addWidget(button)
        column.addLayout(row)
        column.addWidget(self.answer)
        column.addStretch(1)
        foot = QHBoxLayout()
        for each in (self._lock, self.kill_switch):
            foot.addWidget(each)
        foot.addStretch(1)
        foot.addWidget(self.lan)
        column.addLayout(foot)
        return card

    def _connection(self) -> QFrame:
        card = QFrame()
        card.setProperty("look", "card")
        grid = QGridLayout(card)
        inside_px = SPACE.inside_card_px
        grid.setContentsMargins(inside_px, inside_px, inside_px, inside_px)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(1, 1)
        head = label("head")
        head.setText(translate("home", "Connection"))
        grid.addWidget(head, 0, 0, 1, 3)
        for row, (icon, what, value) in enumerate(self._facts, start=1):
            grid.addWidget(icon, row, 0)
            grid.addWidget(what, row, 1)
            grid.addWidget(value, row, 2, Qt.AlignmentFlag.AlignRight)
        grid.setRowStretch(_FACTS + 1, 1)
        return card


def _by(profile_id: str) -> Mapping[str, object]:
    return {"profile_id": profile_id}

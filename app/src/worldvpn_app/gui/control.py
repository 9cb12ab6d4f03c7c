"""The connect control: one large answer to "am I protected?", and what changes it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Final

from PyQt6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PyQt6.QtGui import QMouseEvent, QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from worldvpn_app.cli.target import Target
from worldvpn_app.gui import flags, icons
from worldvpn_app.gui.link import Refusal
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import advice
from worldvpn_app.gui.present.places import picks
from worldvpn_app.gui.present.view import Button, Do, HomeView, sentences
from worldvpn_app.gui.tokens import SHAPE, SPACE
from worldvpn_app.gui.widgets.cards import line, row, scrolled
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.dial import Dial
from worldvpn_app.gui.widgets.flow import Flow
from worldvpn_app.gui.widgets.text import Breaking, label, relook

translate = QCoreApplication.translate
PAUSES_MIN: Final = (5, 15, 60)
_MOST_CHOICES: Final = 12
_LONG_PX: Final = 220


class Control(QFrame):
    """Shows a HomeView; asks for what is pressed."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context, self._colours = context, context.colours
        self._is_small = False
        self._main: Button | None = None
        self._offer: Button | None = None
        self.dial = Dial(context.colours)
        self.dial.setCursor(Qt.CursorShape.PointingHandCursor)
        self.dial.installEventFilter(self)
        self.title = label("display", centred=True)
        self.flag = flags.Flag(context.colours)
        self.line = label("head", centred=True)
        self.small = label("small", centred=True)
        self.main = button("", look="main")
        self.main.clicked.connect(self.press)
        self.second = (button("", look="second"), button("", look="second"))
        self.answer = label("answer", centred=True)
        self.answer.hide()
        self.offer = button("", look="link")
        self.offer.hide()
        self.offer.clicked.connect(self._take_offer)
        self._lock, self.kill_switch, self.lan = (
            QLabel(),
            Breaking("footing"),
            label("small"),
        )
        self._around = QWidget()
        self._column = QVBoxLayout(self)
        self._lay_out()
        context.actions.asked.connect(self._forget)
        context.actions.refused.connect(self.refused)

    def show_view(self, view: HomeView) -> None:
        """Assign every word and shape of ``view``."""
        self._main = view.main
        self.dial.show_state(view.mark, view.tone)
        self.dial.setAccessibleName(sentences(view.title, view.line))
        self.main.setAccessibleDescription(sentences(view.title, view.line, view.small))
        self.title.setText(view.title)
        self.title.setStyleSheet(f"color: {self._colours.state(view.tone)}")
        self.flag.show_country(view.country)
        # Without wrapping it is as wide as its text, so that the flag stands beside that.
        is_long = self.line.fontMetrics().horizontalAdvance(view.line) > _LONG_PX
        self.line.setWordWrap(is_long)
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
        self._fit_dial()

    def press(self) -> None:
        """Do what the main button says."""
        if self._main is not None and self.main.isEnabled():
            self.main.setEnabled(False)
            self._context.actions.do(self._main.do)

    def refused(self, refusal: Refusal) -> None:
        """Say why nothing was done, and what can be."""
        told = advice(refusal.code, refusal.message)
        self._offer = told.button
        self.answer.setText(f"{told.sentence} {told.then}".strip())
        self.answer.show()
        self.offer.setVisible(told.button is not None)
        self.offer.setText(told.button.text if told.button else "")
        self.main.setEnabled(True)
        self._fit_dial()

    def set_small(self, *, is_small: bool) -> None:
        """Take less room."""
        self._is_small = is_small
        inside_px = SPACE.page_narrow_px if is_small else SPACE.inside_control_px
        self._column.setContentsMargins(0, inside_px - 8, 0, 0)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit_dial()

    def _fit_dial(self) -> None:
        """Draw the dial as large as it may be without anything to be scrolled to."""
        inside, room = self._around.layout(), self._scroll.viewport()
        if inside is None or room is None:
            return
        words_px = inside.totalHeightForWidth(room.width()) - self.dial.height()
        sizes = (SHAPE.dial_px, SHAPE.dial_small_px, SHAPE.dial_least_px)
        fitting = (
            size
            for size in sizes[1 if self._is_small else 0 :]
            if words_px + self.dial.side_px(size) <= room.height()
        )
        self.dial.resize_to(next(fitting, SHAPE.dial_least_px))

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:
        is_release = event is not None and event.type() is QEvent.Type.MouseButtonRelease
        if not is_release or not isinstance(event, QMouseEvent):
            return False
        if event.button() is Qt.MouseButton.LeftButton:
            self.press()
        return True

    def _forget(self) -> None:
        self.answer.clear()
        self.answer.hide()
        self.offer.hide()

    def _take_offer(self) -> None:
        if self._offer is not None:
            self._context.actions.do(self._offer.do)

    def _assign(self, widget: QPushButton, wanted: Button) -> None:
        if widget.property("shown") == wanted:
            return  # an open menu stays open
        has_menu = wanted.do in {Do.PAUSE, Do.CHOOSE}
        widget.setText(f" {wanted.text} \u25be" if has_menu else f" {wanted.text}")
        widget.setProperty("shown", wanted)
        widget.setIcon(
            icons.icon(wanted.icon, self._colours.text, 16) if wanted.icon else icons.nothing()
        )
        widget.setMenu(None)
        with contextlib.suppress(TypeError):  # nothing is connected the first time
            widget.clicked.disconnect()
        match wanted.do:
            case Do.PAUSE:
                widget.setMenu(self._pauses(widget))
            case Do.CHOOSE:
                widget.setMenu(self._choices(widget))
            case do:
                widget.clicked.connect(lambda: self._context.actions.do(do))

    def _pauses(self, parent: QPushButton) -> QMenu:
        menu = QMenu(parent)
        for minutes in PAUSES_MIN:
            text = translate("home", "{n}\u00a0minutes").format(n=minutes)
            menu.addAction(text, self._pauser(minutes))
        return menu

    def _choices(self, parent: QPushButton) -> QMenu:
        menu = QMenu(parent)

        def fill() -> None:
            menu.clear()
            store = self._context.store
            found = picks(
                store.nodes,
                store.profiles,
                store.last_used,
                lists=self._context.lists.all(),
                is_signed_in=store.is_signed_in,
            )
            for pick in found[:_MOST_CHOICES]:
                flag = flags.pixmap(pick.place.country, self._colours)
                sign = icons.icon(pick.icon, self._colours.text2, 16)
                # An ampersand alone would be drawn as a line below the next letter.
                text = f"{pick.title}:  {pick.words}".replace("&", "&&")
                made = menu.addAction(text, self._connecter(pick.target))
                if made is not None:
                    made.setIcon(icons.of(flag) if pick.place.country else sign)
            if menu.isEmpty():
                nothing = menu.addAction(translate("home", "There is nothing to choose from yet"))
                if nothing is not None:
                    nothing.setEnabled(False)

        menu.aboutToShow.connect(fill)
        fill()
        return menu

    def _pauser(self, minutes: int) -> Callable[[], None]:
        return lambda: self._context.actions.pause(minutes)

    def _connecter(self, target: Target) -> Callable[[], None]:
        return lambda: self._context.actions.connect_to(target)

    def _lay_out(self) -> None:
        column = self._column
        column.setSpacing(4)
        inside = QVBoxLayout()
        side_px = SPACE.inside_control_px
        inside.setContentsMargins(side_px, 0, side_px, 0)
        inside.setSpacing(6)
        inside.addStretch(1)
        inside.addWidget(self.dial, 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addWidget(self.title)
        where = QHBoxLayout()
        where.setSpacing(10)
        where.addStretch(1)
        where.addWidget(self.flag)
        where.addWidget(self.line)
        where.addStretch(1)
        inside.addLayout(where)
        inside.addWidget(self.small)
        inside.addWidget(self.answer)
        inside.addWidget(self.offer, 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addSpacing(8)
        inside.addWidget(self.main)
        inside.addSpacing(4)
        inside.addLayout(Flow(*self.second, fills=True))
        inside.addStretch(1)
        # It scrolls before it clips.
        self._around.setLayout(inside)
        self._scroll = scrolled(self._around)
        column.addWidget(self._scroll, 1)
        column.addWidget(line())
        kept = QWidget()
        kept.setLayout(row(self._lock, self.kill_switch))
        foot = Flow(kept, self.lan, apart=True)
        foot.setContentsMargins(side_px, 10, side_px, 12)
        column.addLayout(foot)

"""The first steps in the place of Home, until there is a tunnel or they are put off."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from worldvpn_app.gui import icons
from worldvpn_app.gui.link import LinkState, trouble_of
from worldvpn_app.gui.mend import Mend
from worldvpn_app.gui.own_settings import WELCOMED
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.view import HomeView, Mark
from worldvpn_app.gui.present.welcome import Progress, Step, steps
from worldvpn_app.gui.tokens import SPACE, Colours
from worldvpn_app.gui.widgets.cards import card, emptied, page, row
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.text import label

translate = QCoreApplication.translate
_WIDE_PX = 680
_SIGN_PX = 28


class Welcome(QWidget):
    """Three cards, one a step; the one to take now has the buttons."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self.later = button(translate("welcome", "Skip"), look="link")
        self.later.clicked.connect(self._end)
        self.mend = Mend(context.colours, context.link.path, is_centred=False)
        self.steps = (
            StepCard(1, context, self.mend),
            StepCard(2, context),
            StepCard(3, context),
        )
        outer, column = page(translate("welcome", "Three steps to be protected"), None, self.later)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(outer)
        for each in self.steps:
            each.setMaximumWidth(_WIDE_PX)
            column.addWidget(each)
        column.addStretch(1)

    def is_wanted(self, view: HomeView | None) -> bool:
        """Say whether Home is to be these steps: nobody has ever connected here."""
        kept, store = self._context.settings, self._context.store
        if kept.value(WELCOMED, defaultValue=False, type=bool):
            return False
        if store.last_used is not None or (view is not None and view.mark is Mark.TICK):
            kept.setValue(WELCOMED, True)
            return False
        return store.knows_profiles or self._context.link.state is not LinkState.TRYING

    def show_steps(self) -> None:
        """Show how far it is."""
        link, store = self._context.link, self._context.store
        trouble = trouble_of(link.state, link.path)
        found = steps(link.snapshot, trouble, has_profiles=bool(store.profiles))
        for widget, step in zip(self.steps, found, strict=True):
            widget.show_step(step)
        self.mend.setVisible(trouble is not None)
        if trouble is not None:
            self.mend.show_trouble(trouble)

    def _end(self) -> None:
        self._context.settings.setValue(WELCOMED, True)
        self._context.link.state_changed.emit()


class StepCard(QFrame):
    """One step: its number or a tick, what it is, and what can be done."""

    def __init__(self, number: int, context: Context, more: QWidget | None = None) -> None:
        super().__init__()
        self._number, self._context = number, context
        self._shown: Step | None = None
        made, column = card(spacing_px=4)
        self._sign = QLabel()
        self._sign.setFixedSize(_SIGN_PX, _SIGN_PX)
        self._sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title, self.words = label("head", wraps=True), label("second", wraps=True)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(SPACE.icon_to_text_px)
        column.addWidget(self.title)
        column.addWidget(self.words)
        column.addLayout(self._buttons)
        if more is not None:
            column.addWidget(more)
        beside = row(spacing_px=SPACE.between_cards_px)
        beside.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        beside.addWidget(made, 1)
        self.setLayout(beside)

    def show_step(self, step: Step) -> None:
        """Show ``step``."""
        if step == self._shown:
            return
        self._shown = step
        colours = self._context.colours
        self.title.setText(step.title)
        self.words.setText(step.text)
        self.setAccessibleName(f"{self._number}. {step.title}")
        if step.progress is Progress.DONE:
            self._sign.setPixmap(icons.pixmap("check", colours.connected, 20, scale=2.0))
        else:
            self._sign.setText(str(self._number))
        self._sign.setStyleSheet(_round(step.progress, colours))
        emptied(self._buttons)
        self._buttons.setContentsMargins(0, 8 if step.buttons else 0, 0, 0)
        for place, wanted in enumerate(step.buttons):
            made = button(wanted.text, look="accent" if wanted.is_primary else "")
            made.clicked.connect(lambda _checked, do=wanted.do: self._context.actions.do(do))
            self._buttons.insertWidget(place, made)
        self._buttons.addStretch(1)


def _round(progress: Progress, colours: Colours) -> str:
    if progress is Progress.DONE:
        return "background: transparent"
    ground, text = (
        (colours.accent, colours.onaccent)
        if progress is Progress.NOW
        else (colours.raised, colours.text2)
    )
    return (
        f"background: {ground}; color: {text}; border-radius: {_SIGN_PX // 2}px; font-weight: 600"
    )

"""A field with its name above and, where something is wrong, a sentence below."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from worldvpn_app.gui import icons
from worldvpn_app.gui.present.signin import Strength, strength_word
from worldvpn_app.gui.tokens import SHAPE, Colours
from worldvpn_app.gui.widgets.text import label

translate = QCoreApplication.translate


def lead(edit: QLineEdit, icon: str, colours: Colours) -> None:
    """Put ``icon`` at the beginning of ``edit``; whoever cannot see it hears the field's name."""
    before = edit.findChildren(QToolButton)
    edit.addAction(icons.icon(icon, colours.text3, 16), QLineEdit.ActionPosition.LeadingPosition)
    for made in edit.findChildren(QToolButton):
        if made not in before:
            made.setAccessibleName(edit.accessibleName())


class Field(QWidget):
    """One line to type into; a secret can be shown and hidden."""

    changed = pyqtSignal()
    entered = pyqtSignal()

    def __init__(self, name: str, icon: str, colours: Colours, *, is_secret: bool = False) -> None:
        super().__init__()
        self._colours = colours
        self.name = label("semi", name)
        self.edit = QLineEdit()
        self.edit.setProperty("look", "field")
        self.edit.setAccessibleName(name)
        lead(self.edit, icon, colours)
        self.wrong = label("answer", wraps=True)
        self.wrong.hide()
        self._eye: QAction | None = None
        if is_secret:
            self._add_eye()
        self.edit.textChanged.connect(lambda _text: self.changed.emit())
        self.edit.returnPressed.connect(self.entered)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for each in (self.name, self.edit, self.wrong):
            column.addWidget(each)

    def text(self) -> str:
        """Return what is typed."""
        return self.edit.text()

    def say(self, wrong: str) -> None:
        """Say what is wrong; "" says nothing."""
        self.wrong.setText(wrong)
        self.edit.setAccessibleDescription(wrong)
        self.wrong.setVisible(bool(wrong))
        self.edit.setProperty("wrong", "true" if wrong else "false")
        if (style := self.edit.style()) is not None:
            style.unpolish(self.edit)
            style.polish(self.edit)

    def _add_eye(self) -> None:
        self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self._eye = self.edit.addAction(
            icons.icon("eye", self._colours.text2, 16), QLineEdit.ActionPosition.TrailingPosition
        )
        if self._eye is not None:
            words = translate("account", "Show or hide it")
            self._eye.setToolTip(words)
            self._eye.triggered.connect(self._turn)
            shown = self.edit.findChildren(QToolButton)[-1]
            shown.setAccessibleName(words)
            shown.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _turn(self) -> None:
        is_hidden = self.edit.echoMode() is QLineEdit.EchoMode.Password
        mode = QLineEdit.EchoMode.Normal if is_hidden else QLineEdit.EchoMode.Password
        self.edit.setEchoMode(mode)
        if self._eye is not None:
            name = "eye-off" if is_hidden else "eye"
            self._eye.setIcon(icons.icon(name, self._colours.text2, 16))


class StrengthBars(QWidget):
    """Three bars and a word."""

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self._colours = colours
        self._bars = [QLabel() for _ in range(3)]
        self._word = label("small")
        inside = QHBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(4)
        for bar in self._bars:
            bar.setFixedHeight(4)
            inside.addWidget(bar, 1)
        inside.addSpacing(4)
        inside.addWidget(self._word)
        self.setFixedHeight(SHAPE.pill_px)

    def show_strength(self, value: Strength) -> None:
        """Fill as many bars as ``value`` says."""
        colour = {
            Strength.WEAK: self._colours.unprotected,
            Strength.FAIR: self._colours.paused,
            Strength.STRONG: self._colours.connected,
        }.get(value, self._colours.line)
        for place, bar in enumerate(self._bars):
            shade = colour if place < value else self._colours.line
            bar.setStyleSheet(f"background: {shade}; border-radius: 2px;")
        self._word.setText(strength_word(value))

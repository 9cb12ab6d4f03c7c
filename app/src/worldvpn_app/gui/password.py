"""The account's password, replaced by who knows the present one."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import advice, sentence
from worldvpn_app.gui.present.signin import Mode, Typed, judge
from worldvpn_app.gui.tokens import SPACE
from worldvpn_app.gui.widgets.cards import row
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.field import Field, StrengthBars
from worldvpn_app.gui.widgets.text import label, relook

translate = QCoreApplication.translate


class Password(QFrame):
    """A line and a button; the form is there once it is asked for."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context, self._is_busy = context, False
        colours = context.colours
        self.open = button(translate("account", "Change password"))
        self.open.clicked.connect(lambda: self._turn(is_open=True))
        self.old = Field(
            translate("account", "Present password"), "lock-open", colours, is_secret=True
        )
        self.new = Field(translate("account", "New password"), "lock", colours, is_secret=True)
        self.bars = StrengthBars(colours)
        self.answer = label("answer", wraps=True)
        self.go = button(translate("account", "Set the new password"), look="accent")
        leave = button(translate("account", "Leave it as it is"))
        leave.clicked.connect(lambda: self._turn(is_open=False))
        self.go.clicked.connect(self.press)
        for field in (self.old, self.new):
            field.changed.connect(self._judge)
            field.entered.connect(self.press)
        self._form = QWidget()
        inside = QVBoxLayout(self._form)
        inside.setContentsMargins(0, 4, 0, 0)
        inside.setSpacing(10)
        for each in (self.old, self.new, self.bars):
            inside.addWidget(each)
        inside.addLayout(row(None, leave, self.go))
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_card_px
        column.setContentsMargins(inside_px, 12, inside_px, 12)
        column.setSpacing(8)
        told = translate("account", "Every other device is signed out by it.")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label("head", translate("account", "Password")))
        words.addWidget(label("small", told, wraps=True))
        head = row()
        head.addLayout(words, 1)
        head.addWidget(self.open)
        column.addLayout(head)
        column.addWidget(self._form)
        column.addWidget(self.answer)
        self._turn(is_open=False)

    def press(self) -> None:
        """Ask the server to replace it; only root's daemon is told a password."""
        if not self.go.isEnabled():
            return
        if self._context.link.listener_uid != 0:
            self._refused(Refusal(code="denied", message="what answers is not root's"))
            return
        self._is_busy = True
        self._judge()
        params = {"old_password": self.old.text(), "new_password": self.new.text()}
        self._context.link.call("account.password", params, done=self._done, refused=self._refused)

    def _turn(self, *, is_open: bool) -> None:
        for field in (self.old, self.new):
            field.edit.clear()
        self._form.setVisible(is_open)
        self.open.setVisible(not is_open)
        self._say("")
        self._judge()
        if is_open:
            self.old.edit.setFocus()

    def _done(self, _result: Result) -> None:
        self._is_busy = False
        self._turn(is_open=False)
        self._say(translate("account", "The password is changed."), "small")

    def _refused(self, refusal: Refusal) -> None:
        self._is_busy = False
        self._judge()
        field, _, reason = refusal.message.partition(":")
        if field in {"password", "new_password"} and reason:
            self.new.say(sentence(reason))
            return
        told = advice(refusal.code, refusal.message)
        self._say(f"{told.sentence} {told.then}".strip())

    def _judge(self) -> None:
        snapshot = self._context.link.snapshot
        account = snapshot.get("account") if snapshot else None
        name = (account["username"] if account else None) or ""
        # A new password is judged as at recovery, where the old one is the code.
        typed = Typed(name=name or " ", password=self.new.text(), code=self.old.text())
        verdict = judge(Mode.RECOVER, typed)
        self.new.say(verdict.password)
        self.bars.show_strength(verdict.strength)
        self.go.setEnabled(verdict.is_ready and not self._is_busy)

    def _say(self, text: str, look: str = "answer") -> None:
        relook(self.answer, look)
        self.answer.setText(text)
        self.answer.setVisible(bool(text))

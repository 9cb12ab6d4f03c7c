"""Sign in, make an account, or get back in by the recovery code."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QCoreApplication, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import sentence
from worldvpn_app.gui.present.signin import Mode, Typed, judge
from worldvpn_app.gui.vault import Opener, stranger
from worldvpn_app.gui.waiting import Waiting
from worldvpn_app.gui.widgets.cards import line, row, sign
from worldvpn_app.gui.widgets.controls import Segmented, button
from worldvpn_app.gui.widgets.field import Field, StrengthBars
from worldvpn_app.gui.widgets.text import Elided, copy, label
from worldvpn_core.ipc.protocol import FEWEST_PASSPHRASE_CHARACTERS

translate = QCoreApplication.translate
_WIDE_PX: Final = 340


class SignIn(QWidget):
    """The form; ``code_made`` gives a recovery code, which is shown once."""

    code_made = pyqtSignal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context, self._link = context, context.link
        self._mode = Mode.SIGN_IN
        self._is_busy = False
        self._pressed = Typed()
        self._opener = Opener(context.link, self)
        self._opener.wants_passphrase.connect(self._ask_passphrase)
        self.waiting = Waiting(self._opener)
        colours = context.colours
        self.modes = Segmented(
            (
                (Mode.SIGN_IN, translate("account", "Sign in")),
                (Mode.REGISTER, translate("account", "Create account")),
            ),
            translate("account", "What to do"),
        )
        self.modes.chosen.connect(lambda mode: self.set_mode(Mode(mode)))
        self.title, self.line = label("title"), label("second", wraps=True)
        self.name = Field(translate("account", "Username"), "user", colours)
        self.code = Field(translate("account", "Recovery code"), "key-round", colours)
        self.password = Field(translate("account", "Password"), "lock", colours, is_secret=True)
        self.bars = StrengthBars(colours)
        self.passphrase = Field(
            translate("account", "Passphrase of the vault"), "key-round", colours, is_secret=True
        )
        self.answer = label("answer", wraps=True)
        self.other = button("", look="link")
        self.other.clicked.connect(self._turn_to_recovery)
        self.go = button("", look="primary")
        self.go.clicked.connect(self.press)
        self.server = Elided("semi")
        self._lay_out()
        for field in (self.name, self.code, self.password, self.passphrase):
            field.changed.connect(self._judge)
            field.entered.connect(self.press)
        self.set_mode(Mode.SIGN_IN)

    def set_mode(self, mode: Mode) -> None:
        """Show the form for ``mode``; what was typed stays."""
        self._mode = mode
        self.modes.select(mode)
        titles = {
            Mode.SIGN_IN: (
                translate("account", "Welcome back"),
                translate("account", "Sign in to find nodes and to see your credits."),
                translate("account", "Sign in"),
            ),
            Mode.REGISTER: (
                translate("account", "Make an account"),
                translate("account", "A name and a password; no mail, no phone number."),
                translate("account", "Create account"),
            ),
            Mode.RECOVER: (
                translate("account", "Use your recovery code"),
                translate("account", "It sets a new password, once. You get a new code."),
                translate("account", "Set the new password"),
            ),
        }
        title, text, verb = titles[mode]
        self.title.setText(title)
        self.line.setText(text)
        self.go.setText(verb)
        self.code.setVisible(mode is Mode.RECOVER)
        self.bars.setVisible(mode is not Mode.SIGN_IN)
        self.passphrase.hide()
        self.other.setVisible(mode is not Mode.REGISTER)
        self.other.setText(
            translate("account", "Back to sign in")
            if mode is Mode.RECOVER
            else translate("account", "Use a recovery code")
        )
        self._say("")
        self._judge()

    def show_server(self, server: str) -> None:
        """Say which central server it is."""
        self.server.setText(server.removeprefix("https://"))

    def press(self) -> None:
        """Ask for what the button says."""
        if not self.go.isEnabled() or self._is_busy:
            return
        self._say("")
        self._set_busy(is_busy=True)
        # The keyring may take minutes, in which somebody types on.
        self._pressed = self._typed()
        if self.passphrase.isVisible():
            self._opener.bring_passphrase(self.passphrase.text())
        elif self._mode is Mode.RECOVER:
            self._enter()
        else:
            self._opener.ensure_open(self._enter, self._refused)

    def _enter(self) -> None:
        self.passphrase.hide()
        self._say("")
        name, password = self._pressed.name, self._pressed.password
        match self._mode:
            case Mode.SIGN_IN:
                params = {"username": name, "password": password}
                self._link.call("account.login", params, done=self._done, refused=self._refused)
            case Mode.REGISTER:
                params = {"username": name, "password": password}
                self._link.call("account.register", params, done=self._done, refused=self._refused)
            case Mode.RECOVER:
                params = {
                    "username": name,
                    "recovery_code": self._pressed.code.strip(),
                    "new_password": password,
                }
                if self._link.listener_uid != 0:
                    self._refused(Refusal(code="denied", message=stranger()))
                    return
                self._link.call("account.recover", params, done=self._done, refused=self._refused)

    def _done(self, result: Result) -> None:
        self._set_busy(is_busy=False)
        for field in (self.password, self.code, self.passphrase):
            field.edit.clear()
        code = result.get("recovery_code")
        if self._mode is Mode.RECOVER:
            self.set_mode(Mode.SIGN_IN)
        if code:
            self.code_made.emit(str(code))
        self._context.store.refresh()

    def _refused(self, refusal: Refusal) -> None:
        self._set_busy(is_busy=False)
        is_vaults = refusal.code.startswith("vault.") and self.passphrase.isVisible()
        if is_vaults:
            self.passphrase.say(sentence(refusal.message))
        elif refusal.message.startswith("username:") and self._mode is Mode.REGISTER:
            self.name.say(sentence(refusal.message.partition(":")[2]))
        elif refusal.message.startswith("password:"):
            self.password.say(sentence(refusal.message.partition(":")[2]))
        else:
            self._say(sentence(refusal.message))

    def _ask_passphrase(self, why_no_keyring: str) -> None:
        self._set_busy(is_busy=False)
        self.passphrase.show()
        self.passphrase.edit.setFocus()
        instead = translate(
            "account", "Choose a passphrase that opens the vault with your keys instead."
        )
        self._say(
            f"{why_no_keyring} {instead}"
            if why_no_keyring
            else translate("account", "The vault with your keys is opened by its passphrase.")
        )
        self._judge()

    def _say(self, text: str) -> None:
        self.answer.setText(text)
        self.answer.setVisible(bool(text))

    def _set_busy(self, *, is_busy: bool) -> None:
        self._is_busy = is_busy
        for each in (self.modes, self.other, self.go):
            each.setEnabled(not is_busy)
        if not is_busy:
            self._judge()

    def _judge(self) -> None:
        verdict = judge(self._mode, self._typed())
        self.name.say(verdict.name)
        self.password.say(verdict.password)
        self.bars.show_strength(verdict.strength)
        has_passphrase = len(self.passphrase.text()) >= FEWEST_PASSPHRASE_CHARACTERS
        self.go.setEnabled(
            verdict.is_ready
            and not self._is_busy
            and (has_passphrase or self.passphrase.isHidden())
        )

    def _typed(self) -> Typed:
        return Typed(
            name=self.name.text().strip(), password=self.password.text(), code=self.code.text()
        )

    def _turn_to_recovery(self) -> None:
        self.set_mode(Mode.SIGN_IN if self._mode is Mode.RECOVER else Mode.RECOVER)

    def _lay_out(self) -> None:
        self.setFixedWidth(_WIDE_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.modes)
        column.addSpacing(8)
        column.addWidget(self.title)
        column.addWidget(self.line)
        for each in (self.name, self.code, self.password, self.bars, self.passphrase):
            column.addWidget(each)
        column.addWidget(self.waiting)
        column.addWidget(self.answer)
        column.addWidget(self.other, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.go)
        column.addSpacing(4)
        column.addWidget(line())
        foot = row(
            sign("server", self._context.colours.text2),
            label("second", translate("account", "Server")),
        )
        foot.addWidget(self.server, 1)
        column.addLayout(foot)


class CodeOnce(QFrame):
    """A recovery code, shown until it is said to be kept; then it is gone."""

    kept = pyqtSignal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self.setFixedWidth(_WIDE_PX + 80)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(12)
        column.addWidget(label("title", translate("account", "Write this down")))
        text = translate(
            "account",
            "The recovery code is all that lets you in again if you forget the password. It is"
            " shown this once: keep it apart from this computer.",
        )
        column.addWidget(label("second", text, wraps=True))
        self.code = label("code", centred=True)
        self.code.setWordWrap(False)
        self.code.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.code.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        frame = QFrame()
        frame.setProperty("look", "inset")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(12, 16, 12, 16)
        inside.addWidget(self.code)
        column.addWidget(frame)
        self.copy = button(translate("account", "Copy"), icon="copy", colours=context.colours)
        self.done = button(translate("account", "I have written it down"), look="accent")
        column.addLayout(row(self.copy, None, self.done))
        self.copy.clicked.connect(lambda: copy(self.code.text()))
        self.done.clicked.connect(self._gone)

    def show_code(self, code: str) -> None:
        """Show ``code``."""
        self.code.setText(code)

    def _gone(self) -> None:
        self.code.clear()
        self.kept.emit()

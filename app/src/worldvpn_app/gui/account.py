"""The account page: to sign in for whoever is not, to see and to leave for whoever is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from worldvpn_app.gui.devices import Devices
from worldvpn_app.gui.link import LinkState, Refusal, Result
from worldvpn_app.gui.map.widget import WorldMap
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.password import Password
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.advice import advice, sentence
from worldvpn_app.gui.present.view import clean
from worldvpn_app.gui.signin import CodeOnce, SignIn
from worldvpn_app.gui.store import looked
from worldvpn_app.gui.tokens import SHAPE
from worldvpn_app.gui.vault import Opener
from worldvpn_app.gui.waiting import Waiting
from worldvpn_app.gui.widgets.cards import card, page, row, scrolled
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.field import Field
from worldvpn_app.gui.widgets.text import label

translate = QCoreApplication.translate
_FROM_ABROAD: Final = (0.0, -0.6)


class AccountPage(QWidget):
    """Shows the form, a recovery code, the account, or why there is none."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self.form = SignIn(context)
        self.once = CodeOnce(context)
        self.locked = Locked(context)
        self.shown = SignedIn(context)
        self.alone = _alone()
        self._is_code_shown = False
        self._stack = QStackedWidget()
        self._welcome = Welcome(self.form, context)
        self._once_page = _centred(self.once)
        self._locked_page = _centred(self.locked)
        for each in (
            self._welcome,
            self._once_page,
            self._locked_page,
            self.shown,
            self.alone,
        ):
            self._stack.addWidget(each)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self._stack)
        self.form.code_made.connect(self._show_code)
        self.once.kept.connect(self._code_kept)
        context.link.snapshot_changed.connect(self._show)
        self._show()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._show()
        self.shown.refresh()

    def _show_code(self, code: str) -> None:
        self._is_code_shown = True
        self.once.show_code(code)
        self._show()

    def _code_kept(self) -> None:
        self._is_code_shown = False
        self._show()
        self.shown.refresh()

    def _show(self) -> None:
        snapshot = self._context.link.snapshot
        account = snapshot.get("account") if snapshot else None
        if self._is_code_shown:
            self._stack.setCurrentWidget(self._once_page)
        elif account is None or account["server"] is None:
            self._stack.setCurrentWidget(self.alone)
        elif account["signed_in"]:
            self._turn_to(self.shown)
        elif account["signed_in"] is None and self._context.link.role in {"root", "owner"}:
            self.form.show_server(account["server"])
            self._stack.setCurrentWidget(self._locked_page)
        else:
            self.form.show_server(account["server"])
            self._stack.setCurrentWidget(self._welcome)

    def _turn_to(self, widget: SignedIn) -> None:
        if self._stack.currentWidget() is not widget:
            self._stack.setCurrentWidget(widget)
            widget.refresh()


class Welcome(QWidget):
    """The form, and beside it where there is room what this is about."""

    def __init__(self, form: SignIn, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._side = QFrame()
        words = label("display", translate("account", "Browse through people, not companies."))
        words.setWordWrap(True)
        text = translate(
            "account",
            "Use other people's connections, and share yours when you want to. Every byte is"
            " accounted for.",
        )
        more = label("second", text, wraps=True)
        over = QVBoxLayout()
        over.setContentsMargins(32, 40, 32, 16)
        over.setSpacing(12)
        over.addWidget(words)
        over.addWidget(more)
        picture = WorldMap(context.colours, is_quiet=True)
        picture.look_at([_FROM_ABROAD])
        column = QVBoxLayout(self._side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(over)
        column.addWidget(picture, 1)
        beside = QHBoxLayout(self)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self._side, 1)
        beside.addWidget(_centred(form), 1)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        window = self.window()
        is_small = window is not None and window.width() < SHAPE.narrow_below_px
        self._side.setVisible(not is_small)


class Locked(QFrame):
    """The vault with the keys is locked: what opens it is asked for here."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self.setFixedWidth(420)
        self._opener = Opener(context.link, self)
        self._opener.wants_passphrase.connect(self._ask)
        self.waiting = Waiting(self._opener)
        self.passphrase = Field(
            translate("account", "Passphrase"), "key-round", context.colours, is_secret=True
        )
        self.passphrase.hide()
        self.answer = label("answer", wraps=True)
        self.go = button(translate("account", "Open the vault"), look="primary")
        self.go.clicked.connect(self.press)
        self.passphrase.entered.connect(self.press)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(12)
        column.addWidget(label("title", translate("account", "Your vault is locked")))
        text = translate("account", "It holds this device's keys and its sign-in.")
        column.addWidget(label("second", text, wraps=True))
        for each in (self.passphrase, self.waiting, self.answer, self.go):
            column.addWidget(each)

    def press(self) -> None:
        """Open the vault."""
        self._say("")
        self.go.setEnabled(False)
        if self.passphrase.isVisible():
            self._opener.bring_passphrase(self.passphrase.text())
        else:
            self._opener.ensure_open(self._done, self._refused)

    def _ask(self, why_no_keyring: str) -> None:
        self.go.setEnabled(True)
        self._say(why_no_keyring)
        self.passphrase.show()
        self.passphrase.edit.setFocus()

    def _done(self) -> None:
        self.go.setEnabled(True)
        self._say("")
        self.passphrase.edit.clear()
        self.passphrase.hide()

    def _refused(self, refusal: Refusal) -> None:
        self.go.setEnabled(True)
        self._say(sentence(refusal.message))

    def _say(self, text: str) -> None:
        self.answer.setText(text)


class SignedIn(QWidget):
    """Whose account it is, its devices, and the ways out."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self._rows = [(label("second"), label("strong")) for _ in range(4)]
        self.answer = label("answer", wraps=True)
        self.devices = Devices(context, self._say)
        self.password = Password(context)
        outer, column = page(translate("account", "Account"))
        self.out = button(translate("account", "Sign out"), icon="log-out", colours=context.colours)
        self.out.clicked.connect(self._sign_out)
        facts, inside = card(spacing_px=10)
        self.name = label("head")
        inside.addLayout(row(self.name, None, self.out))
        for name, value in self._rows:
            inside.addLayout(row(name, None, value))
        column.addWidget(self.answer)
        column.addWidget(facts)
        column.addWidget(self.devices)
        column.addWidget(self.password)
        column.addStretch(1)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(outer)
        self._say("")

    def refresh(self) -> None:
        """Ask for the account and its devices."""
        snapshot = self._context.link.snapshot
        account = snapshot.get("account") if snapshot else None
        is_there = self._context.link.state is LinkState.CONNECTED
        if is_there and account is not None and account["signed_in"]:
            self._context.link.call("account.show", done=self._show, refused=self._refused)
            self.devices.refresh()

    def _show(self, result: Result) -> None:
        self._say("")
        account: Mapping[str, Any] = looked(result)
        self.name.setText(clean(str(account.get("username", "")), 64))
        snapshot = self._context.link.snapshot
        server = snapshot["account"]["server"] if snapshot and "account" in snapshot else ""
        made = account.get("created_at")
        facts = (
            (translate("account", "Server"), (server or "").removeprefix("https://")),
            (translate("account", "Id"), clean(str(account.get("user_id", "")), 64)),
            (
                translate("account", "Made"),
                figures.moment(made, self._context.now()) if isinstance(made, str) else "\u2013",
            ),
            (
                translate("account", "Recovery"),
                translate("account", "By the code that was shown when the account was made"),
            ),
        )
        for (name, value), (what, text) in zip(self._rows, facts, strict=True):
            name.setText(what)
            value.setText(text)

    def _sign_out(self) -> None:
        self._context.link.call("account.logout", refused=self._refused)

    def _refused(self, refusal: Refusal) -> None:
        told = advice(refusal.code, refusal.message)
        self._say(f"{told.sentence} {told.then}".strip())

    def _say(self, text: str) -> None:
        self.answer.setText(text)
        self.answer.setVisible(bool(text))


def _alone() -> QWidget:
    outer, column = page(translate("account", "Account"))
    text = translate(
        "account",
        "This computer belongs to no central server: it connects by profiles of your own."
        " Whoever runs it can name one in /etc/worldvpn/daemon.toml.",
    )
    column.addWidget(label("second", text, wraps=True))
    column.addStretch(1)
    return outer


def _centred(inside: QWidget) -> QWidget:
    around = QWidget()
    around.setObjectName("page")
    column = QVBoxLayout(around)
    column.setContentsMargins(24, 24, 24, 24)
    column.addStretch(1)
    # Not by an alignment: what is aligned gets no height for its width, and words are cut.
    column.addLayout(row(None, inside, None))
    column.addStretch(1)
    outer = QWidget()
    outer.setObjectName("page")
    whole = QVBoxLayout(outer)
    whole.setContentsMargins(0, 0, 0, 0)
    whole.addWidget(scrolled(around))
    return outer

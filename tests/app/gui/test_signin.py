"""Signing in: what is typed is judged at once, secrets go to root's daemon and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.app.central_daemon import CODE, CentralDaemon
from tests.app.gui.windows import Opened, opened
from worldvpn_app.cli.snapshot import Account
from worldvpn_app.gui.account import AccountPage
from worldvpn_app.gui.present.signin import Mode, Strength, Typed, judge, strength
from worldvpn_app.keys.keeper import Keeper, KeyringError
from worldvpn_core.errors import CentralRefusedError
from worldvpn_core.ipc.account import AccountLogin, AccountRegister
from worldvpn_core.ipc.vault import VaultCreate

GOOD = "correct horse 9"
SIGNED_OUT: Account = {
    "server": "https://central.example",
    "reach": "online",
    "detail": "",
    "signed_in": False,
    "username": None,
    "balance": None,
}


@pytest.fixture
def app(central: CentralDaemon, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    del qtbot  # it makes the application
    central.snapshot["account"] = SIGNED_OUT
    with opened(central.path, tmp_path) as made:
        yield made


@pytest.fixture
def page(app: Opened, qtbot: QtBot) -> AccountPage:
    qtbot.waitUntil(lambda: app.context.link.snapshot is not None)
    app.window.choose("account")
    page = app.window.page("account")
    assert isinstance(page, AccountPage)
    qtbot.waitUntil(page.form.isVisible)
    # The tests' daemon runs as whoever runs them.
    app.context.link.listener_uid = 0
    return page


def fill(page: AccountPage, mode: Mode) -> None:
    page.form.set_mode(mode)
    page.form.name.edit.setText("ada")
    page.form.password.edit.setText(GOOD)


@pytest.mark.parametrize(
    ("name", "password", "wrong_name", "wrong_password"),
    [
        ("ad", GOOD, True, False),
        ("ada lovelace", GOOD, True, False),
        ("ada.", GOOD, True, False),
        ("ada", "short", False, True),
        ("ada-lovelace", "ada-lovelace", False, True),
        ("ada", GOOD, False, False),
        ("", "", False, False),
    ],
)
def test_what_cannot_be_is_said_while_it_is_typed(
    name: str, password: str, *, wrong_name: bool, wrong_password: bool
) -> None:
    verdict = judge(Mode.REGISTER, Typed(name=name, password=password))
    assert (bool(verdict.name), bool(verdict.password)) == (wrong_name, wrong_password)
    assert verdict.is_ready is (name == "ada" and password == GOOD)


def test_an_old_password_is_not_judged_only_asked_for() -> None:
    assert judge(Mode.SIGN_IN, Typed(name="ada", password=GOOD[:1])).is_ready
    assert not judge(Mode.SIGN_IN, Typed(name="ada")).is_ready
    assert not judge(Mode.RECOVER, Typed(name="ada", password=GOOD)).is_ready


@pytest.mark.parametrize(
    ("password", "found"),
    [
        ("", Strength.NONE),
        ("aaaaaaaaaaaaaa", Strength.WEAK),
        ("shorty", Strength.WEAK),
        ("twelveletter", Strength.FAIR),
        ("a sentence of some length", Strength.STRONG),
    ],
)
def test_strength_grows_with_length_and_variety(password: str, found: Strength) -> None:
    assert strength(password) is found


def test_signing_in_asks_the_daemon_and_forgets_the_password(
    central: CentralDaemon, page: AccountPage, qtbot: QtBot
) -> None:
    fill(page, Mode.SIGN_IN)
    page.form.go.click()
    qtbot.waitUntil(lambda: bool(central.asked(AccountLogin)))
    assert central.asked(AccountLogin) == [AccountLogin(username="ada", password=GOOD)]
    qtbot.waitUntil(lambda: not page.form.password.text())


def is_cut(label: QLabel) -> bool:
    room = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
    return label.height() < room


def test_a_recovery_code_is_shown_once_and_then_gone(
    central: CentralDaemon, page: AccountPage, qtbot: QtBot
) -> None:
    fill(page, Mode.REGISTER)
    page.form.go.click()
    qtbot.waitUntil(page.once.isVisible)
    assert central.asked(AccountRegister)
    assert page.once.code.text() == CODE
    qtbot.waitUntil(lambda: not any(map(is_cut, page.once.findChildren(QLabel))))
    page.once.done.click()
    assert not page.once.isVisible()
    assert page.once.code.text() == ""


def test_the_servers_word_about_a_name_stands_under_the_name(
    central: CentralDaemon, page: AccountPage, qtbot: QtBot
) -> None:
    central.refuse(CentralRefusedError("username: is taken"))
    fill(page, Mode.REGISTER)
    page.form.go.click()
    qtbot.waitUntil(page.form.name.wrong.isVisible)
    assert page.form.name.wrong.text() == "Is taken."
    assert page.form.go.isEnabled()


def test_a_stranger_is_told_no_password(
    central: CentralDaemon, app: Opened, page: AccountPage, qtbot: QtBot
) -> None:
    app.context.link.listener_uid = 1_000
    fill(page, Mode.SIGN_IN)
    page.form.go.click()
    qtbot.waitUntil(page.form.answer.isVisible)
    assert "no secret of yours" in page.form.answer.text()
    assert central.asked(AccountLogin) == []


def test_without_a_keyring_a_passphrase_opens_the_new_vault(
    central: CentralDaemon, page: AccountPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    central.vault = {**central.vault, "exists": False, "open": False}

    def absent(_keeper: object) -> tuple[str, str]:
        raise KeyringError("absent")

    monkeypatch.setattr(Keeper, "make", absent)
    fill(page, Mode.REGISTER)
    page.form.go.click()
    qtbot.waitUntil(page.form.passphrase.isVisible)
    assert not page.form.go.isEnabled()
    page.form.passphrase.edit.setText("open sesame")
    page.form.go.click()
    qtbot.waitUntil(page.once.isVisible)
    assert central.asked(VaultCreate)[0].opening.kind == "passphrase"

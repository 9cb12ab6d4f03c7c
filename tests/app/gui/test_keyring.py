"""The keyring in the window: it keeps the key, a person answers its prompt, none is there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.app.central_daemon import CentralDaemon
from tests.app.gui.test_signin import GOOD, SIGNED_OUT
from tests.app.gui.windows import opened
from tests.app.keys.prompter import CANCEL, Prompter
from tests.app.keys.session import (
    PASSWORD,
    DesktopSession,
    desktop_session,
    keyring_daemon,
    lock_keyring,
    looked_up,
)
from worldvpn_app.gui.account import AccountPage
from worldvpn_app.gui.present import said
from worldvpn_app.gui.present.signin import Mode
from worldvpn_app.keys.keeper import SENTENCES, Keeper
from worldvpn_core.ipc.account import AccountLogin, AccountRegister
from worldvpn_core.ipc.vault import VaultCreate, VaultUnlock

# A keyring that must be asked may take its time on a busy computer.
PATIENCE_MS = 20_000
KEY_ID = "00" * 16
#: How a prompt ends without a password.
DISMISSED = {
    "nobody can be shown it": None,
    "by a click": (CANCEL,),
    "after a wrong password": ("not this one", CANCEL),
}
dismissed = pytest.mark.parametrize("answers", DISMISSED.values(), ids=DISMISSED)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DesktopSession]:
    """A session with nobody on its bus, which the window's helpers are in."""
    with desktop_session(tmp_path / "session") as session:
        enter(monkeypatch, session.environment)
        monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
        yield session


def enter(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def page(central: CentralDaemon, tmp_path: Path, qtbot: QtBot) -> Iterator[AccountPage]:
    central.snapshot["account"] = SIGNED_OUT
    with opened(central.path, tmp_path) as app:
        qtbot.waitUntil(lambda: app.context.link.snapshot is not None)
        app.window.choose("account")
        page = app.window.page("account")
        assert isinstance(page, AccountPage)
        qtbot.waitUntil(page.form.isVisible)
        # The tests' daemon runs as whoever runs them.
        app.context.link.listener_uid = 0
        page.form.set_mode(Mode.SIGN_IN)
        page.form.name.edit.setText("ada")
        page.form.password.edit.setText(GOOD)
        yield page


def closed(central: CentralDaemon, **status: object) -> None:
    central.vault = {**central.vault, "open": False, **status}


def lock(central: CentralDaemon, session: DesktopSession, page: AccountPage, qtbot: QtBot) -> None:
    """Lock the vault that the keyring opens, and the keyring."""
    _key, key_id = Keeper().make()
    closed(central, opened_by="keyring", key_id=key_id)
    central.tell(account={**SIGNED_OUT, "signed_in": None})
    qtbot.waitUntil(page.locked.isVisible)
    lock_keyring(session)


@contextlib.contextmanager
def prompted(session: DesktopSession, page: AccountPage, qtbot: QtBot) -> Iterator[Prompter]:
    """The form's button was pressed, and the locked keyring asks for its password."""
    with keyring_daemon(session), Prompter(session.bus) as prompter:
        lock_keyring(session)
        page.form.go.click()
        qtbot.waitUntil(lambda: prompter.is_open, timeout=PATIENCE_MS)
        yield prompter


@contextlib.contextmanager
def person(session: DesktopSession, answers: tuple[str | None, ...] | None) -> Iterator[None]:
    """Somebody who answers every prompt to its end; None for nobody."""
    if answers is None:
        yield
        return
    with Prompter(session.bus, *answers) as prompter:
        yield
        assert len(prompter.shown) == len(answers)


def test_a_keyring_that_is_allowed_keeps_the_key_and_nobody_types_a_passphrase(
    central: CentralDaemon, session: DesktopSession, page: AccountPage, qtbot: QtBot
) -> None:
    closed(central, exists=False)
    with keyring_daemon(session):
        page.form.go.click()
        qtbot.waitUntil(lambda: bool(central.asked(AccountLogin)), timeout=PATIENCE_MS)
        (made,) = central.asked(VaultCreate)
        assert page.form.passphrase.isHidden()
        key_id = made.opening.key_id
        assert looked_up(session, f"vault-{key_id}") == made.opening.secret


def test_a_prompt_that_is_answered_opens_the_vault_and_nobody_types_a_passphrase(
    central: CentralDaemon, session: DesktopSession, page: AccountPage, qtbot: QtBot
) -> None:
    with keyring_daemon(session), Prompter(session.bus) as prompter:
        key, key_id = Keeper().make()
        closed(central, opened_by="keyring", key_id=key_id)
        lock_keyring(session)
        page.form.go.click()
        qtbot.waitUntil(lambda: prompter.is_open, timeout=PATIENCE_MS)
        assert page.form.waiting.isVisible()
        assert page.form.waiting.text.text() == "Waiting for the keyring of this session."
        prompter.answer(PASSWORD)
        qtbot.waitUntil(lambda: bool(central.asked(AccountLogin)), timeout=PATIENCE_MS)
    (unlocked,) = central.asked(VaultUnlock)
    assert (unlocked.opening.kind, unlocked.opening.secret) == ("keyring", key)
    assert page.form.passphrase.isHidden()
    qtbot.waitUntil(lambda: not page.form.password.text())
    assert page.form.waiting.isHidden()


def test_a_prompt_that_is_answered_keeps_the_key_of_a_new_vault_and_comes_once(
    central: CentralDaemon, session: DesktopSession, page: AccountPage, qtbot: QtBot
) -> None:
    closed(central, exists=False)
    with keyring_daemon(session), Prompter(session.bus, PASSWORD) as prompter:
        lock_keyring(session)
        page.form.go.click()
        qtbot.waitUntil(lambda: bool(central.asked(AccountLogin)), timeout=PATIENCE_MS)
    assert [made.opening.kind for made in central.asked(VaultCreate)] == ["keyring"]
    assert len(prompter.shown) == 1


def test_what_is_asked_is_what_stood_there_when_the_button_was_pressed(
    central: CentralDaemon, session: DesktopSession, page: AccountPage, qtbot: QtBot
) -> None:
    closed(central, exists=False)
    with prompted(session, page, qtbot) as prompter:
        for each in page.form.modes.findChildren(QPushButton):
            each.click()
        page.form.name.edit.setText("somebody else")
        prompter.answer(PASSWORD)
        qtbot.waitUntil(
            lambda: bool(central.asked(AccountLogin, AccountRegister)), timeout=PATIENCE_MS
        )
    (asked,) = central.asked(AccountLogin)
    assert asked.username == "ada"


def test_a_locked_vault_that_the_keyring_opened_says_nothing_of_waiting_later(
    central: CentralDaemon, session: DesktopSession, page: AccountPage, qtbot: QtBot
) -> None:
    with keyring_daemon(session), Prompter(session.bus, PASSWORD):
        lock(central, session, page, qtbot)
        page.locked.go.click()
        assert not page.locked.go.isEnabled()
        qtbot.waitUntil(page.locked.go.isEnabled, timeout=PATIENCE_MS)
    assert [asked.opening.kind for asked in central.asked(VaultUnlock)] == ["keyring"]
    assert page.locked.answer.text() == ""
    assert page.locked.waiting.isHidden()


def test_who_waits_no_longer_gives_a_new_vault_a_passphrase(
    central: CentralDaemon, session: DesktopSession, page: AccountPage, qtbot: QtBot
) -> None:
    closed(central, exists=False)
    with prompted(session, page, qtbot):
        page.form.waiting.stop.click()
        qtbot.waitUntil(page.form.passphrase.isVisible, timeout=PATIENCE_MS)
        assert page.form.waiting.isHidden()
        assert page.form.answer.text() == (
            "The keyring was not waited for any longer; its prompt may still be open."
            " Choose a passphrase that opens the vault with your keys instead."
        )
    assert not central.asked(VaultCreate, AccountLogin)


def test_who_waits_no_longer_may_open_a_locked_vault_another_time(
    central: CentralDaemon, session: DesktopSession, page: AccountPage, qtbot: QtBot
) -> None:
    with keyring_daemon(session), Prompter(session.bus) as prompter:
        lock(central, session, page, qtbot)
        page.locked.go.click()
        qtbot.waitUntil(lambda: prompter.is_open, timeout=PATIENCE_MS)
        page.locked.waiting.stop.click()
        qtbot.waitUntil(page.locked.go.isEnabled, timeout=PATIENCE_MS)
        assert "not waited for" in page.locked.answer.text()
        page.locked.go.click()
        qtbot.waitUntil(page.locked.waiting.isVisible, timeout=PATIENCE_MS)
        page.locked.waiting.stop.click()
        qtbot.waitUntil(page.locked.go.isEnabled, timeout=PATIENCE_MS)
    assert not central.asked(VaultUnlock)


@pytest.mark.parametrize("kind", SENTENCES)
def test_what_a_keyring_says_is_said_in_every_language(kind: str) -> None:
    assert SENTENCES[kind] in said.SENTENCES


@dismissed
def test_a_prompt_that_is_dismissed_leads_to_a_passphrase_for_a_new_vault(
    central: CentralDaemon,
    session: DesktopSession,
    page: AccountPage,
    qtbot: QtBot,
    answers: tuple[str | None, ...] | None,
) -> None:
    closed(central, exists=False)
    with keyring_daemon(session), person(session, answers):
        lock_keyring(session)
        page.form.go.click()
        qtbot.waitUntil(page.form.passphrase.isVisible, timeout=PATIENCE_MS)
        assert page.form.answer.text() == (
            "The keyring stayed locked: its prompt was dismissed, or could not be shown here."
            " Choose a passphrase that opens the vault with your keys instead."
        )
        page.form.passphrase.edit.setText(GOOD)
        page.form.go.click()
        qtbot.waitUntil(lambda: bool(central.asked(AccountLogin)), timeout=PATIENCE_MS)
        assert [made.opening.kind for made in central.asked(VaultCreate)] == ["passphrase"]


@dismissed
def test_a_prompt_that_is_dismissed_leaves_a_vault_closed_and_says_so(
    central: CentralDaemon,
    session: DesktopSession,
    page: AccountPage,
    qtbot: QtBot,
    answers: tuple[str | None, ...] | None,
) -> None:
    closed(central, opened_by="keyring", key_id=KEY_ID)
    with keyring_daemon(session), person(session, answers):
        lock_keyring(session)
        page.form.go.click()
        qtbot.waitUntil(lambda: "dismissed" in page.form.answer.text(), timeout=PATIENCE_MS)
    assert page.form.go.isEnabled()
    assert not central.asked(VaultUnlock, AccountLogin)


def test_without_a_keyring_a_vault_that_needs_one_stays_closed_and_says_so(
    central: CentralDaemon, session: DesktopSession, page: AccountPage, qtbot: QtBot
) -> None:
    del session
    closed(central, opened_by="keyring", key_id=KEY_ID)
    page.form.go.click()
    qtbot.waitUntil(lambda: "No keyring answers" in page.form.answer.text(), timeout=PATIENCE_MS)
    assert not central.asked(VaultUnlock, AccountLogin)
    assert page.form.password.text() == GOOD

"""The keyring's answers in the window: it keeps the key, its prompt is dismissed, none is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.central_daemon import CentralDaemon
from tests.app.gui.test_signin import GOOD, SIGNED_OUT
from tests.app.gui.windows import opened
from tests.app.keys.session import (
    DesktopSession,
    desktop_session,
    keyring_daemon,
    lock_keyring,
    looked_up,
)
from worldvpn_app.gui.account import AccountPage
from worldvpn_app.gui.present.signin import Mode
from worldvpn_core.ipc.account import AccountLogin
from worldvpn_core.ipc.vault import VaultCreate, VaultUnlock

# A keyring that must be asked may take its time on a busy computer.
PATIENCE_MS = 20_000
KEY_ID = "00" * 16


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


def test_a_prompt_that_is_dismissed_leads_to_a_passphrase_for_a_new_vault(
    central: CentralDaemon, session: DesktopSession, page: AccountPage, qtbot: QtBot
) -> None:
    closed(central, exists=False)
    with keyring_daemon(session):
        lock_keyring(session)
        page.form.go.click()
        qtbot.waitUntil(page.form.passphrase.isVisible, timeout=PATIENCE_MS)
        page.form.passphrase.edit.setText(GOOD)
        page.form.go.click()
        qtbot.waitUntil(lambda: bool(central.asked(AccountLogin)), timeout=PATIENCE_MS)
        assert [made.opening.kind for made in central.asked(VaultCreate)] == ["passphrase"]


def test_a_prompt_that_is_dismissed_leaves_a_vault_closed_and_says_so(
    central: CentralDaemon, session: DesktopSession, page: AccountPage, qtbot: QtBot
) -> None:
    closed(central, opened_by="keyring", key_id=KEY_ID)
    with keyring_daemon(session):
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

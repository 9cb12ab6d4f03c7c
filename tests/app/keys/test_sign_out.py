"""Signing out leaves no key in the keyring: it would open nothing any more."""

from __future__ import annotations

import pytest

from tests.app.central_daemon import CentralDaemon
from tests.app.keys.session import DesktopSession, lock_keyring, looked_up
from tests.app.programs import run
from worldvpn_app.cli.exits import Exit
from worldvpn_app.keys.keeper import Keeper
from worldvpn_core.errors import CentralOfflineError


@pytest.fixture
def key_id(central: CentralDaemon, session: DesktopSession, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return where the keyring has the key of the daemon's vault."""
    for name, value in session.environment.items():
        monkeypatch.setenv(name, value)
    _key, key_id = Keeper().make()
    central.vault = {**central.vault, "opened_by": "keyring", "key_id": key_id}
    return key_id


@pytest.fixture
def desktop(session: DesktopSession, env: dict[str, str]) -> dict[str, str]:
    return {**env, **session.environment}


def test_key_goes_with_the_vault(
    session: DesktopSession, key_id: str, desktop: dict[str, str]
) -> None:
    done = run("logout", env=desktop)

    assert (done.returncode, done.stdout) == (Exit.OK, "Signed out.\n")
    assert looked_up(session, f"vault-{key_id}") == ""


def test_key_that_cannot_be_removed_is_named(
    session: DesktopSession, key_id: str, desktop: dict[str, str]
) -> None:
    lock_keyring(session)
    done = run("logout", env=desktop)

    assert done.returncode == Exit.OK
    assert f"the keyring still has vault-{key_id} of worldvpn; it opens nothing now" in done.stdout


def test_key_stays_where_nobody_was_signed_out(
    central: CentralDaemon, session: DesktopSession, key_id: str, desktop: dict[str, str]
) -> None:
    central.refuse(CentralOfflineError("the central server does not answer"))
    done = run("logout", env=desktop)

    assert done.returncode == Exit.FAILED
    assert len(looked_up(session, f"vault-{key_id}")) == 64

"""The session's keyring keeps a key, or says in a sentence why not; it is never waited for."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.app.keys import backends
from tests.app.keys.prompter import CANCEL, Prompter
from tests.app.keys.session import (
    PASSWORD,
    DesktopSession,
    keyring_daemon,
    lock_keyring,
    looked_up,
)
from tests.app.programs import until
from worldvpn_app.keys.keeper import Keeper, KeyringError


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the session that the tests themselves run in."""
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "PYTHON_KEYRING_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def enter(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def refused(keeper: Keeper | None = None) -> KeyringError:
    with pytest.raises(KeyringError) as error:
        (keeper or Keeper()).make()
    return error.value


def test_secret_service_keeps_the_key_until_it_is_forgotten(
    session: DesktopSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, session.environment)
    key, key_id = Keeper().make()
    other_key, other_id = Keeper().make()
    seen = looked_up(session, f"vault-{key_id}")

    assert (len(bytes.fromhex(key)), len(bytes.fromhex(key_id))) == (32, 16)
    assert (key, key_id) != (other_key, other_id)
    assert seen == Keeper().get(key_id) == key
    Keeper().forget(key_id)
    Keeper().forget(key_id)
    assert looked_up(session, f"vault-{key_id}") == ""
    with pytest.raises(KeyringError, match="holds no key of this vault") as missing:
        Keeper().get(key_id)
    assert missing.value.code == "keyring.missing"
    assert Keeper().get(other_id) == other_key


def test_locked_keyring_without_anybody_to_unlock_it_is_a_sentence(
    session: DesktopSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, session.environment)
    _key, key_id = Keeper().make()
    lock_keyring(session)

    with pytest.raises(KeyringError, match="its prompt was dismissed, or could not") as locked:
        Keeper().get(key_id)

    assert locked.value.code == "keyring.locked"
    assert refused().code == "keyring.locked"


def test_keeper_that_was_stopped_waits_for_nothing_it_is_asked_next() -> None:
    keeper = Keeper()
    keeper.stop()

    assert refused(keeper).code == "keyring.stopped"


def test_prompt_that_is_answered_gives_the_key(
    session: DesktopSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, session.environment)
    key, key_id = Keeper().make()
    lock_keyring(session)
    with Prompter(session.bus, "not this one", PASSWORD) as prompter:
        assert Keeper().get(key_id) == key
    assert [each.warning for each in prompter.shown] == ["", "The unlock password was incorrect"]


def test_first_keyring_of_somebody_gets_a_password_and_the_key(
    bare_session: DesktopSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, bare_session.environment)
    with (
        keyring_daemon(bare_session, is_unlocked=False),
        Prompter(bare_session.bus, CANCEL, PASSWORD) as prompter,
    ):
        assert refused().code == "keyring.locked"
        key, key_id = Keeper().make()
        assert looked_up(bare_session, f"vault-{key_id}") == key
    assert [each.message for each in prompter.shown] == ["Choose password for new keyring"] * 2


def test_prompt_that_nobody_answers_is_given_up_and_counts_once_it_is_answered(
    session: DesktopSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, session.environment)
    key, key_id = Keeper().make()
    lock_keyring(session)
    with Prompter(session.bus) as prompter:
        with pytest.raises(KeyringError) as error:
            Keeper(limit_s=2).get(key_id)
        assert prompter.is_open
        prompter.answer(PASSWORD)
        until(lambda: prompter.is_over)
        assert Keeper().get(key_id) == key

    assert error.value.code == "keyring.timeout"
    assert error.value.message == (
        "the keyring did not answer in 2 s; its prompt may still be open"
    )
    assert len(prompter.shown) == 1


def test_session_without_a_keyring_is_a_sentence(
    bare_session: DesktopSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, bare_session.environment)
    assert refused().message == "no keyring answers in this session"


def test_no_session_at_all_is_a_sentence() -> None:
    assert refused().code == "keyring.absent"


def test_bus_that_never_answers_is_no_keyring(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "bus"))
        listener.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
        assert refused().code == "keyring.absent"


@pytest.mark.parametrize("name", ["null", "fail"])
def test_backend_that_keeps_nothing_is_not_used(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"keyring.backends.{name}.Keyring")
    assert refused().code == {"null": "keyring.refused", "fail": "keyring.absent"}[name]


def test_plaintext_backend_is_named_and_never_handed_the_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    enter(monkeypatch, backends.brought(tmp_path / "site", "plain"))
    error = refused()
    assert error.code == "keyring.refused"
    assert "brought_backend.PlaintextKeyring, which is not trusted with a key" in error.message
    with pytest.raises(KeyringError, match="not trusted"):
        Keeper().get("00" * 16)
    assert not backends.notes(tmp_path / "site").exists()


@pytest.mark.parametrize(("priority", "is_used"), [(1, True), (9, False)])
def test_chain_is_judged_by_what_it_would_write_to(
    session: DesktopSession,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    priority: int,
    *,
    is_used: bool,
) -> None:
    enter(monkeypatch, session.environment)
    enter(monkeypatch, backends.installed(tmp_path / "site", priority=priority))
    if is_used:
        key, key_id = Keeper().make()
        assert looked_up(session, f"vault-{key_id}") == key
    else:
        assert refused().code == "keyring.refused"
    assert not backends.notes(tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [("raises", "the keyring failed (OSError)"), ("ends", "the keyring failed (exit status 7)")],
)
def test_backend_that_breaks_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str, sentence: str
) -> None:
    enter(monkeypatch, backends.brought(tmp_path / "site", body))
    error = refused()
    assert (error.code, error.message) == ("keyring.failed", sentence)


def test_backend_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    enter(monkeypatch, backends.brought(tmp_path / "site", "hangs"))
    assert refused(Keeper(limit_s=2)).code == "keyring.timeout"


def test_backend_that_prints_is_not_taken_for_the_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    enter(monkeypatch, backends.brought(tmp_path / "site", "chatters"))
    assert refused().code == "keyring.refused"


def test_key_that_is_not_kept_is_noticed_and_shown_by_no_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    enter(monkeypatch, backends.forgetful_library(tmp_path / "site"))
    assert refused().code == "keyring.changed"

    shown = backends.notes(tmp_path / "site")
    key = Path(f"{shown}.key").read_text()
    assert len(key) == 64
    assert b"worldvpn_app.keys.worker" in shown.read_bytes()
    assert key.encode() not in shown.read_bytes()


def test_module_in_the_present_directory_is_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "keyring.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    assert refused().code == "keyring.absent"
    assert [file.name for file in tmp_path.iterdir()] == ["keyring.py"]

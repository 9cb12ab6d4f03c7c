"""``worldvpn vault``: made, opened, locked, changed, exported and wiped, and what is said then."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.programs import run
from tests.app.typist import at_terminal
from tests.app.vault_daemon import VaultDaemon
from tests.core.vault.samples import secrets
from worldvpn_app.cli.exits import Exit
from worldvpn_core.ipc.vault import VaultChange, VaultCreate, VaultUnlock

NOBODY = (
    "nobody can be asked for the passphrase here:"
    " say --passphrase-file FILE, or run it on a terminal"
)
WORDS, OTHER_WORDS = "correct horse battery", "staple of another horse"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[VaultDaemon]:
    directory = tmp_path / "state"
    directory.mkdir()
    with VaultDaemon(tmp_path / "daemon.sock", directory) as daemon:
        yield daemon


@pytest.fixture
def words(tmp_path: Path) -> str:
    file = tmp_path / "words"
    file.write_text(f"{WORDS}\n")
    return str(file)


def said(done: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    """Return how it ended and its first line, wherever that went."""
    return done.returncode, (done.stdout + done.stderr).partition("\n")[0]


def test_status_says_what_to_do_next(daemon: VaultDaemon, env: dict[str, str], words: str) -> None:
    nothing = run("vault", env=env)
    made = run("vault", "create", "--passphrase-file", words, env=env)
    daemon.store(secrets())
    full = run("vault", "status", env=env)
    locked = run("vault", "lock", env=env)
    opened = run("vault", "unlock", "--passphrase-file", words, env=env)
    again = run("vault", "unlock", env=env)

    assert said(nothing) == (0, "There is no vault yet: signing in makes one.")
    assert made.stdout == (
        "The vault is open.\n  Opened by  a passphrase\n  Holds      nothing yet\n"
    )
    assert "Holds      an account and its device keys" in full.stdout
    assert locked.stdout == (
        "The vault is locked.\n  Opened by  a passphrase\nOpen it: worldvpn vault unlock\n"
    )
    assert said(opened) == said(again) == (0, "The vault is open.")


def test_status_in_json_is_the_daemons(daemon: VaultDaemon, env: dict[str, str]) -> None:
    answer = json.loads(run("vault", "--json", env=env).stdout)
    assert (answer["exists"], answer["open"], answer["opened_by"]) == (False, False, None)
    assert len(daemon.requests) == 1


@pytest.mark.usefixtures("daemon")
def test_passphrases_come_from_standard_input_line_by_line(env: dict[str, str]) -> None:
    run("vault", "create", "--passphrase-file", "-", env=env, stdin=f"{WORDS}\n")
    files = ("--passphrase-file", "-", "--new-passphrase-file", "-")
    changed = run("vault", "change", *files, env=env, stdin=f"{WORDS}\n{OTHER_WORDS}\n")
    run("vault", "lock", env=env)
    old = run("vault", "unlock", "--passphrase-file", "-", env=env, stdin=WORDS)
    new = run("vault", "unlock", "--passphrase-file", "-", env=env, stdin=OTHER_WORDS)

    assert said(changed) == (0, "The vault is open.")
    assert said(old) == (1, "worldvpn: the passphrase does not open this vault")
    assert said(new) == (0, "The vault is open.")


@pytest.mark.usefixtures("daemon")
def test_passphrase_is_typed_twice_and_not_shown(env: dict[str, str]) -> None:
    asked = (("New passphrase of the vault: ", f"{WORDS}\n"), ("The same again: ", f"{WORDS}\n"))
    made, shown = at_terminal("vault", "create", "--passphrase", env=env, answers=asked)
    run("vault", "lock", env=env)
    known = (("Passphrase of the vault: ", f"{WORDS}\n"),)
    opened, more = at_terminal("vault", "unlock", env=env, answers=known)

    assert (made, opened) == (Exit.OK, Exit.OK)
    assert "The vault is open." in shown
    assert WORDS not in shown + more


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (WORDS, OTHER_WORDS, "the two differ: nothing was changed"),
        ("short", "", "a passphrase has 8 to 1024 characters: nothing was changed"),
        ("\x04", "", "no passphrase was typed: nothing was changed"),
    ],
)
def test_new_passphrase_that_is_none_changes_nothing(
    daemon: VaultDaemon, env: dict[str, str], first: str, second: str, sentence: str
) -> None:
    asked = (
        ("New passphrase of the vault: ", f"{first}\n" if first.isprintable() else first),
        ("The same again: ", f"{second}\n"),
    )
    code, shown = at_terminal("vault", "create", "--passphrase", env=env, answers=asked)
    assert code == Exit.FAILED
    assert f"worldvpn: {sentence}" in shown
    assert daemon.files() == []


def test_without_keyring_or_person_the_next_option_is_said(
    daemon: VaultDaemon, env: dict[str, str]
) -> None:
    for options in ((), ("--keyring",)):
        code, sentence = said(run("vault", "create", *options, env=env))
        assert code == Exit.FAILED
        assert sentence == (
            "worldvpn: no keyring answers in this session."
            " Use a passphrase instead: worldvpn vault create --passphrase"
        )
    answer = json.loads(run("vault", "create", "--json", env=env).stdout)
    assert answer["error"]["code"] == "keyring.absent"
    assert said(run("vault", "create", "--passphrase", env=env)) == (
        Exit.USAGE,
        f"worldvpn: {NOBODY}",
    )
    assert not any(isinstance(request, VaultCreate) for request in daemon.requests)


@pytest.mark.usefixtures("daemon")
def test_without_keyring_a_person_is_asked_for_a_passphrase(env: dict[str, str]) -> None:
    asked = (("New passphrase of the vault: ", f"{WORDS}\n"), ("The same again: ", f"{WORDS}\n"))
    code, shown = at_terminal("vault", "create", env=env, answers=asked)
    assert code == Exit.OK
    assert "Note: no keyring answers in this session. A passphrase opens the vault" in shown


def test_root_has_it_opened_by_a_key_file(daemon: VaultDaemon, env: dict[str, str]) -> None:
    made = run("vault", "create", "--key-file", env=env)
    run("vault", "lock", env=env)
    opened = run("vault", "unlock", env=env)
    assert "Opened by  a key file or credential of root's" in made.stdout
    assert said(opened) == (0, "The vault is open.")
    assert (daemon.directory / "etc" / "vault.key").exists()


def test_export_is_a_new_file_for_the_caller_and_restores(
    daemon: VaultDaemon, env: dict[str, str], words: str, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    run("vault", "create", "--passphrase-file", words, env=env)
    daemon.store(secrets())
    files = ("--passphrase-file", words, "--new-passphrase-file", "-")
    made = run("vault", "export", str(backup), *files, env=env, stdin=OTHER_WORDS)
    again = run("vault", "export", str(backup), *files, env=env, stdin=OTHER_WORDS)
    wiped = run("vault", "wipe", "--yes", env=env)
    gone = (daemon.files(), daemon.vault.secrets)
    files = ("--passphrase-file", words, "--backup-passphrase-file", "-")
    wrong = run("vault", "create", "--from", str(backup), *files, env=env, stdin=WORDS)
    right = run("vault", "create", "--from", str(backup), *files, env=env, stdin=OTHER_WORDS)

    assert made.stdout == f"Exported to {backup}. Only the passphrase just given opens it.\n"
    assert said(again) == (1, f"worldvpn: cannot write {backup}: File exists")
    assert backup.stat().st_mode & 0o777 == 0o600
    assert said(wiped) == (0, "Nothing of the vault is left on this computer.")
    assert gone == ([], None)
    assert said(wrong) == (1, "worldvpn: the passphrase does not open this vault")
    assert right.returncode == 0
    assert daemon.vault.secrets == secrets()


def test_export_needs_a_file_and_an_open_vault(
    daemon: VaultDaemon, env: dict[str, str], words: str
) -> None:
    run("vault", "create", "--passphrase-file", words, env=env)
    assert said(run("vault", "export", env=env))[0] == Exit.USAGE
    run("vault", "lock", env=env)
    locked = said(run("vault", "export", "backup", env=env))
    assert locked == (1, "worldvpn: the vault is locked: worldvpn vault unlock")
    assert said(run("vault", "change", env=env)) == locked
    assert daemon.files() == ["vault"]


def test_wipe_asks(daemon: VaultDaemon, env: dict[str, str], words: str) -> None:
    run("vault", "create", "--passphrase-file", words, env=env)
    refused = run("vault", "wipe", env=env)
    code, shown = at_terminal("vault", "wipe", env=env, answers=(("[y/N] ", "n\n"),))
    assert (refused.returncode, code) == (Exit.USAGE, Exit.FAILED)
    assert "Without a backup it has to be signed in again as a new device" in shown
    assert daemon.files() == ["vault"]


def test_wrong_passphrases_end_in_a_wait_that_status_shows(
    daemon: VaultDaemon, env: dict[str, str], words: str
) -> None:
    run("vault", "create", "--passphrase-file", words, env=env)
    run("vault", "lock", env=env)
    wrong = [
        said(run("vault", "unlock", "--passphrase-file", "-", env=env, stdin=OTHER_WORDS))[1]
        for _ in range(4)
    ]
    status = run("vault", env=env)

    assert wrong[:3] == ["worldvpn: the passphrase does not open this vault"] * 3
    assert wrong[3] == "worldvpn: too many wrong passphrases: try again in 2 s"
    assert "Too many wrong passphrases: the next in 3 s" in status.stdout
    assert sum(isinstance(request, VaultUnlock) for request in daemon.requests) == 4


def test_damaged_vault_is_said_with_the_way_out(
    daemon: VaultDaemon, env: dict[str, str], words: str
) -> None:
    run("vault", "create", "--passphrase-file", words, env=env)
    run("vault", "lock", env=env)
    (daemon.directory / "vault").write_bytes(b"x")
    for verb in ((), ("unlock",)):
        shown = run("vault", *verb, env=env).stdout
        assert shown.startswith("The vault is damaged, and so is its former generation.\n")
        assert "worldvpn vault wipe, then worldvpn vault create --from FILE" in shown


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b""])
def test_passphrase_file_that_is_none_is_a_sentence(
    daemon: VaultDaemon, env: dict[str, str], tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "words"
    if content is not None:
        file.write_bytes(content)
    done = run("vault", "create", "--passphrase-file", str(file), env=env)
    assert done.returncode == Exit.FAILED
    assert done.stderr.startswith("worldvpn: ")
    assert done.stderr.count("\n") == 1
    assert daemon.requests == []


def test_backup_that_is_none_is_a_sentence(
    daemon: VaultDaemon, env: dict[str, str], words: str, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    files = ("--passphrase-file", words, "--backup-passphrase-file", words)
    for content in (None, b"", b"x" * 70_000, b"no vault"):
        if content is not None:
            backup.write_bytes(content)
        done = run("vault", "create", "--from", str(backup), *files, env=env)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert daemon.files() == []


def test_change_by_somebody_who_does_not_know_the_passphrase_is_refused(
    daemon: VaultDaemon, env: dict[str, str], words: str
) -> None:
    run("vault", "create", "--passphrase-file", words, env=env)
    files = ("--passphrase-file", "-", "--new-passphrase-file", "-")
    done = run("vault", "change", *files, env=env, stdin=f"{OTHER_WORDS}\n{OTHER_WORDS}\n")
    assert said(done) == (1, "worldvpn: the passphrase does not open this vault")
    assert any(isinstance(request, VaultChange) for request in daemon.requests)

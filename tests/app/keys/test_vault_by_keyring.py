"""``worldvpn vault`` with a real keyring: the key goes to root's daemon and to nobody else."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.keys.prompter import CANCEL, Prompter
from tests.app.keys.session import PASSWORD, DesktopSession, lock_keyring, looked_up
from tests.app.programs import run
from tests.app.vault_daemon import VaultDaemon
from tests.core.ipc.stranger import GID, UID, as_stranger
from tests.core.vault.samples import secrets
from worldvpn_app.cli import vault  # noqa: F401 - loaded before the uid changes
from worldvpn_app.cli.exits import Exit
from worldvpn_app.cli.main import main

WORDS = "correct horse battery"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[VaultDaemon]:
    directory = tmp_path / "state"
    directory.mkdir()
    with VaultDaemon(tmp_path / "daemon.sock", directory) as daemon:
        yield daemon


@pytest.fixture
def env(session: DesktopSession, tmp_path: Path) -> dict[str, str]:
    return {**session.environment, "WORLDVPN_SOCKET": str(tmp_path / "daemon.sock")}


@pytest.fixture
def words(tmp_path: Path) -> str:
    file = tmp_path / "words"
    file.write_text(f"{WORDS}\n")
    return str(file)


def key_id(env: dict[str, str]) -> str:
    return str(json.loads(run("vault", "--json", env=env).stdout)["key_id"])


def test_keyring_comes_first_and_opens_the_vault_again(
    daemon: VaultDaemon, session: DesktopSession, env: dict[str, str]
) -> None:
    made = run("vault", "create", env=env)
    daemon.store(secrets())
    locked = run("vault", "lock", env=env)
    opened = run("vault", "unlock", env=env)

    assert "Opened by  a key in your keyring" in made.stdout
    assert locked.returncode == opened.returncode == 0
    assert daemon.vault.secrets == secrets()
    key = looked_up(session, f"vault-{key_id(env)}")
    assert len(key) == 64
    assert key not in made.stdout + made.stderr + locked.stdout + opened.stdout + opened.stderr


def test_changing_what_opens_it_leaves_no_former_key(
    daemon: VaultDaemon, session: DesktopSession, env: dict[str, str], words: str
) -> None:
    run("vault", "create", env=env)
    first = key_id(env)
    run("vault", "change", env=env)
    second = key_id(env)
    run("vault", "change", "--new-passphrase-file", words, env=env)
    by_words = run("vault", env=env)
    back = run("vault", "change", "--keyring", "--passphrase-file", words, env=env)
    third = key_id(env)
    run("vault", "wipe", "--yes", env=env)

    assert len({first, second, third}) == 3
    assert "Opened by  a passphrase" in by_words.stdout
    assert "Opened by  a key in your keyring" in back.stdout
    assert [looked_up(session, f"vault-{each}") for each in (first, second, third)] == [""] * 3
    assert daemon.files() == []


def test_refused_change_leaves_the_keyring_as_it_was(
    daemon: VaultDaemon, session: DesktopSession, env: dict[str, str], words: str
) -> None:
    run("vault", "create", "--passphrase-file", words, env=env)
    done = run("vault", "change", "--passphrase-file", "-", env=env, stdin="not this one")
    assert "does not open this vault" in done.stderr
    assert _entries(session) == ""
    assert daemon.files()[0] == "vault"


def test_change_that_ended_unclearly_keeps_both_keys(
    daemon: VaultDaemon, session: DesktopSession, env: dict[str, str]
) -> None:
    run("vault", "create", env=env)
    (daemon.directory / "vault.new").mkdir()
    done = run("vault", "change", env=env)
    (daemon.directory / "vault.new").rmdir()
    run("vault", "lock", env=env)

    assert "the vault could not be written" in done.stderr
    assert _entries(session).count("secret = ") == 2
    assert run("vault", "unlock", env=env).returncode == Exit.OK


def test_prompt_that_is_answered_opens_the_vault(
    daemon: VaultDaemon, session: DesktopSession, env: dict[str, str]
) -> None:
    lock_keyring(session)
    with Prompter(session.bus, PASSWORD, "not this one", PASSWORD) as prompter:
        made = run("vault", "create", env=env)
        daemon.store(secrets())
        run("vault", "lock", env=env)
        lock_keyring(session)
        opened = run("vault", "unlock", env=env)

    assert "Opened by  a key in your keyring" in made.stdout
    assert opened.returncode == Exit.OK
    assert daemon.vault.secrets == secrets()
    assert len(prompter.shown) == 3
    assert PASSWORD not in made.stdout + made.stderr + opened.stdout + opened.stderr


@pytest.mark.parametrize("is_clicked", [False, True], ids=["nobody can be shown it", "by a click"])
def test_prompt_that_is_dismissed_is_said_with_the_way_on(
    daemon: VaultDaemon, session: DesktopSession, env: dict[str, str], *, is_clicked: bool
) -> None:
    run("vault", "create", env=env)
    run("vault", "lock", env=env)
    lock_keyring(session)
    person = Prompter(session.bus, CANCEL) if is_clicked else contextlib.nullcontext()
    with person:
        done = run("vault", "unlock", env=env)
    assert done.returncode == Exit.FAILED
    assert done.stderr == (
        "worldvpn: the keyring stayed locked: its prompt was dismissed, or could not be shown here."
        " Log in to the desktop whose keyring has it and try again; or start anew from a backup:"
        " worldvpn vault wipe, then worldvpn vault create --from FILE\n"
    )
    assert not daemon.vault.is_open


def test_key_that_cannot_be_removed_is_named(
    daemon: VaultDaemon, session: DesktopSession, env: dict[str, str]
) -> None:
    run("vault", "create", env=env)
    former = key_id(env)
    lock_keyring(session)
    done = run("vault", "wipe", "--yes", env=env)
    assert f"the keyring still has vault-{former} of worldvpn; it opens nothing now" in done.stdout
    assert daemon.files() == []


def _entries(session: DesktopSession) -> str:
    argv = ("secret-tool", "search", "--all", "service", "worldvpn")
    done = subprocess.run(
        argv, env=session.environment, capture_output=True, text=True, check=False
    )
    return done.stdout


@pytest.mark.anyio
async def test_daemon_that_is_not_roots_gets_nothing_that_opens_a_vault() -> None:
    with tempfile.TemporaryDirectory(prefix="wv") as name:
        folder = Path(name)
        os.chown(folder, UID, GID)
        words = folder / "words"
        words.write_text(f"{WORDS}\n")
        words.chmod(0o644)
        verbs = (
            ("create", "--passphrase-file", str(words)),
            ("create", "--key-file"),
            ("change", "--new-passphrase-file", str(words)),
            ("export", str(folder / "out"), "--new-passphrase-file", str(words)),
        )

        def serve_and_type() -> object:
            path = folder / "daemon.sock"
            with VaultDaemon(path, folder) as daemon:
                codes = [main(["--socket", str(path), "vault", *verb]) for verb in verbs]
                return [*codes, len(daemon.requests)]

        assert await as_stranger(serve_and_type) == [Exit.DENIED] * 4 + [0]

"""register and login: the vault first, the password unseen, the recovery code until it is kept."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from tests.app.central_daemon import CODE, DEVICE, USER, CentralDaemon
from tests.app.command import Command
from tests.app.programs import run
from tests.app.typist import at_terminal
from worldvpn_app.cli import client
from worldvpn_app.cli.arguments import parser
from worldvpn_app.cli.exits import Exit
from worldvpn_core.errors import CentralRefusedError
from worldvpn_core.ipc.account import (
    AccountLogin,
    AccountPassword,
    AccountRecover,
    AccountRegister,
)
from worldvpn_core.ipc.vault import VaultCreate, VaultOpening, VaultUnlock

SECRET = "canary of a password"  # noqa: S105 - opens nothing
WORDS = "correct horse battery"
KEPT = ("Type yes once it is written down: ", "yes\n")
SECRETS = (AccountRegister, AccountLogin, AccountRecover, AccountPassword, VaultCreate, VaultUnlock)


def test_register_shows_the_recovery_code_until_it_is_kept(
    central: CentralDaemon, env: dict[str, str]
) -> None:
    answers = (
        ("New password: ", f"{SECRET}\n"),
        ("The same again: ", f"{SECRET}\n"),
        (KEPT[0], "what?\n"),
        KEPT,
    )
    code, shown = at_terminal("register", "ada", env=env, answers=answers)

    assert code == Exit.OK
    assert central.asked(*SECRETS) == [AccountRegister(username="ada", password=SECRET)]
    assert "Your account is ada; this device is signed in." in shown
    assert f"│ {CODE} │" in shown.replace("\x1b[1;32m", "").replace("\x1b[0m", "")
    assert "It is shown this once: write it down" in shown
    assert shown.count(KEPT[0]) == 2
    assert SECRET not in shown


def test_register_asks_for_the_name_that_was_not_typed(
    central: CentralDaemon, env: dict[str, str]
) -> None:
    twice = (("New password: ", f"{SECRET}\n"), ("The same again: ", f"{SECRET}\n"))
    code, _ = at_terminal("register", env=env, answers=(("Name: ", "ada\n"), *twice, KEPT))

    assert code == Exit.OK
    assert central.asked(*SECRETS) == [AccountRegister(username="ada", password=SECRET)]


def test_register_by_a_script_waits_for_nobody(central: CentralDaemon, env: dict[str, str]) -> None:
    plain = run("register", "ada", "--stdin", env=env, stdin=f"{SECRET}\n")
    in_json = run("register", "ada", "--stdin", "--json", env=env, stdin=SECRET)

    assert (plain.returncode, plain.stderr) == (Exit.OK, "")
    assert f"│ {CODE} │\n" in plain.stdout
    assert in_json.stdout.count("\n") == 1
    assert f'"recovery_code": "{CODE}"' in in_json.stdout
    assert central.asked(*SECRETS) == [AccountRegister(username="ada", password=SECRET)] * 2


def test_register_makes_the_vault_first(central: CentralDaemon, env: dict[str, str]) -> None:
    central.vault = {**central.vault, "exists": False, "open": False, "opened_by": None}
    files = ("--passphrase-file", "-", "--stdin")
    done = run("register", "ada", *files, env=env, stdin=f"{WORDS}\n{SECRET}\n")

    assert done.returncode == Exit.OK
    assert central.asked(*SECRETS) == [
        VaultCreate(opening=VaultOpening(kind="passphrase", secret=WORDS)),
        AccountRegister(username="ada", password=SECRET),
    ]


def test_login_opens_a_locked_vault_first(central: CentralDaemon, env: dict[str, str]) -> None:
    central.vault = {**central.vault, "open": False}
    answers = (("Passphrase of the vault: ", f"{WORDS}\n"), ("Password: ", f"{SECRET}\n"))
    code, shown = at_terminal("login", "ada", env=env, answers=answers)

    assert code == Exit.OK
    assert "Signed in as ada. Connect: worldvpn connect fastest" in shown
    assert (WORDS in shown, SECRET in shown) == (False, False)
    assert central.asked(*SECRETS) == [
        VaultUnlock(opening=VaultOpening(kind="passphrase", secret=WORDS)),
        AccountLogin(username="ada", password=SECRET),
    ]


def test_login_in_json_is_the_answer(central: CentralDaemon, env: dict[str, str]) -> None:
    done = run("--json", "login", "ada", "--stdin", env=env, stdin=SECRET)
    assert done.stdout == (f'{{"username": "ada", "user_id": "{USER}", "device_id": "{DEVICE}"}}\n')
    assert central.asked(*SECRETS) == [AccountLogin(username="ada", password=SECRET)]


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ((("New password: ", "a\n"), ("The same again: ", "b\n")), "the two differ"),
        ((("New password: ", "\n"),), "a password is one line of 1 to 1024 characters"),
        ((("New password: ", "\x04"),), "no password was typed: nothing was changed"),
    ],
)
def test_password_that_is_none_makes_no_account(
    central: CentralDaemon,
    env: dict[str, str],
    answers: tuple[tuple[str, str], ...],
    sentence: str,
) -> None:
    code, shown = at_terminal("register", "ada", env=env, answers=answers)
    assert code == Exit.FAILED
    assert f"worldvpn: {sentence}" in shown
    assert central.asked(*SECRETS) == []


@pytest.mark.parametrize(
    "typed",
    [
        ("register", "ada", "--stdin"),
        ("login", "ada", "--stdin"),
        ("account", "password", "--stdin"),
        ("account", "recover", "ada", "--stdin"),
    ],
)
def test_daemon_that_is_not_roots_gets_no_password(
    central: CentralDaemon,
    worldvpn: Command,
    monkeypatch: pytest.MonkeyPatch,
    typed: tuple[str, ...],
) -> None:
    monkeypatch.setattr(client, "_listener_uid", lambda _socket: 1_000)
    monkeypatch.setattr(os, "getuid", lambda: 1_000)
    ended = worldvpn(*typed)
    assert ended.code == Exit.DENIED
    assert "a program of uid 1000, not root's daemon: it gets no secret of yours" in ended.err
    assert central.requests == []


def test_no_option_takes_a_password() -> None:
    (verbs,) = (action for action in parser()._actions if action.dest == "verb")
    assert isinstance(verbs.choices, dict)
    taken = {
        (verb, action.dest)
        for verb in ("register", "login", "account")
        for action in verbs.choices[verb]._actions
        if action.nargs != 0
    }
    assert {dest for _, dest in taken} == {"socket", "name", "action", "passphrase_file"}


def test_password_is_in_no_log_error_or_file(
    central: CentralDaemon,
    env: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG)
    central.refuse(CentralRefusedError("the name or the password is wrong"))
    loud = {**env, "WORLDVPN_DEBUG": "1"}
    typed = f"{SECRET}\n{SECRET}\n"
    done = [
        run(*verb, "--stdin", env=loud, stdin=typed)
        for verb in (
            ("register", "ada"),
            ("login", "ada"),
            ("account", "password"),
            ("account", "recover", "ada"),
        )
    ]
    too_long = run("login", "ada", "--stdin", env=loud, stdin=SECRET * 100)

    shown = "".join(each.stdout + each.stderr for each in (*done, too_long))
    assert {each.returncode for each in (*done, too_long)} == {Exit.FAILED}
    assert SECRET not in shown
    assert SECRET not in caplog.text
    assert SECRET not in repr(central.requests)
    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert [SECRET.encode() in content for content in files] == [False] * len(files)
    assert len(central.asked(*SECRETS)) == len(done)

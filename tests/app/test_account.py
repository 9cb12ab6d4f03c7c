"""logout, account and devices: what is asked, told, and never shown."""

from __future__ import annotations

import json

import pytest

from tests.app.central_daemon import (
    ACCOUNT,
    CODE,
    DEVICE,
    NEXT_CODE,
    USER,
    CentralDaemon,
    a_device,
)
from tests.app.command import Command
from tests.app.programs import run
from tests.app.typist import at_terminal
from worldvpn_app.cli.exits import Exit
from worldvpn_core.ipc.account import (
    AccountLogin,
    AccountLogout,
    AccountPassword,
    AccountRecover,
    AccountRegister,
    AccountRevoke,
    AccountShow,
)
from worldvpn_core.ipc.vault import VaultCreate, VaultUnlock

SECRET, OTHER = "canary of a password", "another canary"
KEPT = ("Type yes once it is written down: ", "yes\n")
SECRETS = (AccountRegister, AccountLogin, AccountRecover, AccountPassword, VaultCreate, VaultUnlock)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("register",), "say whose account: worldvpn register NAME"),
        (("login", "--stdin"), "say whose account: worldvpn login NAME"),
        (("login", "ada"), "nobody can be asked for the password here: say --stdin"),
        (("account", "password"), "nobody can be asked for the password here: say --stdin"),
        (("account", "recover", "ada"), "nobody can be asked for the recovery code here"),
        (("account", "show", "ada"), "only recover takes a name"),
        (("devices", "revoke"), "say which, by its id"),
        (("devices", "list", DEVICE), f"say what to do with it: worldvpn devices revoke {DEVICE}"),
        (("login", "ada", SECRET), "unrecognized arguments"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    central: CentralDaemon, env: dict[str, str], typed: tuple[str, ...], sentence: str
) -> None:
    done = run(*typed, env=env)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert sentence in done.stderr
    assert central.asked(*SECRETS, AccountRevoke) == []


@pytest.mark.parametrize(
    ("typed", "request_", "sentence"),
    [
        ((), AccountLogout(), "Signed out."),
        (
            ("--everywhere",),
            AccountLogout(everywhere=True),
            "Signed out, here and on every other device.",
        ),
    ],
)
def test_logout_says_how_far_it_went(
    central: CentralDaemon,
    worldvpn: Command,
    typed: tuple[str, ...],
    request_: AccountLogout,
    sentence: str,
) -> None:
    assert worldvpn("logout", *typed).out == f"{sentence}\n"
    assert worldvpn("logout", *typed, "--json").json == {}
    assert central.asked(AccountLogout) == [request_] * 2


def test_account_says_who_and_where(central: CentralDaemon, worldvpn: Command) -> None:
    central.tell(
        account={
            "server": "https://vpn.example",
            "reach": "online",
            "detail": "",
            "signed_in": True,
            "username": "ada",
            "balance": None,
        }
    )
    out = worldvpn("account").out
    assert out.startswith(f"Signed in as ada.\n  Id      {USER}\n  Mail    none\n  Made    ")
    assert out.endswith("\n  Server  https://vpn.example\n")
    assert worldvpn("account", "show", "--json").json == ACCOUNT


def test_account_of_an_operator_is_called_so(central: CentralDaemon, worldvpn: Command) -> None:
    shown = {**ACCOUNT, "is_operator": True, "email": "ada@example.org"}
    central.answers[AccountShow] = lambda _: {"json": json.dumps(shown)}
    out = worldvpn("account").out
    assert "\n  Mail    ada@example.org\n" in out
    assert out.endswith("\n  Rights  operator\n")


@pytest.mark.parametrize("text", ["", "no json", "[]", "null"])
def test_answer_that_is_no_object_is_a_sentence(
    central: CentralDaemon, worldvpn: Command, text: str
) -> None:
    central.answers[AccountShow] = lambda _: {"json": text}
    ended = worldvpn("account")
    assert ended.code == Exit.FAILED
    assert ended.err == "worldvpn: the central server's answer to account.show is no JSON\n"


def test_sessions_are_a_line_each(central: CentralDaemon, worldvpn: Command) -> None:
    nothing = worldvpn("account", "sessions").out
    session = {
        "session_id": DEVICE,
        "state": "closed",
        "node_id": USER,
        "protocol": "wireguard",
        "assigned_ip": "10.90.0.2",
        "assigned_ipv6": "fd00::2",
        "server_endpoint": "203.0.113.9:51820",
        "cap_bytes": 64 * 1_024**2,
        "settled_bytes": 1_024,
        "carried_bytes": 1_536,
        "ahead": False,
        "created_at": "2026-01-02T13:00:00+00:00",
        "expires_at": "2026-01-02T14:00:00+00:00",
        "end_reason": "ended by the guest",
    }
    central.sessions = [session]
    shown = worldvpn("account", "sessions").out

    assert nothing == "There was no session yet. Connect: worldvpn connect fastest\n"
    assert shown.endswith(
        f"  closed  wireguard  1.5 KiB  of 64.0 MiB  {USER}  ended by the guest\n"
    )
    assert worldvpn("account", "sessions", "--json").json == {"sessions": [session]}


def test_password_is_changed_by_who_knows_the_old_one(
    central: CentralDaemon, env: dict[str, str]
) -> None:
    answers = (
        ("Present password: ", f"{SECRET}\n"),
        ("New password: ", f"{OTHER}\n"),
        ("The same again: ", f"{OTHER}\n"),
    )
    code, shown = at_terminal("account", "password", env=env, answers=answers)
    by_script = run("account", "password", "--stdin", env=env, stdin=f"{SECRET}\n{OTHER}\n")

    assert (code, by_script.returncode) == (Exit.OK, Exit.OK)
    assert "The password is changed; every other device is signed out." in shown
    assert (SECRET in shown, OTHER in shown) == (False, False)
    assert central.asked(*SECRETS) == [AccountPassword(old_password=SECRET, new_password=OTHER)] * 2


def test_recovering_shows_the_next_code_and_how_to_sign_in(
    central: CentralDaemon, env: dict[str, str]
) -> None:
    answers = (
        ("Recovery code: ", f"{CODE}\n"),
        ("New password: ", f"{SECRET}\n"),
        ("The same again: ", f"{SECRET}\n"),
        KEPT,
    )
    code, shown = at_terminal("account", "recover", "ada", env=env, answers=answers)
    by_script = run("account", "recover", "ada", "--stdin", env=env, stdin=f"{CODE}\n{SECRET}\n")

    assert (code, by_script.returncode) == (Exit.OK, Exit.OK)
    assert "Sign in: worldvpn login ada" in shown
    assert NEXT_CODE in shown
    assert (CODE in shown, SECRET in shown) == (False, False)
    assert (
        central.asked(*SECRETS)
        == [AccountRecover(username="ada", recovery_code=CODE, new_password=SECRET)] * 2
    )


def test_devices_are_listed_with_this_one_marked(central: CentralDaemon, worldvpn: Command) -> None:
    lines = worldvpn("devices").out.splitlines()
    assert [line.split()[:2] for line in lines] == [["*", DEVICE], [USER, "phone"]]
    assert worldvpn("devices", "--json").json == {"devices": central.devices}


def test_device_that_names_itself_wildly_moves_no_cursor(
    central: CentralDaemon, worldvpn: Command
) -> None:
    central.devices = [a_device(DEVICE, "a\x1b[2Jb")]
    assert "a\ufffd[2Jb" in worldvpn("devices").out


def test_device_is_revoked_by_its_id(central: CentralDaemon, worldvpn: Command) -> None:
    assert worldvpn("devices", "revoke", USER.upper()).out.endswith("is signed out for good.\n")
    assert central.asked(AccountRevoke) == [AccountRevoke(device_id=USER)]
    wrong = worldvpn("devices", "revoke", "phone")
    assert (wrong.code, "device_id must be a UUID" in wrong.err) == (Exit.FAILED, True)

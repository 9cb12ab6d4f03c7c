"""What the central server keeps a verb from: a stable code, a sentence, and what to do."""

from __future__ import annotations

import pytest

from tests.app.central_daemon import USER, CentralDaemon
from tests.app.programs import run
from worldvpn_app.cli.advice import ways_on
from worldvpn_app.cli.exits import Exit
from worldvpn_core.errors import (
    CentralError,
    CentralOfflineError,
    CentralRefusedError,
    DeniedError,
    OutOfCreditError,
    SignedOutError,
    VaultLockedError,
    WorldVpnError,
)

SECRETS = "a secret\nanother\n"
VERBS = [
    ("register", "ada", "--stdin"),
    ("login", "ada", "--stdin"),
    ("logout",),
    ("logout", "--everywhere"),
    ("account",),
    ("account", "sessions"),
    ("account", "password", "--stdin"),
    ("account", "recover", "ada", "--stdin"),
    ("devices",),
    ("devices", "revoke", USER),
    ("nodes",),
    ("nodes", "--watch"),
    ("connect", "DE"),
    ("connect", "DE", "--no-wait"),
    ("balance",),
    ("balance", "--watch"),
    ("history",),
]
ERRORS = [
    CentralOfflineError("no answer from vpn.example in 10 s"),
    CentralRefusedError("the name is taken."),
    SignedOutError("nobody is signed in on this device"),
    OutOfCreditError("3 MiB are left, a session needs 8"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_refusal_is_a_sentence_and_what_to_do(
    central: CentralDaemon, env: dict[str, str], verb: tuple[str, ...], error: WorldVpnError
) -> None:
    central.refuse(error)
    done = run(*verb, env=env, stdin=SECRETS)
    expected = f"worldvpn: {str(error).rstrip('.')}. {ways_on(error.code)}\n"
    assert (done.returncode, done.stdout, done.stderr) == (Exit.FAILED, "", expected)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_refusal_in_json_is_one_object(
    central: CentralDaemon, env: dict[str, str], verb: tuple[str, ...]
) -> None:
    central.refuse(OutOfCreditError("3 MiB are left"))
    done = run(*verb, "--json", env=env, stdin=SECRETS)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (Exit.FAILED, "", 1)
    assert done.stdout.startswith('{"error": {"code": "out-of-credit", "message": "3 MiB')


def test_denial_has_its_exit_code(central: CentralDaemon, env: dict[str, str]) -> None:
    central.refuse(DeniedError("account.show may be asked only by the owner"))
    assert run("account", env=env).returncode == Exit.DENIED


def test_locked_vault_is_told_with_the_command(central: CentralDaemon, env: dict[str, str]) -> None:
    central.refuse(VaultLockedError("the vault is locked: unlock it first"))
    done = run("balance", env=env)
    assert done.returncode == Exit.FAILED
    assert done.stderr == (
        "worldvpn: the vault is locked: unlock it first. The command: worldvpn vault unlock\n"
    )


def test_every_error_of_the_central_servers_has_its_advice() -> None:
    codes = {kind.code for kind in CentralError.__subclasses__()}
    assert {code for code in codes if not ways_on(code)} == set()
    assert ways_on("unheard.of") == ""


def test_out_of_credit_names_three_ways_on() -> None:
    advice = ways_on("out-of-credit")
    ways = ("worldvpn share on", "worldvpn disconnect", "worldvpn connect")
    assert [way for way in ways if way not in advice] == []

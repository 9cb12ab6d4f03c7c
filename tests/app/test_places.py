"""``worldvpn connect`` to a place of the directory, and what else a word may mean."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.app.central_daemon import CentralDaemon
from tests.app.command import Command
from tests.app.fake_daemon import UP, a_profile
from worldvpn_app.cli.exits import Exit
from worldvpn_app.cli.target import place_of
from worldvpn_core.central.place import Place
from worldvpn_core.errors import ConfigError
from worldvpn_core.ipc.messages import TunnelConnect

NODE = "0b9f1b7e-0000-4e0c-8a55-000000000001"
PASSAGE = {
    "node_id": NODE,
    "country": "DE",
    "place": "DE",
    "expires_s": 1_800_000_000,
    "cap_bytes": 64 * 1_024**2,
}
THERE = {"id": "@DE", "name": "DE"}


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("DE", "DE"),
        ("de", "DE"),
        ("Germany", "DE"),
        ("zz", "ZZ"),
        ("de/Frankfurt am Main", "DE/Frankfurt am Main"),
        ("Germany/Berlin", "DE/Berlin"),
        (NODE.upper(), NODE),
        ("Fastest", "fastest"),
    ],
)
def test_connect_takes_a_place(
    central: CentralDaemon, worldvpn: Command, typed: str, place: str
) -> None:
    assert worldvpn("connect", typed, "--no-wait").code == Exit.OK
    assert central.asked(TunnelConnect) == [TunnelConnect(place=place)]


def test_known_profile_comes_before_a_place(central: CentralDaemon, worldvpn: Command) -> None:
    central.profiles = [a_profile("de", "Office"), a_profile("b", "fastest")]
    worldvpn("connect", "de", "--no-wait")
    worldvpn("connect", "FASTEST", "--no-wait")
    worldvpn("connect", "DE", "--no-wait")
    assert central.asked(TunnelConnect) == [
        TunnelConnect(profile_id="de"),
        TunnelConnect(profile_id="b"),
        TunnelConnect(place="DE"),
    ]


@pytest.mark.parametrize("typed", ["nowhere", "DE/", "DE/a/b", "/Berlin", "", "0b9f1b7e"])
def test_word_that_is_neither_says_what_can_be_given(
    central: CentralDaemon, worldvpn: Command, typed: str
) -> None:
    ended = worldvpn("connect", typed)
    assert ended.code == Exit.USAGE
    assert ended.err == (
        f"worldvpn: no profile is called {typed!r}, and no place: say a profile (home), fastest,"
        " a country (DE), a city (DE/Berlin) or a node's id (worldvpn nodes)\n"
    )
    assert central.asked(TunnelConnect) == []


def test_connect_without_a_word_goes_where_it_went_last(
    central: CentralDaemon, worldvpn: Command
) -> None:
    central.last_used = "@DE/Berlin"
    worldvpn("connect", "--no-wait")
    assert central.asked(TunnelConnect) == [TunnelConnect(place="DE/Berlin")]


def test_without_profiles_the_way_to_sign_in_is_said(
    central: CentralDaemon, worldvpn: Command
) -> None:
    central.profiles = []
    ended = worldvpn("connect")
    assert ended.code == Exit.FAILED
    assert "`worldvpn login` and say `worldvpn connect fastest`" in ended.err


def test_connect_waits_until_the_place_is_reached(
    central: CentralDaemon, worldvpn: Command
) -> None:
    central.scripts[TunnelConnect] = ({"state": "connecting"}, {**UP[-1], "profile": THERE})
    ended = worldvpn("connect", "DE")
    assert (ended.code, ended.out) == (Exit.OK, "Connected: DE.\n")


def test_tunnel_to_the_place_of_before_is_not_taken_for_the_new_one(
    central: CentralDaemon, worldvpn: Command
) -> None:
    central.show(**{**UP[-1], "profile": THERE})
    central.tell(session=PASSAGE)
    there = {"id": "@US", "name": "US"}
    central.scripts[TunnelConnect] = (
        {"state": "switching", "next": "US"},
        {**UP[-1], "profile": there},
    )
    ended = worldvpn("connect", "US")
    assert (ended.code, ended.out) == (Exit.OK, "Connected: US.\n")


def test_place_where_one_is_already_is_no_failure(
    central: CentralDaemon, worldvpn: Command
) -> None:
    central.show(**{**UP[-1], "profile": THERE})
    central.tell(session=PASSAGE)
    central.scripts[TunnelConnect] = ()
    assert worldvpn("connect", "DE").code == Exit.OK


def test_somebody_elses_profile_meanwhile_is_told(
    central: CentralDaemon, worldvpn: Command
) -> None:
    central.scripts[TunnelConnect] = UP
    assert worldvpn("connect", "DE").code == Exit.FAILED


def test_lack_of_credit_while_connecting_says_the_ways_on(
    central: CentralDaemon, worldvpn: Command
) -> None:
    cause = {"code": "out-of-credit", "detail": "3 MiB are left.", "retryable": False}
    central.scripts[TunnelConnect] = (
        {"state": "connecting"},
        {"state": "blocked", "profile": THERE, "cause": cause},
    )
    ended = worldvpn("connect", "DE")
    assert ended.code == Exit.BLOCKED
    assert ended.out.startswith("Blocked: 3 MiB are left. Nothing leaves this computer.\n")
    for way in ("worldvpn share on", "worldvpn disconnect", "worldvpn connect"):
        assert way in ended.out


def test_status_shows_account_and_session(central: CentralDaemon, worldvpn: Command) -> None:
    account: dict[str, object] = {
        "server": "https://vpn.example",
        "reach": "offline",
        "detail": "no answer in 10 s.",
        "signed_in": True,
        "username": "ada",
        "balance": {"credits": 1_234},
    }
    central.show(**{**UP[-1], "profile": THERE})
    central.tell(session=PASSAGE, account=account)
    out = worldvpn("status").out
    assert f"\n  Session     DE Germany, node {NODE}, paid for 64.0 MiB\n" in out
    assert "\n  Account     ada, 1,234 credits, offline (no answer in 10 s)\n" in out

    central.tell(account={**account, "signed_in": None})
    assert "\n  Account     the vault is locked: worldvpn vault unlock\n" in worldvpn("status").out
    central.tell(account={**account, "signed_in": False})
    assert "\n  Account     nobody is signed in: worldvpn login\n" in worldvpn("status").out
    central.tell(account={**account, "server": None})
    assert "Account" not in worldvpn("status").out


@given(st.text(max_size=70))
@example("DE")
@example(" de / Berlin ")
@example(NODE.upper())
@example("FASTEST ")
@example(f"DE/{'x' * 64}")
@example(f"DE/{'x' * 65}")
def test_every_place_of_the_daemons_is_one_here_and_no_other(text: str) -> None:
    """Names of countries apart, which the daemon knows by their codes."""
    found = place_of(text)
    try:
        place = str(Place.parse(text))
    except ConfigError:
        assert found is None or str(Place.parse(found)) == found
    else:
        assert found == place


def test_connect_by_a_place_starts_without_heavy_modules(central: CentralDaemon) -> None:
    script = (
        "import sys; from worldvpn_app.cli.main import main;"
        f"code = main(['--socket', {str(central.path)!r}, *sys.argv[1:]]);"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    for typed in (("connect", "DE", "--no-wait"), ("nodes",), ("balance",), ("history",)):
        done = subprocess.run(
            [sys.executable, "-I", "-c", script, *typed],
            capture_output=True,
            text=True,
            check=True,
        )
        assert {"asyncio", "attr", "keyring"} & {*done.stderr.split()} == set()

"""``worldvpn privacy``: what the server says that others see, word for word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.app.central_daemon import CentralDaemon
from tests.app.command import Command
from worldvpn_app.cli.exits import Exit
from worldvpn_core.errors import SignedOutError
from worldvpn_core.ipc.account import PrivacyShow

SESSION, NODE = "0b9f1b7e-0000-4e0c-8a55-000000000001", "0b9f1b7e-0000-4e0c-8a55-000000000002"
GUEST = {
    "session_id": SESSION,
    "client_country": "XX",
    "traffic_type": "unclassified",
    "bytes_transferred": 10 * 1_048_576,
    "duration_seconds": 900,
    "credits_earned": 12,
}
NOTHING: dict[str, Any] = {"now": [], "shown": [], "kept": [], "guests": [], "carried": []}
TOLD = {
    "action": "open",
    "session_id": SESSION,
    "node_id": NODE,
    "protocol": "WireGuard",
    "public_key": "the tunnel's key",
    "signing_key": "the receipts' key",
    "assigned_ip": "10.128.0.7",
    "assigned_ipv6": "fd00::7",
    "rate_bps": 50_000_000,
    "expires_at": "2026-01-02T13:30:00+00:00",
}
ROW = {
    "country": "DE",
    "traffic_type": "unclassified",
    "bytes": 1_048_576,
    "credits": 1_200,
    "started": "2026-01-02T13:15:00+00:00",
}


@pytest.fixture
def seen(central: CentralDaemon) -> dict[str, Any]:
    """What the server says; a test changes it."""
    found = dict(NOTHING)
    central.answers[PrivacyShow] = lambda _: {"json": json.dumps(found)}
    return found


def test_json_is_what_the_server_says_word_for_word(
    seen: dict[str, Any], worldvpn: Command
) -> None:
    seen |= {"now": [TOLD], "kept": [{"alias": "ab" * 16, "node_id": NODE, **ROW}]}
    assert worldvpn("privacy", "--json").json == seen


def test_nobody_knows_anything_of_who_has_no_session(
    seen: dict[str, Any], worldvpn: Command
) -> None:
    assert worldvpn("privacy").out == (
        "No node knows of you now: there is no open session.\n"
        "Owners of nodes have no row about you.\n"
    )
    assert seen == NOTHING


def test_everything_that_a_node_is_told_is_shown(seen: dict[str, Any], worldvpn: Command) -> None:
    seen["now"] = [TOLD]
    out = worldvpn("privacy").out
    hidden = {"action", "expires_at"}
    assert [name for name, value in TOLD.items() if str(value) not in out] == sorted(hidden)
    assert "  10.128.0.7         address in the tunnel\n" in out
    assert "the address that you come from" in out


def test_field_that_is_new_is_shown_too(seen: dict[str, Any], worldvpn: Command) -> None:
    seen["now"] = [{**TOLD, "shoe_size": 43}]
    assert "  43                 shoe_size\n" in worldvpn("privacy").out


@pytest.mark.parametrize(("alias", "words"), [("ab" * 16, "ab" * 16), (None, "not named yet")])
def test_owners_view_is_shown_with_todays_name(
    seen: dict[str, Any], worldvpn: Command, alias: str | None, words: str
) -> None:
    seen |= {"now": [TOLD], "shown": [{"node_id": NODE, "alias": alias, "guest": GUEST}]}
    lines = worldvpn("privacy").out.splitlines()
    rows = lines[lines.index("Its owner sees of it:") + 1 :][:5]
    assert [row.split("  ")[1] for row in rows] == [
        "XX",
        "10.0 MiB",
        "15 min",
        "unclassified",
        words,
    ]


def test_rows_about_me_are_shown_with_the_name_they_go_by(
    seen: dict[str, Any], worldvpn: Command
) -> None:
    seen["kept"] = [{"alias": "ab" * 16, "node_id": NODE, **ROW}]
    row = worldvpn("privacy").out.splitlines()[-1]
    assert row.endswith(f"{'ab' * 16}  DE    1.0 MiB  unclassified  {NODE}")


def test_owner_sees_what_there_is_of_guests(seen: dict[str, Any], worldvpn: Command) -> None:
    seen |= {"guests": [GUEST], "carried": [ROW]}
    out = worldvpn("privacy").out
    assert f"  {SESSION}  XX    10.0 MiB  15 min  unclassified       12\n" in out
    assert "Of guests in the last seven days you see:\n" in out
    assert out.splitlines()[-1].startswith("XX: fewer than five guests")
    assert "1,200" in out


def test_nobody_is_shown_who_is_signed_out(central: CentralDaemon, worldvpn: Command) -> None:
    central.refuse(SignedOutError("nobody is signed in"))
    assert worldvpn("privacy").code == Exit.FAILED

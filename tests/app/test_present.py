"""A snapshot in words: every state says plainly what is protected and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.app.fake_daemon import HOME, SILENT, UP, a_snapshot
from worldvpn_app.cli.present import Shield, headline, shield_of, status_lines
from worldvpn_app.cli.terminal import Role

NOW = datetime(2026, 1, 2, 13, 12, 30, tzinfo=UTC)
UNTIL = "2026-01-02T13:20:00+00:00"
STATES = [
    "disconnected",
    "connecting",
    "connected",
    "switching",
    "paused",
    "disconnecting",
    "blocked",
]

HEADLINES: list[tuple[dict[str, Any], str, Role]] = [
    ({}, "Disconnected. Your traffic is not protected.", Role.OPEN),
    (
        {"lockdown": True},
        "Disconnected, in lockdown: nothing leaves this computer.",
        Role.HELD,
    ),
    (
        {"state": "connecting", "profile": HOME},
        "Connecting to Home. Nothing leaves this computer.",
        Role.BUSY,
    ),
    (
        {"state": "connecting", "profile": HOME, "kill_switch": False},
        "Connecting to Home. Your traffic is not protected.",
        Role.BUSY,
    ),
    (
        {"state": "connecting", "profile": HOME, "partial": True, "protects": ["10.0.0.0/8"]},
        "Connecting to Home. Nothing reaches 10.0.0.0/8 meanwhile; the rest is not protected.",
        Role.BUSY,
    ),
    ({"state": "connected", "profile": HOME}, "Connected: Home.", Role.GOOD),
    (
        {"state": "connected", "profile": HOME, "partial": True, "protects": ["10.0.0.0/8"]},
        "Connected in part: Home. Protects only 10.0.0.0/8.",
        Role.OPEN,
    ),
    (
        {"state": "connected", "profile": HOME, "kill_switch": False},
        "Connected: Home.",
        Role.OPEN,
    ),
    (
        {"state": "switching", "profile": HOME, "next": "Office"},
        "Switching to Office. You stay protected.",
        Role.BUSY,
    ),
    (
        {"state": "paused", "paused_until_utc": UNTIL},
        "Paused until 13:20. Your traffic is not protected.",
        Role.OPEN,
    ),
    (
        {"state": "disconnecting"},
        "Disconnecting. Nothing leaves this computer.",
        Role.BUSY,
    ),
    (
        {"state": "blocked", "cause": SILENT},
        "Blocked: no handshake from 203.0.113.10 in 10 s. Nothing leaves this computer.",
        Role.HELD,
    ),
    (
        {"state": "blocked"},
        "Blocked: there is no tunnel. Nothing leaves this computer.",
        Role.HELD,
    ),
    (
        {"state": "blocked", "cause": SILENT, "kill_switch": False},
        "Not connected: no handshake from 203.0.113.10 in 10 s. Your traffic is not protected.",
        Role.OPEN,
    ),
    (
        {
            "state": "blocked",
            "enforced": False,
            "cause": {"code": "protection", "detail": "nft refused the rules", "retryable": False},
        },
        "UNPROTECTED: nft refused the rules. Your traffic may be leaving outside the tunnel.",
        Role.ALARM,
    ),
    (
        {"state": "some later state"},
        "Disconnected. Your traffic is not protected.",
        Role.OPEN,
    ),
]

SHIELDS: list[tuple[dict[str, Any], Shield]] = [
    ({"state": "connected"}, Shield.WHOLE),
    ({"state": "switching"}, Shield.WHOLE),
    ({"state": "connected", "partial": True}, Shield.PART),
    ({"state": "connected", "kill_switch": False}, Shield.PART),
    ({"state": "connecting"}, Shield.HELD),
    ({"state": "disconnecting"}, Shield.HELD),
    ({"state": "blocked"}, Shield.HELD),
    ({"state": "blocked", "partial": True}, Shield.PART),
    ({"state": "blocked", "kill_switch": False}, Shield.OPEN),
    ({"state": "disconnected"}, Shield.OPEN),
    ({"state": "disconnected", "lockdown": True}, Shield.HELD),
    ({"state": "paused"}, Shield.OPEN),
    *(({"state": state, "enforced": False}, Shield.ALARM) for state in STATES),
]


def text_of(**snapshot: Any) -> str:  # noqa: ANN401 - any field of a snapshot
    return "\n".join(line.text for line in status_lines(a_snapshot(**snapshot), NOW))


@pytest.mark.parametrize(("snapshot", "text", "role"), HEADLINES)
def test_headline_of_each_state(snapshot: dict[str, Any], text: str, role: Role) -> None:
    assert headline(a_snapshot(**snapshot), NOW) == (text, role)


@pytest.mark.parametrize(("snapshot", "shield"), SHIELDS)
def test_shield_of_each_state(snapshot: dict[str, Any], shield: Shield) -> None:
    assert shield_of(a_snapshot(**snapshot)) is shield


@given(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(STATES),
            "kill_switch": st.booleans(),
            "lockdown": st.booleans(),
            "partial": st.booleans(),
        },
    ),
)
def test_host_that_is_free_is_always_called_unprotected(fields: dict[str, Any]) -> None:
    snapshot = a_snapshot(**fields)
    is_free = shield_of(snapshot) is Shield.OPEN
    assert "not protected" in headline(snapshot, NOW).text or not is_free


def test_connected_shows_where_through_what_since_when_and_how_much() -> None:
    text = text_of(**UP[-1])
    assert text.splitlines()[1:] == [
        "  Through     203.0.113.10:51820/udp",
        "  Protocol    wireguard, wireguard-go 0.0.20230223",
        "  Interface   wv0  10.0.0.2/32  MTU 1420",
        "  DNS         10.0.0.1",
        "  Since       13:00 (12 min)",
        "  Traffic     3.0 MiB received, 2.0 KiB sent",
        "  Kill switch on (nftables)",
        "  Network     local network off",
    ]


@pytest.mark.parametrize("state", STATES)
def test_kill_switch_that_is_off_is_warned_of_in_every_state(state: str) -> None:
    text = text_of(state=state, kill_switch=False)
    assert "Warning: the kill switch is off." in text
    assert "worldvpn settings kill_switch on" in text


@pytest.mark.parametrize("state", STATES)
def test_alarm_is_first_in_every_state_and_says_what_to_do(state: str) -> None:
    text = text_of(state=state, enforced=False)
    assert text.startswith("UNPROTECTED: ")
    assert "Leave the network" in text
    assert "worldvpn reset" in text
    assert "Kill switch failed" in text


@pytest.mark.parametrize(
    ("snapshot", "advice"),
    [
        ({}, "Connect: worldvpn connect"),
        ({"state": "paused"}, "Connect now: worldvpn resume"),
        ({"state": "blocked"}, "Try now: worldvpn connect. Open this computer: worldvpn disconn"),
        ({"state": "blocked", "retry_in_s": 3.4}, "Next try in 3 s."),
        ({"state": "blocked", "retry_in_s": 0.4}, "Trying again now."),
    ],
)
def test_state_that_needs_the_user_says_what_to_do(snapshot: dict[str, Any], advice: str) -> None:
    assert advice in text_of(**snapshot)


def test_notice_is_shown() -> None:
    assert "Note: settings were reset" in text_of(notice="settings were reset")


def test_kill_switch_that_is_off_is_warned_of_once() -> None:
    snapshot = a_snapshot(kill_switch=False)
    snapshot["notices"] = [{"code": "kill-switch.off", "text": "the kill switch is off"}]
    lines = [line.text for line in status_lines(snapshot, NOW)]
    assert sum("kill switch is off" in text for text in lines) == 1

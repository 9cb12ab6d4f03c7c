"""``worldvpn share limits|guests|kick|schedule|pause|resume``: what is asked, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.command import Command
from tests.app.fake_daemon import FakeDaemon, sharing
from worldvpn_app.cli.exits import Exit
from worldvpn_core.errors import ConfigError
from worldvpn_core.ipc.messages import SettingsSet
from worldvpn_core.ipc.share import ShareGuests, ShareKick, ShareLetBack, SharePause, ShareResume

ALIAS = "3f9a0c2e" + "0" * 24
GUEST = {
    "kind": "guest",
    "alias": ALIAS,
    "name": None,
    "country": "XX",
    "received_bytes": 5 << 20,
    "sent_bytes": 70 << 20,
    "since_utc": "2026-01-02T13:00:00+00:00",
    "duration_s": 1_800,
    "class": "web",
    "credits": None,
}
PHONE = {**GUEST, "kind": "device", "alias": None, "name": "phone", "country": None, "credits": 7}
BAN = {
    "alias": "77aa55ee" + "1" * 24,
    "reason": "ports",
    "detail": "it spoke to more than 100 ports in a minute",
    "until_utc": "2026-01-03T13:00:00+00:00",
}
_VALUES = {
    "share_rate_mbps": 0,
    "share_guest_rate_mbps": 0,
    "share_guests": 16,
    "share_guest_flows": 2_048,
    "share_daily_gb": 50,
    "share_refused_classes": ["p2p"],
    "share_refused_ports": [],
    "share_metered": False,
}


@pytest.fixture(autouse=True)
def _values(daemon: FakeDaemon) -> None:
    daemon.settings = {**daemon.settings, **_VALUES}
    people = {"guests": [GUEST, PHONE], "banned": [BAN]}
    daemon.answers = {
        ShareGuests: lambda _: people,
        ShareKick: lambda _: {"guests": [], "banned": [BAN]},
        ShareLetBack: lambda _: {"guests": [], "banned": []},
        SharePause: lambda _: {"sharing": sharing(pause={"until_utc": None, "drain": True})},
        ShareResume: lambda _: {"sharing": sharing()},
    }


def asked(daemon: FakeDaemon, kind: type) -> list[Any]:
    return [request for request in daemon.requests if isinstance(request, kind)]


def test_guests_are_listed_one_by_one_and_so_are_those_who_may_not_come_back(
    worldvpn: Command,
) -> None:
    ended = worldvpn("share", "guests")
    lines = ended.out.splitlines()

    assert ended.code == Exit.OK
    assert lines[1].split() == [
        "3f9a0c2e",
        "XX",
        *["5.0", "MiB", "70.0", "MiB", "30", "min", "web", "-"],
    ]
    assert lines[2].split()[:3] == ["phone", "own", "device"]
    assert "77aa55ee may not come back until" in lines[3]
    assert "100 ports" in lines[3]
    assert worldvpn("share", "guests", "--json").json["guests"][0]["alias"] == ALIAS


def test_a_guest_is_sent_away_by_the_beginning_of_its_alias(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    ended = worldvpn("share", "kick", "3F9A", "--reason", "too loud", "--for", "2h")

    assert asked(daemon, ShareKick) == [ShareKick(alias="3f9a", reason="too loud", for_s=7_200)]
    assert "3F9A was sent away." in ended.out
    assert "Nobody is here." in ended.out


def test_one_who_was_sent_away_is_let_back_by_the_beginning_of_its_alias(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    ended = worldvpn("share", "let-back", "77AA")

    assert asked(daemon, ShareLetBack) == [ShareLetBack(alias="77aa")]
    assert ended.out.splitlines() == ["77AA may come back.", "Nobody is here."]
    assert worldvpn("share", "let-back").code == Exit.USAGE


def test_kicking_nobody_is_wrong_usage(daemon: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("share", "kick").code == Exit.USAGE
    daemon.refuses = ConfigError("nobody here is called 'ffff'")
    assert "nobody here" in worldvpn("share", "kick", "ffff").err


@pytest.mark.parametrize(
    ("typed", "changes"),
    [
        (("rate", "80"), {"share_rate_mbps": 80}),
        (("guest-rate", "0"), {"share_guest_rate_mbps": 0}),
        (("refuse", "p2p,mail"), {"share_refused_classes": ["p2p", "mail"]}),
        (("refuse", "none"), {"share_refused_classes": []}),
        (("ports", "22,23"), {"share_refused_ports": [22, 23]}),
        (("metered", "on"), {"share_metered": True}),
    ],
)
def test_a_limit_is_set_by_its_own_name(
    daemon: FakeDaemon, worldvpn: Command, typed: tuple[str, ...], changes: dict[str, object]
) -> None:
    ended = worldvpn("share", "limits", *typed)

    assert ended.code == Exit.OK
    assert [one.changes for one in asked(daemon, SettingsSet)] == [changes]


def test_limits_are_shown_with_what_was_had_today(daemon: FakeDaemon, worldvpn: Command) -> None:
    ended = worldvpn("share", "limits")

    assert "connections  2048" in ended.out
    assert "Today 3.0 GiB of 46.6 GiB" in ended.out
    assert asked(daemon, SettingsSet) == []


@pytest.mark.parametrize("typed", [("speed", "9"), ("rate",), ("rate", "fast")])
def test_a_limit_that_is_none_changes_nothing(
    daemon: FakeDaemon, worldvpn: Command, typed: tuple[str, ...]
) -> None:
    assert worldvpn("share", "limits", *typed).code == Exit.USAGE
    assert asked(daemon, SettingsSet) == []


def test_hours_are_written_as_people_do(daemon: FakeDaemon, worldvpn: Command) -> None:
    worldvpn("share", "schedule", "mon-fri 08:00-22:00; sat,sun 10:00-02:00", "--zone", "UTC")
    worldvpn("share", "schedule", "always")

    assert [one.changes for one in asked(daemon, SettingsSet)] == [
        {
            "share_schedule": ["mon-fri 08:00-22:00", "sat,sun 10:00-02:00"],
            "share_time_zone": "UTC",
        },
        {"share_schedule": []},
    ]


def test_hours_are_shown_with_when_they_change(daemon: FakeDaemon, worldvpn: Command) -> None:
    assert "at any time" in worldvpn("share", "schedule").out
    hours = {
        "zone": "Europe/Amsterdam",
        "windows": ["mon-fri 08:00-22:00"],
        "open": False,
        "changes_utc": "2026-01-05T07:00:00+00:00",
    }
    daemon.snapshot = {**daemon.snapshot, "sharing": sharing(schedule=hours)}
    shown = worldvpn("share", "schedule").out

    assert "these hours of Europe/Amsterdam; not now, until" in shown
    assert "  mon-fri 08:00-22:00" in shown


def test_a_pause_is_for_a_time_or_until_it_is_ended(daemon: FakeDaemon, worldvpn: Command) -> None:
    forever = worldvpn("share", "pause", "--drain")
    worldvpn("share", "pause", "2h")
    ended = worldvpn("share", "resume")

    assert asked(daemon, SharePause) == [
        SharePause(duration_s=None, drain=True),
        SharePause(duration_s=7_200),
    ]
    assert "until worldvpn share resume" in forever.out
    assert asked(daemon, ShareResume)
    assert "not paused" in ended.out


def test_status_says_why_nobody_new_is_taken(daemon: FakeDaemon, worldvpn: Command) -> None:
    server = {"listed": False, "reason": "no new guests are taken now", "guests": 1}
    daemon.snapshot = {
        **daemon.snapshot,
        "sharing": sharing(state="serving", server=server, why_not="the hours end soon"),
    }

    assert "No new guests: the hours end soon." in worldvpn("share").out

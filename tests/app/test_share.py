"""``worldvpn share``: what is asked of the daemon, and what is said of its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.app.command import Command
from tests.app.fake_daemon import FakeDaemon, sharing
from worldvpn_app.cli.exits import Exit
from worldvpn_app.cli.share import lines
from worldvpn_core.errors import BusyError
from worldvpn_core.ipc.share import ShareInvite, ShareOff, ShareOn, ShareRevoke


def asked(daemon: FakeDaemon, kind: type) -> list[Any]:
    return [request for request in daemon.requests if isinstance(request, kind)]


def test_sharing_asks_for_consent_and_without_it_changes_nothing(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    ended = worldvpn("share", "on")

    assert ended.code == Exit.USAGE
    assert "under its address" in ended.err
    assert asked(daemon, ShareOn) == []


def test_consent_is_given_once_by_a_word(daemon: FakeDaemon, worldvpn: Command) -> None:
    ended = worldvpn("share", "on", "--yes")

    assert ended.code == Exit.OK
    assert asked(daemon, ShareOn) == [ShareOn(agree=True, version=1)]
    assert "Sharing: 1 device, UDP port 51820." in ended.out


def test_who_has_agreed_is_not_asked_again(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.snapshot = {
        **daemon.snapshot,
        "sharing": sharing(consent={"version": 1, "text": "", "agreed_version": 1}),
    }
    ended = worldvpn("share", "on")

    assert ended.code == Exit.OK


def test_status_is_what_is_shown_without_a_word(daemon: FakeDaemon, worldvpn: Command) -> None:
    ended = worldvpn("share")

    assert "Not sharing." in ended.out
    assert "Share: worldvpn share on" in ended.out
    assert daemon.requests


def test_status_in_json_is_the_answer(daemon: FakeDaemon, worldvpn: Command) -> None:
    ended = worldvpn("share", "status", "--json")

    assert ended.json["sharing"] == daemon.snapshot["sharing"]


def test_switching_off_says_so(daemon: FakeDaemon, worldvpn: Command) -> None:
    ended = worldvpn("share", "off")

    assert ended.code == Exit.OK
    assert asked(daemon, ShareOff)
    assert "Not sharing." in ended.out


def test_a_cause_is_told(daemon: FakeDaemon, worldvpn: Command) -> None:
    cause = {"code": "share", "detail": "no nft in the namespace", "retryable": False}
    daemon.snapshot = {**daemon.snapshot, "sharing": sharing(cause=cause)}

    assert "Why: no nft in the namespace." in worldvpn("share").out


def test_an_invitation_is_printed_whole(daemon: FakeDaemon, worldvpn: Command) -> None:
    ended = worldvpn("share", "invite", "phone", "home.example")

    assert ended.out == "[Interface]\nPrivateKey = canary\n"
    assert asked(daemon, ShareInvite) == [ShareInvite(name="phone", host="home.example")]


def test_an_invitation_in_a_file_is_for_its_reader_alone(
    daemon: FakeDaemon, worldvpn: Command, tmp_path: Path
) -> None:
    file = tmp_path / "phone.conf"
    ended = worldvpn("share", "invite", "phone", "home.example", "--output", str(file))

    assert daemon.requests
    assert ended.code == Exit.OK
    assert "canary" not in ended.out
    assert file.read_text() == "[Interface]\nPrivateKey = canary\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_not_overwritten(
    daemon: FakeDaemon, worldvpn: Command, tmp_path: Path
) -> None:
    file = tmp_path / "phone.conf"
    file.write_text("mine")
    ended = worldvpn("share", "invite", "phone", "home.example", "--output", str(file))

    assert daemon.requests
    assert ended.code == Exit.FAILED
    assert "revoke" in ended.err
    assert file.read_text() == "mine"


@pytest.mark.parametrize("words", [("invite",), ("invite", "phone"), ("revoke",)])
def test_what_is_missing_is_named(worldvpn: Command, words: tuple[str, ...]) -> None:
    ended = worldvpn("share", *words)

    assert ended.code == Exit.USAGE
    assert "share" in ended.err


def test_revoking_names_the_device(daemon: FakeDaemon, worldvpn: Command) -> None:
    ended = worldvpn("share", "revoke", "phone")

    assert asked(daemon, ShareRevoke) == [ShareRevoke(name="phone")]
    assert "phone can connect no more." in ended.out


def test_a_refusal_is_told(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.refuses = BusyError("nobody is served now: share first (worldvpn share on)")
    ended = worldvpn("share", "invite", "phone", "home.example")

    assert ended.code == Exit.FAILED
    assert "share first" in ended.err


def test_status_tells_of_sharing_only_where_it_is_wanted(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    quiet = worldvpn("status").out
    daemon.snapshot = {
        **daemon.snapshot,
        "sharing": sharing(state="serving", wanted=True, guests=2),
    }

    assert "Sharing" not in quiet
    assert "serving, 2 invited, UDP port 51820" in worldvpn("status").out


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ({"listed": True, "reason": "guests can come", "guests": 1}, "  Listed: 1 guest of"),
        ({"listed": True, "reason": "guests can come", "guests": 3}, "  Listed: 3 guests of"),
        ({"listed": False, "reason": "the port is shut", "guests": 0}, "  Not listed: the port"),
    ],
)
def test_status_says_whether_the_server_sends_guests(server: dict[str, object], said: str) -> None:
    sharing = {
        "state": "serving",
        "wanted": True,
        "agreed_utc": "2026-11-28T08:00:00+00:00",
        "port": 51_820,
        "engine": "wireguard-go",
        "guests": 0,
        "cause": None,
        "server": server,
    }

    shown = [each.text for each in lines({"sharing": sharing, "devices": []})]

    assert any(each.startswith(said) for each in shown)


@pytest.mark.parametrize(
    ("reach", "said"),
    [
        ({"way": "mapped", "by": "pcp"}, "  Way in: your router leads port 40000 on (pcp)."),
        ({"way": "punched"}, "  Way in: through your router, which lets in guests whom"),
        (
            {"way": "closed", "reason": "router-silent", "why": "it is deaf", "advice": "shout"},
            "  Not reached: it is deaf. To do: shout.",
        ),
    ],
    ids=["mapped", "hole", "closed"],
)
def test_status_says_how_guests_get_in_or_why_not_and_what_to_do(
    reach: dict[str, object], said: str
) -> None:
    nothing = {"by": None, "public_port": 40_000, "reason": None, "why": "", "advice": ""}
    shown = lines({"sharing": sharing(state="serving", reach={**nothing, **reach}), "devices": []})

    assert any(each.text.startswith(said) for each in shown)

"""The verbs that look and keep: status, why, plugins, import, profiles, settings, reset."""

from __future__ import annotations

import io
import sys
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import pytest

from tests.app.command import Command
from tests.app.fake_daemon import PLUGIN, UP, WHY, FakeDaemon, a_profile, a_snapshot
from worldvpn_app.cli.exits import Exit
from worldvpn_core.errors import ConfigError
from worldvpn_core.ipc.firewall import FirewallWhy
from worldvpn_core.ipc.messages import HostReset, ProfilesImport, SettingsGet, SettingsSet

CONF = "[Interface]\nPrivateKey = canary\n"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    file = tmp_path / "My home.conf"
    file.write_text(CONF)
    return file


def changes(daemon: FakeDaemon) -> list[object]:
    return [request for request in daemon.requests if isinstance(request, SettingsSet)]


def imports(daemon: FakeDaemon) -> list[object]:
    return [request for request in daemon.requests if isinstance(request, ProfilesImport)]


def test_status_in_json_is_the_snapshot(daemon: FakeDaemon, worldvpn: Command) -> None:
    ended = worldvpn("status", "--json")
    assert (ended.code, ended.json) == (Exit.OK, daemon.snapshot)


def test_json_may_be_said_before_the_verb(daemon: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("--json", "status").json == daemon.snapshot


def test_status_for_a_person_is_no_json_and_has_no_colour(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.snapshot = a_snapshot(**UP[-1])
    out = worldvpn("status").out
    assert out.startswith("Connected: Home.\n  Through     203.0.113.10:51820/udp\n")
    assert "\x1b" not in out


def test_status_that_is_an_alarm_fails(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.snapshot = a_snapshot(state="blocked", enforced=False)
    assert worldvpn("status").code == Exit.UNPROTECTED


@pytest.mark.parametrize(
    ("tunnel", "code"),
    [
        ({"state": "connected"}, Exit.OK),
        ({"state": "connected", "partial": True}, Exit.UNPROTECTED),
        ({"state": "connected", "kill_switch": False}, Exit.UNPROTECTED),
        ({"state": "blocked"}, Exit.BLOCKED),
        ({"state": "disconnected", "lockdown": True}, Exit.BLOCKED),
        ({"state": "disconnected"}, Exit.UNPROTECTED),
        ({"state": "paused"}, Exit.UNPROTECTED),
    ],
)
def test_checked_status_ends_by_what_is_protected(
    daemon: FakeDaemon, worldvpn: Command, tunnel: dict[str, Any], code: Exit
) -> None:
    daemon.snapshot = a_snapshot(**tunnel)
    assert worldvpn("status", "--check").code == code


def test_why_asks_about_the_packet_and_shows_the_rule(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    ended = worldvpn("why", "[2001:db8::1]:53/udp", "--marked")
    assert ended.out == (
        "May not leave.\n  nothing leaves outside the tunnel\n  rule block, 7 packets so far\n"
    )
    asked = FirewallWhy(
        destination=IPv6Address("2001:db8::1"), port=53, protocol="udp", marked=True
    )
    assert daemon.requests == [asked]


def test_address_that_only_the_daemon_can_judge_is_refused_there(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    ended = worldvpn("why", "999.0.2.1:443/tcp", "--json")
    assert ended.json["error"]["code"] == "rpc.params"
    assert "destination must be an IPv4 or IPv6 address" in ended.json["error"]["message"]
    assert daemon.requests == []


def test_why_in_json_is_the_explanation(daemon: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("why", "192.0.2.1/icmp", "--json").json == WHY
    assert len(daemon.requests) == 1


def test_plugins_are_listed(daemon: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("plugins").out == "wireguard  0.1.0  in daemon\n"
    assert worldvpn("plugins", "--json").json == {"plugins": [PLUGIN]}
    assert len(daemon.requests) == 2


def test_import_sends_the_text_under_the_name_of_its_file(
    daemon: FakeDaemon, worldvpn: Command, conf: Path
) -> None:
    ended = worldvpn("import", str(conf))
    assert ended.code == Exit.OK
    assert ended.out.splitlines() == [
        "Imported my home. Connect: worldvpn connect my home",
        "  PreUp was left out",
    ]
    assert imports(daemon) == [ProfilesImport(name="My home", text=CONF)]


def test_import_takes_a_name_and_replaces(
    daemon: FakeDaemon, worldvpn: Command, conf: Path
) -> None:
    ended = worldvpn("import", str(conf), "--name", "Work", "--replace", "--json")
    assert ended.json["profile"]["id"] == "work"
    assert imports(daemon) == [ProfilesImport(name="Work", text=CONF, replace=True)]


def test_import_reads_standard_input(
    daemon: FakeDaemon, worldvpn: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CONF.encode())))
    assert worldvpn("import", "-").code == Exit.OK
    assert imports(daemon) == [ProfilesImport(name="profile", text=CONF)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe\x00", "is no text: a profile is UTF-8"),
        (b"x" * 65_537, "has more than 65536 bytes"),
        ("ä".encode() * 32_769, "has more than 65536 bytes"),
    ],
)
def test_file_that_cannot_be_a_profile_is_not_sent(
    daemon: FakeDaemon, worldvpn: Command, conf: Path, content: bytes, sentence: str
) -> None:
    conf.write_bytes(content)
    ended = worldvpn("import", str(conf))
    assert ended.code == Exit.FAILED
    assert sentence in ended.err
    assert daemon.requests == []


@pytest.mark.parametrize("place", ["missing.conf", "."])
def test_file_that_cannot_be_read_is_a_sentence(
    daemon: FakeDaemon, worldvpn: Command, tmp_path: Path, place: str
) -> None:
    ended = worldvpn("import", str(tmp_path / place))
    assert (ended.code, daemon.requests) == (Exit.FAILED, [])
    assert ended.err.startswith("worldvpn: cannot read ")


def test_profiles_are_listed_with_the_last_used_marked(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.profiles = [a_profile("home", "Home"), a_profile("work", "Work", notes=["old"])]
    daemon.last_used = "work"
    assert worldvpn("profiles").out.splitlines() == [
        "  home  Home  (wireguard, 203.0.113.10:51820/udp)",
        "* work  Work  (wireguard, 203.0.113.10:51820/udp)",
        "    old",
    ]
    assert worldvpn("profiles", "--ids").out == "home\nwork\n"
    assert worldvpn("profiles", "--json").json["last_used"] == "work"


def test_no_profiles_says_how_to_bring_one(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.profiles = []
    assert "worldvpn import FILE" in worldvpn("profiles").out


def test_profile_is_removed(daemon: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("profiles", "--remove", "home").code == Exit.OK
    assert daemon.profiles == []
    ended = worldvpn("profiles", "--remove", "home", "--json")
    assert (ended.code, ended.json["error"]["code"]) == (Exit.FAILED, "config")


def test_settings_are_shown_with_their_meaning(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.settings["blocked_nodes"] = ["0" * 36]
    first, *_, blocked = worldvpn("settings").out.splitlines()
    assert first == "kill_switch    on    nothing leaves outside the tunnel while one is wanted"
    assert blocked == f"blocked_nodes  {'0' * 36}  nodes that are never taken"
    assert worldvpn("settings", "auto-connect").out == "none\n"
    assert worldvpn("settings", "--json").json == {"settings": daemon.settings}


def test_setting_is_changed(daemon: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("settings", "lockdown", "on").out == "lockdown is on.\n"
    assert changes(daemon) == [SettingsSet(changes={"lockdown": True})]


@pytest.fixture
def choosing(daemon: FakeDaemon) -> FakeDaemon:
    """One that lets a protocol be chosen, and tells by which."""
    daemon.settings["protocol"] = None
    declared = {
        "name": "protocol",
        "kind": "choice",
        "choices": [
            {"value": None, "label": "Automatic"},
            {"value": "wireguard", "label": "WireGuard"},
            {"value": "masque", "label": "MASQUE"},
        ],
    }

    def answer(_: object) -> dict[str, object]:
        return {"settings": daemon.settings, "declared": [declared]}

    daemon.answers[SettingsGet] = answer
    return daemon


def test_protocol_is_shown_as_people_call_it(choosing: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("settings", "protocol").out == "Automatic\n"
    choosing.settings["protocol"] = "wireguard"
    assert worldvpn("settings", "protocol").out == "WireGuard\n"
    assert worldvpn("settings").out.splitlines()[-1] == (
        "protocol      WireGuard  what tunnels through the directory speak"
    )
    assert worldvpn("settings", "protocol", "--json").json == {
        "settings": {"protocol": "wireguard"}
    }


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [
        ("MASQUE", "masque", "MASQUE"),
        ("wireguard", "wireguard", "WireGuard"),
        ("automatic", None, "Automatic"),
        ("none", None, "Automatic"),
    ],
)
def test_protocol_is_chosen_as_it_is_shown_and_counts_from_the_next_connection_on(
    choosing: FakeDaemon, worldvpn: Command, typed: str, value: str | None, shown: str
) -> None:
    assert worldvpn("settings", "protocol", typed).out == (
        f"protocol is {shown}, from the next connection on.\n"
    )
    assert changes(choosing) == [SettingsSet(changes={"protocol": value})]


def test_protocol_that_is_none_of_them_is_the_daemons_to_refuse(
    choosing: FakeDaemon, worldvpn: Command
) -> None:
    def refuse(_: object) -> dict[str, object]:
        raise ConfigError("protocol cannot be 'trojan', which no plugin here offers")

    choosing.answers[SettingsSet] = refuse
    ended = worldvpn("settings", "protocol", "trojan")
    assert ended.code == Exit.FAILED
    assert changes(choosing) == [SettingsSet(changes={"protocol": "trojan"})]
    assert "which no plugin here offers" in ended.err


def test_setting_that_does_not_exist_is_wrong_usage(daemon: FakeDaemon, worldvpn: Command) -> None:
    ended = worldvpn("settings", "killswitch", "off")
    assert (ended.code, changes(daemon)) == (Exit.USAGE, [])
    assert "choose from kill_switch, lockdown, auto_connect" in ended.err


def test_kill_switch_is_not_switched_off_unasked(daemon: FakeDaemon, worldvpn: Command) -> None:
    ended = worldvpn("settings", "kill_switch", "off")
    assert (ended.code, changes(daemon)) == (Exit.USAGE, [])
    assert "Say --yes to do it." in ended.err


def test_kill_switch_is_switched_off_when_confirmed(daemon: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("settings", "kill_switch", "off", "--yes").code == Exit.OK
    assert changes(daemon) == [SettingsSet(changes={"kill_switch": False}, confirm=True)]


def test_reset_is_not_done_unasked(daemon: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("reset").code in {Exit.USAGE, Exit.DENIED}
    assert daemon.requests == []


def test_refused_reset_says_why(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.refuses = ConfigError("the journal cannot be read")
    assert worldvpn("reset", "--yes").code in {Exit.FAILED, Exit.DENIED}
    assert [type(request) for request in daemon.requests] in ([HostReset], [])

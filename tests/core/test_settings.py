"""Settings on disk: versioned, atomic, unknown keys kept, broken files set aside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.errors import ConfigError
from worldvpn_core.settings import Settings, SettingsFile, changed


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    chosen = Settings(lockdown=True, allow_lan=True, owner_uid=1_000)

    SettingsFile(tmp_path / "settings.json").save(chosen)

    assert SettingsFile(tmp_path / "settings.json").load() == chosen


def test_file_is_readable_by_root_alone(tmp_path: Path) -> None:
    SettingsFile(tmp_path / "settings.json").save(Settings())

    assert (tmp_path / "settings.json").stat().st_mode & 0o777 == 0o600


def test_keys_of_a_newer_version_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": 1, "allow_lan": True, "colour": "blue"}))
    file = SettingsFile(path)

    file.save(file.load())

    assert json.loads(path.read_text())["colour"] == "blue"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"version": 99}', '{"version": 1, "lockdown": "yes"}', "\x00"],
)
def test_broken_file_is_set_aside_with_a_notice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    file = SettingsFile(path)

    assert file.load() == Settings()
    assert file.notice is not None
    assert path.with_name("settings.json.broken").read_text() == text


def test_missing_file_means_defaults_and_no_notice(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.json")

    assert (file.load(), file.notice) == (Settings(), None)


def test_kill_switch_is_switched_off_only_by_a_confirmed_choice() -> None:
    with pytest.raises(ConfigError, match="confirm"):
        changed(Settings(), {"kill_switch": False}, confirm=False)

    assert not changed(Settings(), {"kill_switch": False}, confirm=True).kill_switch


def test_lockdown_without_the_kill_switch_is_refused() -> None:
    with pytest.raises(ConfigError, match="lockdown"):
        changed(Settings(lockdown=True), {"kill_switch": False}, confirm=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonsense": True},
        {"lockdown": "yes"},
        {"lockdown": 1},
        {"owner_uid": 0},
        {"kill_switch": None},
    ],
)
def test_change_of_the_wrong_name_or_type_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        changed(Settings(), changes, confirm=True)


def test_resolvers_are_kept_in_their_usual_form_each_once() -> None:
    wanted = ["9.9.9.9", "2620:FE:0:0::9", "2620:fe::9"]
    made = changed(Settings(), {"dns_servers": wanted}, confirm=False)

    assert made.dns_servers == ("9.9.9.9", "2620:fe::9")
    assert [str(each) for each in made.resolvers] == ["9.9.9.9", "2620:fe::9"]


@pytest.mark.parametrize(
    "wanted",
    [
        ["127.0.0.1"],
        ["::1"],
        ["fe80::1"],
        ["169.254.1.1"],
        ["224.0.0.251"],
        ["0.0.0.0"],  # noqa: S104 - nothing is bound to it
        ["dns.example"],
        ["9.9.9.9:53"],
        [153],
        "9.9.9.9",
        ["9.9.9.9", "9.9.9.10", "9.9.9.11", "9.9.9.12", "9.9.9.13"],
    ],
)
def test_resolvers_that_no_tunnel_leads_to_are_refused(wanted: object) -> None:
    with pytest.raises(ConfigError, match="dns_servers"):
        changed(Settings(), {"dns_servers": wanted}, confirm=False)


@given(st.text())
def test_no_file_content_ever_raises(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")

    assert SettingsFile(path).load() == Settings()

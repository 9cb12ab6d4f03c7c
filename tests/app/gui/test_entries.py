"""The app's entry in the desktop's menu, and its start at login."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import FakeDaemon
from tests.app.gui.windows import opened
from tests.app.programs import WORLDVPN, environment, run
from worldvpn_app.gui.desktop_rows import DesktopRows
from worldvpn_app.gui.entries import (
    data_home,
    install,
    set_start_at_login,
    starts_at_login,
    with_command,
)
from worldvpn_app.gui.own_settings import CLOSING, IS_PRIVATE, MINIMISING, NOTIFIES

NASTY = ('/opt/a b/"q" $HOME `id` \\ 100%/worldvpn', "gui")


def exec_of(entry: str) -> list[str]:
    """Return the words that an entry starts, read as the specification says."""
    (line,) = (each for each in entry.splitlines() if each.startswith("Exec="))
    text = line.removeprefix("Exec=").replace("\\\\", "\\").replace("%%", "%")
    # Quoting inside is the shell's own for double quotes.
    done = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {text}"], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_entry_and_icon_are_written_where_desktops_look(tmp_path: Path) -> None:
    entry, icon = install(tmp_path, NASTY)
    assert entry == tmp_path / "applications/worldvpn.desktop"
    text = entry.read_text("utf-8")
    assert text.startswith("[Desktop Entry]\n")
    assert exec_of(text) == [*NASTY]
    assert f"\nIcon={icon.stem}\n" in text
    assert ET.fromstring(icon.read_text("utf-8")).tag.endswith("svg")  # noqa: S314 - as above


def test_the_entry_of_another_program_path_does_not_ask_for_ours() -> None:
    assert "TryExec" not in with_command("Exec=worldvpn gui\nTryExec=worldvpn\n", NASTY)


def test_starting_at_login_is_switched_on_and_off_and_begins_in_the_tray(tmp_path: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert not starts_at_login(environment)
    set_start_at_login(NASTY, is_wanted=True, environment=environment)
    assert starts_at_login(environment)
    entry = (tmp_path / "autostart/worldvpn.desktop").read_text("utf-8")
    assert exec_of(entry) == [*NASTY, "--hidden"]
    set_start_at_login(NASTY, is_wanted=False, environment=environment)
    set_start_at_login(NASTY, is_wanted=False, environment=environment)
    assert not starts_at_login(environment)


def test_a_relative_folder_in_the_environment_is_ignored() -> None:
    assert data_home({"XDG_DATA_HOME": "here"}) == Path.home() / ".local/share"


def test_the_command_installs_it_without_a_display_or_a_daemon(tmp_path: Path) -> None:
    env = environment(HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path / "data"))
    done = run("gui", "--install", "--json", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    entry, icon = (Path(each) for each in json.loads(done.stdout)["written"])
    assert icon.is_file()
    assert exec_of(entry.read_text("utf-8")) == [str(WORLDVPN), "gui"]


def test_each_row_of_the_settings_holds_at_once(
    daemon: FakeDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    del qtbot  # it makes the application
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with opened(daemon.path, tmp_path) as app:
        rows, kept = DesktopRows(app.context), app.context.settings
        rows.login.click()
        assert starts_at_login()
        rows.login.click()
        assert not starts_at_login()
        for switch, key in (
            (rows.minimising, MINIMISING),
            (rows.notifies, NOTIFIES),
            (rows.private, IS_PRIVATE),
        ):
            was_on = switch.isChecked()
            switch.click()
            assert kept.value(key, type=bool) is not was_on
        rows.closing.setCurrentIndex(1)
        rows.closing.activated.emit(1)
        assert kept.value(CLOSING) == "quit"
        again = DesktopRows(app.context)
        assert (again.closing.currentData(), again.private.isChecked()) == ("quit", True)


def test_an_entry_that_cannot_be_written_is_said(
    daemon: FakeDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    del qtbot
    (tmp_path / "config").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with opened(daemon.path, tmp_path) as app:
        rows = DesktopRows(app.context)
        rows.login.click()
        assert not rows.login.isChecked()
        assert rows.answer.text().startswith("That could not be written: ")

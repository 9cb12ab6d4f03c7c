"""The app's entry in the desktop's menu, and its start at login."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

from worldvpn_app.gui.entries import (
    data_home,
    install,
    set_start_at_login,
    starts_at_login,
    with_command,
)

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

"""The app among the desktop's own: its entry in the menu, its icon, its start at login.

https://specifications.freedesktop.org/desktop-entry-spec/1.5/, …/autostart-spec/0.5/
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

_ENTRY: Final = "worldvpn.desktop"
_ICON: Final = "worldvpn.svg"
_QUOTED: Final = str.maketrans({each: f"\\{each}" for each in '"`$\\'})


def own_program() -> tuple[str, ...]:
    """Return how this installation's ``worldvpn`` is started."""
    typed = Path(sys.argv[0]).absolute()
    if typed.name == "worldvpn" and typed.is_file():
        return (str(typed),)
    found = shutil.which("worldvpn")
    return (found,) if found else (sys.executable, "-m", "worldvpn_app.cli.main")


def own_command() -> tuple[str, ...]:
    """Return the command that starts this installation's app."""
    return (*own_program(), "gui")


def with_command(entry: str, command: Sequence[str]) -> str:
    """Return the desktop entry ``entry`` so that it starts ``command``. Pure."""
    words = " ".join(f'"{word.translate(_QUOTED).replace("%", "%%")}"' for word in command)
    # What is quoted is escaped once more, as every text of an entry is.
    words = words.replace("\\", "\\\\")
    lines = [
        f"Exec={words}" if line.startswith("Exec=") else line
        for line in entry.splitlines()
        # It would hide the entry where the program is not in the search path.
        if not line.startswith("TryExec=")
    ]
    return "\n".join(lines) + "\n"


def install(data_home: Path, command: Sequence[str]) -> tuple[Path, ...]:
    """Write entry and icon below ``data_home``; return what was written. Raises OSError."""
    entry = data_home / "applications" / _ENTRY
    icon = data_home / "icons/hicolor/scalable/apps" / _ICON
    for path, text in ((entry, with_command(_shipped(_ENTRY), command)), (icon, _shipped(_ICON))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return entry, icon


def data_home(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where a user's own entries and icons are."""
    return _home(environment, "XDG_DATA_HOME", ".local/share")


def starts_at_login(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the desktop starts the app at login."""
    return _autostart(environment).is_file()


def set_start_at_login(
    command: Sequence[str], *, is_wanted: bool, environment: Mapping[str, str] = os.environ
) -> None:
    """Let the desktop start the app at login, in the tray, or no more. Raises OSError."""
    path = _autostart(environment)
    if not is_wanted:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    text = with_command(_shipped(_ENTRY), (*command, "--hidden"))
    path.write_text(text, encoding="utf-8")


def _autostart(environment: Mapping[str, str]) -> Path:
    return _home(environment, "XDG_CONFIG_HOME", ".config") / "autostart" / _ENTRY


def _home(environment: Mapping[str, str], name: str, otherwise: str) -> Path:
    told = environment.get(name, "")
    # A relative path is to be ignored (basedir-spec 0.8).
    return Path(told) if told.startswith("/") else Path.home() / otherwise


def _shipped(name: str) -> str:
    return (files("worldvpn_app.gui") / "desktop" / name).read_text(encoding="utf-8")

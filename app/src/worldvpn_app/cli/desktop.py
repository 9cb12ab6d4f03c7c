"""The verb that opens the desktop app."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

from worldvpn_app.cli.exits import CommandError, Exit
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role


def gui(session: Session) -> Exit:
    """Open the window, and stay until it is closed."""
    if importlib.util.find_spec("PyQt6") is None:
        text = f"the desktop app needs PyQt6: `{sys.executable} -m pip install 'worldvpn-app[gui]'`"
        raise CommandError("config", text)
    if session.options.screenshots is not None:
        shoot = importlib.import_module("worldvpn_app.gui.screens.shoot")
        count = cast("Callable[[Path], int]", shoot.draw_all)(Path(session.options.screenshots))
        told = f"{count} pictures are in {session.options.screenshots}."
        session.terminal.answer({"pictures": count}, [Line(told, Role.GOOD)])
        return Exit.OK
    if session.options.install:
        entries = importlib.import_module("worldvpn_app.gui.entries")
        written = [
            str(path) for path in entries.install(entries.data_home(), entries.own_command())
        ]
        told = "WorldVPN is in the desktop's menu."
        session.terminal.answer({"written": written}, [Line(told, Role.GOOD)])
        return Exit.OK
    main = importlib.import_module("worldvpn_app.gui.main")
    options = session.options
    return Exit(main.run(session.socket_path, options.theme, is_hidden=options.hidden))

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
    main = importlib.import_module("worldvpn_app.gui.main")
    run = cast("Callable[[str, str | None], int]", main.run)
    return Exit(run(session.socket_path, session.options.theme))

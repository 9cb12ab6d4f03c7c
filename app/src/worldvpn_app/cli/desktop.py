"""The verb that opens the desktop app."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from typing import cast

from worldvpn_app.cli.exits import CommandError, Exit
from worldvpn_app.cli.session import Session


def gui(session: Session) -> Exit:
    """Open the window, and stay until it is closed."""
    if importlib.util.find_spec("PyQt6") is None:
        text = f"the desktop app needs PyQt6: `{sys.executable} -m pip install 'worldvpn-app[gui]'`"
        raise CommandError("config", text)
    tokens = importlib.import_module("worldvpn_app.gui.tokens")
    main = importlib.import_module("worldvpn_app.gui.main")
    run = cast("Callable[[str, object], int]", main.run)
    return Exit(run(session.socket_path, tokens.Theme(session.options.theme)))

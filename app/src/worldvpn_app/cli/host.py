"""Verbs for root: start the daemon, and undo all it changed on this computer."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from worldvpn_app.cli.advice import command
from worldvpn_app.cli.exits import CommandError, Exit, NoDaemonError
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_core.ipc.protocol import SOCKET_PATH

_OPENS = (
    "This removes every rule, route and resolver setting of WorldVPN: your traffic is not"
    " protected after it. Go on?"
)


def reset(session: Session) -> Exit:
    """Undo everything on the host: by the daemon, or without one by ``worldvpnd reset``."""
    terminal, options = session.terminal, session.options
    try:
        client = session.client()
    except NoDaemonError as error:
        _need_root("reset")
        if session.socket_path != SOCKET_PATH:
            text = f"{error.message}; or run `worldvpnd reset` with that daemon's directories"
            raise NoDaemonError(text) from error
        terminal.confirm(_OPENS, agreed=options.yes)
        _become_daemon(["reset", "--json"] if terminal.as_json else ["reset"])
    if client.role != "root":
        _need_root("reset")
    terminal.confirm(_OPENS, agreed=options.yes)
    reply = client.call("host.reset", confirm=True)
    undone = [Line(f"  {what}", Role.DIM) for what in reply.get("undone", ())]
    done = Line("This computer is as it was before WorldVPN.", Role.OPEN)
    terminal.answer(reply, [done, *undone])
    return Exit.OK


def daemon(arguments: list[str]) -> NoReturn:
    """Become the daemon of this environment."""
    _need_root("daemon", *arguments)
    _become_daemon(arguments)


def _need_root(*verb: str) -> None:
    if os.geteuid() != 0:
        text = f"only root may do this: `{command(*verb, as_root=True)}`"
        raise CommandError("denied", text, Exit.DENIED)


def _become_daemon(arguments: list[str]) -> NoReturn:
    program = Path(sys.prefix, "bin", "worldvpnd")
    try:
        os.execv(program, [str(program), *arguments])  # noqa: S606 - no shell is wanted
    except OSError as error:
        text = f"cannot run {program} ({error.strerror}): install worldvpn-core in {sys.prefix}"
        raise CommandError("no_daemon", text, Exit.NO_DAEMON) from error

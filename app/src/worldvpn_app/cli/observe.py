"""Verbs that only look: status, watch, why, plugins."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from worldvpn_app.cli.client import Client
from worldvpn_app.cli.exits import Exit, NoDaemonError
from worldvpn_app.cli.listing import plugin_lines, why_lines
from worldvpn_app.cli.packet import question
from worldvpn_app.cli.present import Shield, headline, shield_of, status_lines
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.cli.terminal import Line, Role, Terminal

_CHECKED: Final = {
    Shield.WHOLE: Exit.OK,
    Shield.PART: Exit.UNPROTECTED,
    Shield.HELD: Exit.BLOCKED,
    Shield.OPEN: Exit.UNPROTECTED,
    Shield.ALARM: Exit.UNPROTECTED,
}


def status(session: Session) -> Exit:
    """Show the state; the alarm is a failure even unasked."""
    client, terminal, options = session.client(), session.terminal, session.options
    snapshot = client.status()
    terminal.answer({**snapshot}, status_lines(snapshot, _now()))
    shield = shield_of(snapshot)
    if options.check:
        return _CHECKED[shield]
    return Exit.UNPROTECTED if shield is Shield.ALARM else Exit.OK


def watch(session: Session) -> Exit:
    """Show every change until interrupted, through a restart of the daemon."""
    terminal = session.terminal
    client = session.client()
    while True:
        try:
            _watch_one(client, terminal)
        except NoDaemonError as error:
            terminal.say(Line(f"{error.message}; looking for it", Role.WARNING))
            client = session.find_again()


def why(session: Session) -> Exit:
    """Show what becomes of a packet."""
    options = session.options
    packet = question(options.destination)
    explanation = session.client().call("firewall.why", **packet._asdict(), marked=options.marked)
    session.terminal.answer(explanation, why_lines(explanation))
    return Exit.OK


def plugins(session: Session) -> Exit:
    """Show which plugins are loaded, and in which process."""
    listed = session.client().call("plugins.list")
    session.terminal.answer(listed, plugin_lines(listed["plugins"]))
    return Exit.OK


def _watch_one(client: Client, terminal: Terminal) -> None:
    client.call("subscribe")
    shown: Line | None = None
    while True:
        snapshot = client.next_snapshot()
        if snapshot is not None:
            shown = _show(terminal, snapshot, shown)


def _show(terminal: Terminal, snapshot: Snapshot, shown: Line | None) -> Line:
    """Show ``snapshot``: redrawn on a terminal, else a line for each new state."""
    line = headline(snapshot, _now())
    if terminal.as_json:
        terminal.give({**snapshot})
    elif terminal.is_live:
        terminal.show(status_lines(snapshot, _now()), redraw=True)
    elif line != shown:
        terminal.show([Line(f"{_now():%H:%M:%S} {line.text}")])
    return line


def _now() -> datetime:
    return datetime.now().astimezone()

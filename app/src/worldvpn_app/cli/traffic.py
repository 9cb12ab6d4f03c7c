"""The verb ``traffic``: what this computer's own tunnels carry, and have carried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worldvpn_app.cli.carried import merged, rate_line, traffic_lines
from worldvpn_app.cli.client import Client
from worldvpn_app.cli.exits import Exit, NoDaemonError
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role


def traffic(session: Session) -> Exit:
    """Show it, once or each second, through a restart of the daemon."""
    client, terminal = session.client(), session.terminal
    if not session.options.watch:
        seen = client.call("traffic.show")
        terminal.answer(seen, _lines(session, seen))
        return Exit.OK
    while True:
        try:
            _watch_one(session, client)
        except NoDaemonError as error:
            terminal.say(Line(f"{error.message}; looking for it", Role.WARNING))
            client = session.find_again()


def _watch_one(session: Session, client: Client) -> None:
    seen = client.call("traffic.watch")
    _show(session, seen, seen)
    while True:
        change = client.next_traffic()
        seen = merged(seen, change)
        _show(session, seen, change)


def _show(session: Session, seen: Mapping[str, Any], change: Mapping[str, Any]) -> None:
    """Show ``seen``: redrawn on a terminal, elsewhere a line; as JSON no more than ``change``."""
    terminal = session.terminal
    if terminal.as_json:
        terminal.give(change)
    elif terminal.is_live:
        terminal.show(_lines(session, seen), redraw=True)
    else:
        terminal.show([rate_line(seen, session.now())])


def _lines(session: Session, seen: Mapping[str, Any]) -> list[Line]:
    blocks = session.terminal.draws_blocks
    return traffic_lines(seen, session.now(), session.options.last, blocks=blocks)

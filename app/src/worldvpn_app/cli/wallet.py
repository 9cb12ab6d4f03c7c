"""Verbs for the credit: what there is, and how it came about."""

from __future__ import annotations

from typing import Any, Final, cast

from worldvpn_app.cli.accounting import balance_lines, history_lines
from worldvpn_app.cli.client import Client
from worldvpn_app.cli.exits import Exit, NoDaemonError, UsageError
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.snapshot import Balance
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import credit

_MOST_A_PAGE: Final = 200
_MOST_LINES: Final = 100_000


def balance(session: Session) -> Exit:
    """Show the credit, once or after every change, through a restart of the daemon."""
    client = session.client()
    if not session.options.watch:
        _show(session, _present(client))
        return Exit.OK
    while True:
        try:
            _watch_one(session, client)
        except NoDaemonError as error:
            session.terminal.say(Line(f"{error.message}; looking for it", Role.WARNING))
            client = session.find_again()


def history(session: Session) -> Exit:
    """Show the statement, newest first."""
    wanted = session.options.limit
    if not 1 <= wanted <= _MOST_LINES:
        raise UsageError(f"--limit is 1 to {_MOST_LINES}")
    client = session.client()
    entries: list[dict[str, Any]] = []
    older: dict[str, str] = {}
    while True:
        limit = min(_MOST_A_PAGE, wanted - len(entries))
        page = client.look("wallet.history", limit=limit, **older)
        entries += page["entries"]
        if page["next"] is None or not page["entries"] or len(entries) >= wanted:
            break
        older = {"before": page["next"]}
    session.terminal.answer(
        {"entries": entries, "next": page["next"]}, history_lines(entries, session.now())
    )
    return Exit.OK


def _present(client: Client) -> Balance:
    return cast("Balance", client.look("wallet.balance"))


def _watch_one(session: Session, client: Client) -> None:
    client.call("subscribe")
    shown = _present(client)
    _show(session, shown)
    while True:
        snapshot = client.next_snapshot()
        account = None if snapshot is None else snapshot.get("account")
        if account and account["balance"] and account["balance"] != shown:
            shown = account["balance"]
            _show(session, shown)


def _show(session: Session, now: Balance) -> None:
    """Show ``now``; while watching, in place on a terminal, else one line a change."""
    terminal = session.terminal
    if terminal.as_json:
        terminal.give({**now})
    elif terminal.is_live or not session.options.watch:
        terminal.show(balance_lines(now), redraw=session.options.watch)
    else:
        spendable = credit(now["promo_ticks"] + now["available_ticks"])
        text = f"{spendable} to use, {credit(now['held_ticks'])} held"
        terminal.show([Line(f"{session.now():%H:%M:%S} {text}")])

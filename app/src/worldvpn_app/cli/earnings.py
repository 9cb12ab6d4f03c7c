"""Verbs for what sharing brings in: earned, settled or not, and what still waits to be."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, cast

from worldvpn_app.cli.accounting import balance_lines
from worldvpn_app.cli.client import Client
from worldvpn_app.cli.exits import CommandError, Exit
from worldvpn_app.cli.receipts import agreed_bytes, sessions
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.snapshot import Balance
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import amount, credit, table
from worldvpn_app.evidence import words
from worldvpn_core.credit.units import REWARD_TICKS

_DAYS: Final = 30
_PARTS: Final = ("available", "vesting", "repaid")
#: Sessions that are older than a thousand are settled or lost.
_MOST_PAGES: Final = 20
_OFFLINE: Final = "central.offline"

Pending = dict[str, Any]


def earnings(session: Session) -> Exit:
    """Show what sharing has earned, and where it lies: what is not settled yet apart."""
    client = session.client()
    balance, is_told = _balance(client)
    earned: dict[str, dict[str, int] | None] = {"today": None, "days_30": None}
    if is_told:
        now = session.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        since = {"today": midnight, "days_30": now - timedelta(days=_DAYS)}
        earned = {name: _earned(client, int(at.timestamp())) for name, at in since.items()}
    waiting = pending(client, is_told=is_told)
    answer = {**earned, "pending": waiting, "balance": balance, "is_current": is_told}
    session.terminal.answer(answer, _earnings_lines(earned, waiting, balance, is_told=is_told))
    return Exit.OK


def wallet(session: Session) -> Exit:
    """Show where the credit lies, and what waits to be settled."""
    client = session.client()
    balance, is_told = _balance(client)
    waiting = pending(client, is_told=is_told)
    answer = {"balance": balance, "pending": waiting, "is_current": is_told}
    session.terminal.answer(answer, _wallet_lines(waiting, balance, is_told=is_told))
    return Exit.OK


def pending(client: Client, *, is_told: bool) -> Pending | None:
    """Return what both ends have signed for and the server has not settled, of own guests.

    ``sessions`` of it, ``bytes``, and ``ticks``: without the server (``is_told``) the most that
    it can be. None: receipts cannot be read now. Raises like ``Client``.
    """
    try:
        found, _ = sessions(client.call)
    except CommandError as error:
        if error.code != "receipts":
            raise
        return None
    waiting = {
        each["session"]: each for each in found if each["role"] == "node" and each["waiting"]
    }
    settled = _settled(client, set(waiting)) if is_told and waiting else {}
    new_bytes = sum(max(0, _payable(each) - settled.get(name, 0)) for name, each in waiting.items())
    return {"sessions": len(waiting), "bytes": new_bytes, "ticks": REWARD_TICKS * new_bytes}


def _payable(one: Mapping[str, Any]) -> int:
    caps = [words.ticket(base64.b64decode(each)).cap_bytes for each in one["tickets"]]
    agreed = agreed_bytes(one) or 0
    return min(agreed, max(caps)) if caps else agreed


def _settled(client: Client, wanted: set[str]) -> dict[str, int]:
    """Return what the server has settled of the sessions ``wanted``, as far as it knows them."""
    found: dict[str, int] = {}
    before: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = client.look("wallet.settled", **before)["sessions"]
        for each in page:
            if each["role"] == "node" and each["session_id"] in wanted:
                found[each["session_id"]] = each["settled_bytes"]
        if not page or found.keys() == wanted:
            break
        before = {"before": page[-1]["session_id"]}
    return found


def _balance(client: Client) -> tuple[Balance | None, bool]:
    """Return the balance, and whether the server has just told it; else the last that is known."""
    try:
        return cast("Balance", client.look("wallet.balance")), True
    except CommandError as error:
        if error.code != _OFFLINE:
            raise
    account = client.status().get("account")
    return (account["balance"] if account else None), False


def _earned(client: Client, since_s: int) -> dict[str, int]:
    told = client.look("wallet.earned", since_s=since_s)
    parts = {f"{name}_ticks": int(told[f"{name}_ticks"]) for name in _PARTS}
    return {"ticks": sum(parts.values()), **parts}


def _earnings_lines(
    earned: Mapping[str, Any], waiting: Pending | None, balance: Balance | None, *, is_told: bool
) -> Iterator[Line]:
    if is_told:
        today, month = earned["today"], earned["days_30"]
        text = (
            f"{credit(today['ticks'])} credits earned today, {credit(month['ticks'])} in 30 days."
        )
        yield Line(text, Role.GOOD if month["ticks"] else Role.PLAIN)
        yield from map(Line, _earned_table(today, month))
    yield from _wallet_lines(waiting, balance, is_told=is_told)


def _earned_table(today: Mapping[str, int], month: Mapping[str, int]) -> Iterable[str]:
    meanings = {
        "available": "yours at once",
        "vesting": "yours once it is confirmed",
        "repaid": "paid what was owed",
    }
    rows = [("", "today", "30 days", "")]
    rows += [
        (f"  {name}", credit(today[f"{name}_ticks"]), credit(month[f"{name}_ticks"]), meaning)
        for name, meaning in meanings.items()
        if name != "repaid" or month["repaid_ticks"]
    ]
    return table(rows, right={1, 2})


def _wallet_lines(
    waiting: Pending | None, balance: Balance | None, *, is_told: bool
) -> Iterator[Line]:
    if not is_told:
        yield Line("The central server is out of reach: this is what was known last.", Role.WARNING)
    if balance is not None:
        yield from balance_lines(balance)
    yield _pending_line(waiting, is_told=is_told)


def _pending_line(waiting: Pending | None, *, is_told: bool) -> Line:
    if waiting is None:
        return Line("  pending    not known: no receipts are open here", Role.WARNING)
    if not waiting["sessions"]:
        return Line("  pending    0.00  nothing waits to be handed in")
    most = "" if is_told else "at most "
    count = waiting["sessions"]
    of = "1 session" if count == 1 else f"{count} sessions"
    text = f"{most}{credit(waiting['ticks'])}  for {amount(waiting['bytes'])} of {of}"
    return Line(f"  pending    {text}: signed for, and not handed in yet")

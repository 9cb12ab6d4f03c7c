"""The account, its devices, sessions and credit as lines. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from worldvpn_app.cli.snapshot import Balance, Snapshot
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import amount, credit, moment, table

#: Each bucket of the balance, and what lies in it.
_BUCKETS: Final = (
    ("promo", "given to begin with; used first"),
    ("available", "yours to use"),
    ("held", "set aside for open sessions; what they do not use comes back"),
    ("vesting", "earned by sharing; yours to use once it is confirmed"),
    ("debt", "owed; what you earn pays it first"),
)
_KINDS: Final[Mapping[str, str]] = {
    "welcome": "given to begin with",
    "hold": "set aside for a session",
    "spend": "used",
    "release": "came back from a session",
    "earn": "earned by sharing",
    "vest": "earned, now yours to use",
    "grant": "given",
    "penalty": "taken as a penalty",
    "reversal": "taken back",
    "late": "used, and settled late",
}


def account_lines(account: Mapping[str, Any], snapshot: Snapshot, now: datetime) -> list[Line]:
    """Return whose account it is, and where."""
    server = snapshot["account"]["server"] if "account" in snapshot else None
    facts = (
        ("Id", account["user_id"]),
        ("Mail", account["email"] or "none"),
        ("Made", moment(account["created_at"], now)),
        ("Rights", "operator" if account["is_operator"] else ""),
        ("Server", server or ""),
    )
    return [
        Line(f"Signed in as {account['username']}.", Role.GOOD),
        *(Line(f"  {label:<8}{text}") for label, text in facts if text),
    ]


def device_lines(devices: Iterable[Mapping[str, Any]], now: datetime) -> list[Line]:
    """Return a line a device; "*" marks this one."""
    rows = [
        (
            "*" if device["current"] else " ",
            device["id"],
            device["name"],
            f"since {moment(device['created_at'], now)}",
            f"seen {moment(device['seen_at'], now)}",
        )
        for device in devices
    ]
    return [Line(text) for text in table(rows)] or [Line("No device is signed in.")]


def session_lines(sessions: Iterable[Mapping[str, Any]], now: datetime) -> list[Line]:
    """Return a line a session, newest first."""
    rows = [
        (
            moment(one["created_at"], now),
            one["state"],
            one["protocol"],
            amount(one["carried_bytes"]),
            f"of {amount(one['cap_bytes'])}",
            one["node_id"],
            one["end_reason"] or "",
        )
        for one in sessions
    ]
    lines = [Line(text) for text in table(rows, right={3, 4})]
    return lines or [Line("There was no session yet. Connect: worldvpn connect fastest")]


def balance_lines(balance: Balance) -> list[Line]:
    """Return what there is and where it lies; a debt only where there is one."""
    ticks = {
        "promo": balance["promo_ticks"],
        "available": balance["available_ticks"],
        "held": balance["held_ticks"],
        "vesting": balance["vesting_ticks"],
        "debt": balance["debt_ticks"],
    }
    rows = [
        (f"  {name}", credit(ticks[name]), meaning)
        for name, meaning in _BUCKETS
        if name != "debt" or ticks[name]
    ]
    spendable = ticks["promo"] + ticks["available"]
    role = Role.GOOD if spendable > 0 else Role.WARNING
    return [
        Line(f"{balance['credits']:,} credits; each carries 1 MiB.", role),
        *map(Line, table(rows, right={1})),
    ]


def history_lines(entries: Iterable[Mapping[str, Any]], now: datetime) -> list[Line]:
    """Return a line a journal: when, what it changed, and why."""
    rows = [
        (
            moment(entry["created_at"], now),
            credit(entry["ticks"], signed=True),
            _aside(entry),
            _what(entry),
            entry["note"],
        )
        for entry in entries
    ]
    if not rows:
        return [Line("Nothing was booked yet.")]
    head = ("When", "Credits", "Held", "What", "Note")
    first, *lines = table([head, *rows], right={1, 2})
    return [Line(first, Role.DIM), *map(Line, lines)]


def _what(entry: Mapping[str, Any]) -> str:
    kind = _KINDS.get(entry["kind"], entry["kind"])
    vesting = entry["vesting_ticks"]
    return f"{kind} ({credit(vesting, signed=True)} vesting)" if vesting else kind


def _aside(entry: Mapping[str, Any]) -> str:
    """Return what moved into or out of what is held; nothing where nothing did."""
    return credit(entry["held_ticks"], signed=True) if entry["held_ticks"] else ""

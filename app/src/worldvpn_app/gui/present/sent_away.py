"""Guests who were sent away and may not come back yet. Pure but for translation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.advice import sentence
from worldvpn_app.gui.present.guests import SHORT
from worldvpn_app.gui.present.view import clean

translate = QCoreApplication.translate
_MOST: Final = 50
_LONGEST: Final = 200
_LONGEST_ALIAS: Final = 64


@attrs.frozen(kw_only=True)
class SentAwayRow:
    """One of them, in words; ``alias`` is what the daemon knows it by."""

    alias: str
    name: str
    why: str
    until: str


def sent_away(snapshot: Snapshot, now: datetime) -> tuple[SentAwayRow, ...]:
    """Return who may not come back, the newest first. Total: what is odd is left out."""
    banned = snapshot["sharing"].get("banned")
    rows = banned if isinstance(banned, list) else []
    found = (_row(each, now) for each in rows[: -_MOST - 1 : -1] if isinstance(each, Mapping))
    return tuple(each for each in found if each.alias)


def _row(row: Mapping[str, Any], now: datetime) -> SentAwayRow:
    alias = clean(str(row.get("alias") or ""), _LONGEST_ALIAS)
    return SentAwayRow(
        alias=alias,
        name=alias[:SHORT],
        why=_why(str(row.get("reason")), clean(str(row.get("detail") or ""), _LONGEST)),
        until=_until(row.get("until_utc"), now),
    )


def _why(reason: str, detail: str) -> str:
    known = {
        "connections": translate("sharing", "It opened too many connections."),
        "ports": translate("sharing", "It spoke to too many ports."),
        "hosts": translate("sharing", "It sent much to many hosts."),
        "flood": translate("sharing", "It sent much that nobody asked for."),
    }
    return known.get(reason) or sentence(detail)


def _until(iso: object, now: datetime) -> str:
    try:
        time = datetime.fromisoformat(str(iso)).astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        return ""
    return translate("sharing", "until {time}").format(time=figures.soon(time, now))

"""The daemon's log and what left outside the tunnel, in words. Pure but for translation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.diagnostics import Change
from worldvpn_app.gui.present.told import subject_word
from worldvpn_app.gui.present.view import clean

translate = QCoreApplication.translate
MOST_KEPT: Final = 500
_LONGEST: Final = 200


@attrs.frozen(kw_only=True)
class Left:
    """What left in one way: packets and bytes, and whether that is nothing to think of."""

    name: str
    packets: str
    amount: str
    is_good: bool = False


def line_of(row: Mapping[str, Any], now: datetime) -> Change | None:
    """Return a line of the daemon's log; None where it is none."""
    try:
        at = datetime.fromisoformat(str(row["at_utc"])).astimezone(now.tzinfo)
        words, subject = str(row["text"]), str(row.get("subject") or "daemon")
    except (KeyError, ValueError, OverflowError):
        return None
    is_trouble = row.get("level") == "trouble"
    words = clean(words, _LONGEST)
    return Change(at=at, subject=clean(subject, 16), words=words, is_trouble=is_trouble)


def together(*logs: Iterable[Change]) -> tuple[Change, ...]:
    """Return what is in ``logs``, the oldest first."""
    return tuple(sorted((each for log in logs for each in log), key=lambda each: each.at))


def left(answer: Mapping[str, Any]) -> tuple[Left, ...]:
    """Return what left outside the tunnel by class, and what was refused. Total."""
    names = {
        "node": translate("diagnostics", "To the node, encrypted"),
        "server": translate("diagnostics", "To the server"),
        "lease": translate("diagnostics", "Address from your router (DHCP)"),
        "neighbours": translate("diagnostics", "Neighbour discovery"),
        "lan": translate("diagnostics", "Local network, as you allow"),
        "guests": translate("diagnostics", "For your guests"),
        "beside": translate("diagnostics", "Outside a partial tunnel"),
        "refused": translate("diagnostics", "Refused, so it did not leave"),
    }
    rows = answer.get("classes")
    every = [each for each in rows if isinstance(each, Mapping)] if isinstance(rows, list) else []
    always = {"node", "server", "lease", "refused"}
    found = []
    for each in every:
        kind, packets = str(each.get("class")), _whole(each.get("packets"))
        if packets or kind in always:
            size = figures.amount(_whole(each.get("bytes")))
            name = names.get(kind, clean(kind, 40))
            is_good = kind == "refused"
            found.append(
                Left(name=name, packets=figures.whole(packets), amount=size, is_good=is_good)
            )
    return tuple(found)


def since(answer: Mapping[str, Any], now: datetime) -> str:
    """Return for how long it has been added up."""
    try:
        begun = datetime.fromisoformat(str(answer.get("since_utc")))
        lasted = figures.span((now - begun).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return ""
    return translate("diagnostics", "since start, {span}").format(span=lasted)


def as_text(lines: Sequence[Change]) -> str:
    """Return ``lines`` to be copied."""
    return "\n".join(
        f"{each.at:%H:%M:%S} {subject_word(each.subject)} {each.words}" for each in lines
    )


def _whole(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0

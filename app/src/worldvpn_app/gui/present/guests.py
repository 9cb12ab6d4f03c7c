"""Guests one by one, the limits they have, and when they may come. Pure but for translation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication, QLocale

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.facts import NOT_KNOWN
from worldvpn_app.gui.present.view import clean

translate = QCoreApplication.translate
#: So many characters of an alias are enough to tell guests apart, and to send one away by.
SHORT: Final = 8
_MOST_GUESTS: Final = 200
_LONGEST: Final = 64
#: Fewer than five guests came from there.
_HIDDEN: Final = "XX"
_CODE_LENGTH: Final = 2
_GIGA: Final = 1_000_000_000
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW: Final = re.compile(
    rf"(?P<days>daily|(?:(?:{'|'.join(_DAYS)})[,-]?)+) (?P<hours>\d\d:\d\d-\d\d:\d\d)", re.ASCII
)
_WHOLE_WEEK: Final = frozenset({"daily", "mon-sun"})


@attrs.frozen(kw_only=True)
class GuestRow:
    """One guest, in words."""

    #: What the daemon knows it by, to send it away; "" for a device, which is removed below.
    alias: str
    name: str
    #: "" where no flag is drawn.
    country: str
    place: str
    is_hidden: bool
    kind: str
    since: str
    carried: str
    earned: str


@attrs.frozen(kw_only=True)
class Limit:
    """One limit, and how much of it is used, from 0 to 1; None: that is not counted."""

    icon: str
    name: str
    figure: str
    share: float | None = None


def guests(snapshot: Snapshot, now: datetime) -> tuple[GuestRow, ...]:
    """Return who is here, in the daemon's order. Total: what is odd is as if it were not known."""
    people = snapshot["sharing"].get("people")
    rows = people if isinstance(people, list) else []
    return tuple(_guest(row, now) for row in rows[:_MOST_GUESTS] if isinstance(row, Mapping))


def limits(snapshot: Snapshot, settings: Mapping[str, Any], here: int | None) -> tuple[Limit, ...]:
    """Return what guests may have, and what they do have where it is counted. Total."""
    rate, most = settings.get("share_rate_mbps"), settings.get("share_guests")
    count = NOT_KNOWN if not isinstance(most, int) else figures.whole(most)
    of = translate("sharing", "{n} of {most}")
    found = [
        Limit(icon="gauge", name=translate("sharing", "Rate, all together"), figure=_rate(rate)),
    ]
    if isinstance(each := settings.get("share_guest_rate_mbps"), int):
        found.append(
            Limit(icon="user", name=translate("sharing", "Rate, each guest"), figure=_rate(each))
        )
    found += [
        _today(snapshot, settings),
        Limit(
            icon="users",
            name=translate("sharing", "Guests"),
            figure=count if here is None else of.format(n=figures.whole(here), most=count),
            share=here / most if here is not None and isinstance(most, int) and most else None,
        ),
        Limit(icon="clock", name=translate("sharing", "Schedule"), figure=schedule(snapshot)),
    ]
    return tuple(found)


def schedule(snapshot: Snapshot) -> str:
    """Return when guests may come."""
    known = snapshot["sharing"].get("schedule")
    if not isinstance(known, Mapping):
        return NOT_KNOWN
    windows = [_window(clean(str(each), _LONGEST)) for each in known.get("windows") or ()]
    if not windows:
        return translate("sharing", "Always")
    more = len(windows) - 1
    return windows[0] if not more else f"{windows[0]} +{more}"


def _window(text: str) -> str:
    """Return a window with its days as people write them; one of another form as it came."""
    found = _WINDOW.fullmatch(text)
    if found is None:
        return text
    days = translate("sharing", "Every day")
    if found["days"] not in _WHOLE_WEEK:
        days = re.sub(r"\w+", lambda day: _day(day[0]), found["days"]).replace(",", ", ")
    return f"{days} {found['hours']}".replace("-", "\u2013")


def _day(code: str) -> str:
    number = _DAYS.index(code) + 1
    return QLocale().standaloneDayName(number, QLocale.FormatType.ShortFormat)


def _guest(row: Mapping[str, Any], now: datetime) -> GuestRow:
    alias = clean(str(row.get("alias") or ""), _LONGEST)
    code = _code(row.get("country"))
    is_device = row.get("kind") == "device"
    is_hidden = code == _HIDDEN
    carried = _bytes(row.get("received_bytes")) + _bytes(row.get("sent_bytes"))
    earned = row.get("credits")
    name = clean(str(row.get("name") or ""), _LONGEST) if is_device else alias[:SHORT]
    return GuestRow(
        alias="" if is_device else alias,
        name=name or NOT_KNOWN,
        country="" if is_hidden else code,
        place=translate("sharing", "Hidden")
        if is_hidden
        else figures.country(code)
        if code
        else NOT_KNOWN,
        is_hidden=is_hidden,
        kind=translate("sharing", "Own device") if is_device else _kind(row.get("class")),
        since=_clock(row.get("since_utc"), now),
        carried=figures.amount(carried),
        earned=figures.isolated(f"+{figures.whole(earned)}") if isinstance(earned, int) else "",
    )


def _kind(value: object) -> str:
    known = {
        "web": translate("sharing", "Web"),
        "mail": translate("sharing", "Mail"),
        "remote": translate("sharing", "Remote work"),
        "p2p": translate("sharing", "File sharing"),
        "other": translate("sharing", "Other"),
    }
    return known.get(str(value), NOT_KNOWN)


def _today(snapshot: Snapshot, settings: Mapping[str, Any]) -> Limit:
    name = translate("sharing", "Today")
    today, cap = snapshot["sharing"].get("today"), settings.get("share_daily_gb")
    if not isinstance(today, Mapping):
        words = translate("figures", "{n}\u00a0GB")
        figure = words.format(n=figures.whole(cap)) if isinstance(cap, int) else NOT_KNOWN
        return Limit(icon="hourglass", name=name, figure=figure)
    carried, most = _bytes(today.get("carried_bytes")), _bytes(today.get("cap_bytes"))
    figure = translate("sharing", "{n} of {most}\u00a0GB").format(
        n=figures.decimal(carried / _GIGA, 1), most=figures.decimal(most / _GIGA, 0)
    )
    share = min(1.0, carried / most) if most else None
    return Limit(icon="hourglass", name=name, figure=figure, share=share)


def _rate(mbps: object) -> str:
    if not isinstance(mbps, int):
        return NOT_KNOWN
    if not mbps:
        return translate("sharing", "No limit")
    return translate("figures", "{n}\u00a0Mbit/s").format(n=figures.whole(mbps))


def _clock(iso: object, now: datetime) -> str:
    try:
        return figures.clock(datetime.fromisoformat(str(iso)).astimezone(now.tzinfo))
    except ValueError:
        return NOT_KNOWN


def _code(value: object) -> str:
    is_code = isinstance(value, str) and len(value) == _CODE_LENGTH and value.isascii()
    return str(value).upper() if is_code and str(value).isalpha() else ""


def _bytes(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0

"""The credit: what there is, where it lies, and how it came about. Pure but for translation."""

from __future__ import annotations

import contextlib
import csv
import enum
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Balance
from worldvpn_app.cli.wording import credit
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.view import clean
from worldvpn_core.credit.units import CREDIT_TICKS

translate = QCoreApplication.translate
_MEBI: Final = 1_024**2
_EARNED: Final = frozenset({"earn"})
_GIVEN: Final = frozenset({"welcome", "grant"})
_SPENT: Final = frozenset({"spend", "late", "penalty", "reversal"})
_HELD: Final = frozenset({"hold", "release"})


class Show(enum.StrEnum):
    """Which lines of the history are shown."""

    ALL = "all"
    EARNED = "earned"
    SPENT = "spent"
    HELD = "held"
    GIVEN = "given"


@attrs.frozen(kw_only=True)
class Entry:
    """A line of the statement."""

    id: str
    kind: str
    ticks: int
    held_ticks: int
    vesting_ticks: int
    note: str
    created_at: str

    @property
    def moved_ticks(self) -> int:
        """What the line is about: what was earned, what changed, what was set aside or came back.

        What is earned vests first, and is told again by "vest" when it comes to the balance.
        """
        if self.kind in _EARNED:
            return self.ticks + self.vesting_ticks
        return self.ticks or -self.held_ticks

    def is_shown(self, show: Show) -> bool:
        """Say whether it belongs to ``show``."""
        match show:
            case Show.EARNED:
                return self.kind in _EARNED or self.kind == "vest"
            case Show.SPENT:
                return self.kind in _SPENT
            case Show.HELD:
                return self.kind in _HELD
            case Show.GIVEN:
                return self.kind in _GIVEN
            case Show.ALL:
                return True


@attrs.frozen(kw_only=True)
class Line:
    """A row of the history in words."""

    icon: str
    what: str
    aside: str
    when: str
    figure: str


@attrs.frozen(kw_only=True)
class Day:
    """What was earned and spent in one day, in credits."""

    on: date
    earned: float
    spent: float


@attrs.frozen(kw_only=True)
class BalanceView:
    """The balance, bucket by bucket; nothing is added up silently."""

    total: str
    unit: str
    lasts: str
    #: Name, figure, and share of the whole from 0 to 1.
    parts: tuple[tuple[str, str, float], ...]
    vesting: str
    held: str
    #: "" while there is none.
    debt: str


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return the line of a row.

    Raises:
        KeyError, TypeError, ValueError, OverflowError: it says not when, or not how much.
    """
    datetime.fromisoformat(str(row["created_at"])).astimezone()
    return Entry(
        id=clean(str(row["id"]), 64),
        kind=clean(str(row["kind"]), 32),
        ticks=int(row["ticks"]),
        held_ticks=int(row.get("held_ticks") or 0),
        vesting_ticks=int(row.get("vesting_ticks") or 0),
        note=clean(str(row.get("note") or ""), 120),
        created_at=str(row["created_at"]),
    )


def entries_of(rows: object) -> list[Entry]:
    """Return the lines of ``rows``; what is no line is left out."""
    found = []
    for row in rows if isinstance(rows, list) else ():
        with contextlib.suppress(KeyError, TypeError, ValueError, OverflowError):
            found.append(entry_of(row))
    return found


def balance(found: Balance) -> BalanceView:
    """Return ``found`` in words."""
    parts = (
        (translate("wallet", "Available"), found["available_ticks"]),
        (translate("wallet", "Promo, used first"), found["promo_ticks"]),
        (translate("wallet", "Held for this session"), found["held_ticks"]),
    )
    whole = sum(ticks for _, ticks in parts) or 1
    debt = found["debt_ticks"]
    lasts = figures.amount(found["credits"] * _MEBI)
    return BalanceView(
        total=figures.whole(found["credits"]),
        unit=translate("wallet", "credits", "", figures.form(found["credits"])),
        lasts=translate("wallet", "About {amount} through other people's nodes").format(
            amount=lasts
        ),
        parts=tuple(
            (name, figures.whole_credit(ticks), max(0.0, ticks / whole)) for name, ticks in parts
        ),
        vesting=figures.whole_credit(found["vesting_ticks"]),
        held=figures.whole_credit(found["held_ticks"]),
        debt=translate("wallet", "Debt {n}, repaid first").format(n=figures.whole_credit(debt))
        if debt
        else "",
    )


def line(entry: Entry, now: datetime) -> Line:
    """Return ``entry`` in words."""
    kinds = {
        "welcome": ("coins", translate("wallet", "Given to begin with")),
        "hold": ("hourglass", translate("wallet", "Set aside for a session")),
        "spend": ("arrow-up-right", translate("wallet", "Used other people's nodes")),
        "release": ("hourglass", translate("wallet", "Came back from a session")),
        "earn": ("arrow-down-left", translate("wallet", "Shared with guests")),
        "vest": ("arrow-down-left", translate("wallet", "Earned, now yours to use")),
        "grant": ("coins", translate("wallet", "Given")),
        "penalty": ("ban", translate("wallet", "Taken as a penalty")),
        "reversal": ("ban", translate("wallet", "Taken back")),
        "late": ("arrow-up-right", translate("wallet", "Used, and settled late")),
    }
    icon, what = kinds.get(entry.kind, ("coins", entry.kind))
    aside = entry.note
    if entry.vesting_ticks > 0:
        aside = aside or translate("wallet", "Vesting")
    elif entry.kind in _HELD:
        aside = aside or translate("wallet", "Held")
    return Line(
        icon=icon,
        what=what,
        aside=aside,
        when=figures.moment(entry.created_at, now),
        figure=figures.credit(entry.moved_ticks, signed=True),
    )


def earned(entries: Iterable[Entry], since: datetime) -> int:
    """Return the ticks earned by sharing since then, those that still vest among them."""
    return _sum(entries, _EARNED, since)


def spent(entries: Iterable[Entry], since: datetime) -> int:
    """Return the ticks spent since then, as a negative figure."""
    return _sum(entries, _SPENT, since)


def _sum(entries: Iterable[Entry], kinds: frozenset[str], since: datetime) -> int:
    return sum(
        entry.moved_ticks
        for entry in entries
        if entry.kind in kinds and datetime.fromisoformat(entry.created_at) >= since
    )


def by_day(entries: Iterable[Entry], now: datetime, days: int) -> tuple[Day, ...]:
    """Return each of the last ``days``, the oldest first."""
    first = now.date() - timedelta(days=days - 1)
    came = {first + timedelta(days=place): 0 for place in range(days)}
    went = dict(came)
    for entry in entries:
        on = datetime.fromisoformat(entry.created_at).astimezone(now.tzinfo).date()
        if on in came and entry.kind in _EARNED:
            came[on] += entry.moved_ticks
        elif on in went and entry.kind in _SPENT:
            went[on] -= entry.moved_ticks
    return tuple(
        Day(on=on, earned=came[on] / CREDIT_TICKS, spent=went[on] / CREDIT_TICKS) for on in came
    )


def as_csv(entries: Sequence[Entry]) -> str:
    """Return the statement for a spreadsheet: credits with a point, times in UTC."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("when", "kind", "credits", "held", "vesting", "note", "id"))
    for entry in entries:
        figures = (entry.ticks, entry.held_ticks, entry.vesting_ticks)
        writer.writerow(
            (
                entry.created_at,
                entry.kind,
                *(credit(ticks).replace(",", "") for ticks in figures),
                _inert(entry.note),
                entry.id,
            )
        )
    return text.getvalue()


def _inert(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text

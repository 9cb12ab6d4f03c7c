"""Figures, amounts, spans and times in the forms of the language in use. Pure but for that."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from PyQt6.QtCore import QCollator, QCoreApplication, QDate, QDateTime, QLocale, Qt, QTime

from worldvpn_app.cli import countries
from worldvpn_core.credit.units import CREDIT_TICKS

translate = QCoreApplication.translate
_NO_BREAK: Final = "\u00a0"
_MINUS: Final = "\u2212"
#: Left-to-right isolate, and its end.
_LRI, _PDI = "\u2066", "\u2069"
_MOST: Final = 2**63 - 1
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_FOLDER: Final = Path(__file__).parents[1] / "languages"


def isolated(text: str) -> str:
    """Return ``text`` so that it is read from left to right where all else is not."""
    is_turned = QLocale().textDirection() is Qt.LayoutDirection.RightToLeft
    return f"{_LRI}{text}{_PDI}" if is_turned else text


def whole(number: int) -> str:
    """Return a whole number, in groups of three."""
    return QLocale().toString(min(max(number, -_MOST), _MOST))


def decimal(number: float, digits: int) -> str:
    """Return ``number`` with so many ``digits`` behind the point."""
    return QLocale().toString(float(number), "f", digits)


def short(number: float) -> str:
    """Return a mark of an axis, with no more digits than it needs."""
    return QLocale().toString(float(number), "g", 6)


def form(count: int) -> int:
    """Return what chooses the plural for ``count``: Qt takes 31 bits."""
    return min(abs(count), 2**31 - 1)


def amount(count_bytes: int) -> str:
    """Return ``count_bytes`` in the largest unit of 1,024 that keeps it at 1 or more."""
    form = QLocale.DataSizeFormat.DataSizeIecFormat
    held = min(max(count_bytes, 0), _MOST)
    return QLocale().formattedDataSize(held, 1, form).replace(" ", _NO_BREAK)


def credit(ticks: int, *, signed: bool = False) -> str:
    """Return ``ticks`` in credits to the hundredth, never more than is there."""
    hundredths = ticks * 100 // CREDIT_TICKS
    rest = f"{QLocale().decimalPoint()}{abs(hundredths) % 100:02}"
    return isolated(f"{_sign(hundredths, signed=signed)}{whole(abs(hundredths) // 100)}{rest}")


def whole_credit(ticks: int, *, signed: bool = False) -> str:
    """Return ``ticks`` in whole credits, never more than is there."""
    hundredths = ticks * 100 // CREDIT_TICKS
    return isolated(f"{_sign(hundredths, signed=signed)}{whole(abs(hundredths) // 100)}")


def _sign(number: int, *, signed: bool) -> str:
    return _MINUS if number < 0 else "+" if signed and number > 0 else ""


def span(duration_s: float) -> str:
    """Return a duration in its two largest units: "3 s", "12 min", "2 h 5 min", "3 d 4 h"."""
    whole_s = max(int(duration_s), 0)
    if whole_s < _MINUTE_S:
        return translate("figures", "{n}\u00a0s").format(n=whole_s)
    if whole_s < _HOUR_S:
        return translate("figures", "{n}\u00a0min").format(n=whole_s // _MINUTE_S)
    if whole_s < _DAY_S:
        hours, rest_s = divmod(whole_s, _HOUR_S)
        return translate("figures", "{hours}\u00a0h {minutes}\u00a0min").format(
            hours=hours, minutes=rest_s // _MINUTE_S
        )
    days, rest_s = divmod(whole_s, _DAY_S)
    return translate("figures", "{days}\u00a0d {hours}\u00a0h").format(
        days=whole(days), hours=rest_s // _HOUR_S
    )


def clock(at: datetime | time) -> str:
    """Return the hour and minute of ``at``."""
    return QLocale().toString(QTime(at.hour, at.minute), QLocale.FormatType.ShortFormat)


def day(on: date) -> str:
    """Return a day without its year, as short as can be: "28 Nov"."""
    locale = QLocale()
    order = locale.dateFormat(QLocale.FormatType.ShortFormat)
    form = "d MMM" if order.find("d") < order.find("M") else "MMM d"
    return locale.toString(QDate(on.year, on.month, on.day), form)


def moment(iso_utc: str, now: datetime) -> str:
    """Return a time as its clock in ``now``'s zone, with the day when it is not today."""
    local = datetime.fromisoformat(iso_utc).astimezone(now.tzinfo)
    if local.date() == now.date():
        return clock(local)
    at = QDateTime(QDate(local.year, local.month, local.day), QTime(local.hour, local.minute))
    return QLocale().toString(at, QLocale.FormatType.ShortFormat)


def soon(at: datetime, now: datetime) -> str:
    """Return a time of the next days as its clock, with the day of the week if not today."""
    if at.date() == now.date():
        return clock(at)
    return f"{QLocale().toString(QDate(at.year, at.month, at.day), 'ddd')}{_NO_BREAK}{clock(at)}"


def country(code: str) -> str:
    """Return the name of a country, or its code where it has none."""
    return _names(QLocale().bcp47Name().partition("-")[0]).get(code) or countries.name_of(code)


def in_order(codes: Iterable[str], name: Callable[[str], str]) -> list[str]:
    """Return ``codes`` in the alphabetical order of their names."""
    collator = QCollator(QLocale())

    def compared(one: str, other: str) -> int:
        return collator.compare(name(one), name(other))

    return sorted(codes, key=functools.cmp_to_key(compared))


@functools.cache
def _names(language: str) -> Mapping[str, str]:
    """Return the names in ``language``, by code; empty where there is no table of them."""
    table = _FOLDER / f"countries_{language}.tsv"
    lines = table.read_text("utf-8").splitlines() if table.is_file() else []
    return {code: name for code, _, name in (line.partition("\t") for line in lines)}

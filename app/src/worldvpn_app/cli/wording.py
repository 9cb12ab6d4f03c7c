"""Amounts, times and switches in words, and back from what people type. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from datetime import datetime
from typing import Final

from worldvpn_app.cli.exits import UsageError
from worldvpn_core.credit.units import CREDIT_TICKS

_KIB: Final = 1_024
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_DURATION: Final = re.compile(r"(?:([0-9]{1,4})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,7})s)?")
_NODE: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HOURS: Final = re.compile(r"[0-9]:[0-9]{2}-")
_CLASSES: Final = frozenset({"web", "mail", "remote", "p2p", "other"})
_ON: Final = frozenset({"on", "true", "yes", "1"})
_OFF: Final = frozenset({"off", "false", "no", "0"})


def amount(count_bytes: int) -> str:
    """Return ``count_bytes`` in the largest unit that keeps it at 1 or more."""
    value, unit = float(count_bytes), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < _KIB or unit == "TiB":
            break
        value /= _KIB
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def credit(ticks: int, *, signed: bool = False) -> str:
    """Return ``ticks`` in credits to the hundredth, never more than is there."""
    hundredths = ticks * 100 // CREDIT_TICKS
    sign = "-" if hundredths < 0 else "+" if signed and hundredths > 0 else ""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{sign}{whole:,}.{rest:02}"


def table(rows: Sequence[Sequence[str]], *, right: Container[int] = ()) -> list[str]:
    """Return ``rows`` as lines with their columns aligned, those of ``right`` at their end."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    form = "  ".join(
        f"{{:{'>' if place in right else '<'}{width}}}" for place, width in enumerate(widths)
    )
    return [form.format(*row).rstrip() for row in rows]


def span(duration_s: float) -> str:
    """Return a duration in its two largest units: "3 s", "12 min", "2 h 5 min", "3 d 4 h"."""
    whole_s = max(int(duration_s), 0)
    if whole_s < _MINUTE_S:
        return f"{whole_s} s"
    if whole_s < _HOUR_S:
        return f"{whole_s // _MINUTE_S} min"
    if whole_s < _DAY_S:
        return f"{whole_s // _HOUR_S} h {whole_s % _HOUR_S // _MINUTE_S} min"
    return f"{whole_s // _DAY_S} d {whole_s % _DAY_S // _HOUR_S} h"


def moment(iso_utc: str, now: datetime) -> str:
    """Return a time as its clock in ``now``'s zone, with the day when it is not today."""
    local = datetime.fromisoformat(iso_utc).astimezone(now.tzinfo)
    form = "%H:%M" if local.date() == now.date() else "%Y-%m-%d %H:%M"
    return local.strftime(form)


def seconds(text: str) -> int:
    """Return how many seconds "90s", "5m", "1h" or "1h30m" are.

    Raises:
        UsageError: it is none of them.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise UsageError(f"{text!r} is no duration: write 90s, 5m, 1h or 1h30m")
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * _HOUR_S + minutes * _MINUTE_S + rest


def switch(value: object) -> str:
    """Return a setting's value as a person writes it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ",".join(map(str, value)) or "none"
    return str(value)


def setting(text: str, present: object) -> object:
    """Return what ``text`` means for a setting that now is ``present``.

    Raises:
        UsageError: a switch can only be on or off, a number only a number.
    """
    word = text.lower()
    if isinstance(present, bool):
        if word not in _ON | _OFF:
            raise UsageError(f"{text!r} is neither on nor off")
        return word in _ON
    if isinstance(present, list):
        # Hours hold commas of their own.
        parts = text.split(";") if _HOURS.search(text) else text.split(",")
        return [] if word == "none" else [_item(part.strip()) for part in parts]
    if word == "none":
        return None
    return _number(text) if isinstance(present, int) else text


def _item(text: str) -> int | str:
    """Return a port, or a word such as an address: what a list takes, the daemon knows."""
    word = text.lower()
    is_word = _NODE.fullmatch(word) or set(word) & set(":.") or word in _CLASSES
    return word if is_word else _number(text)


def _number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise UsageError(f"{text!r} is no whole number")
    return int(text)

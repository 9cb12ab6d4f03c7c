"""How coarse everything is that is told of a guest, and how it is written. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from worldvpn_core.credit.units import MEBIBYTE, REWARD_TICKS, credits_of

#: Distinct guests from a country, on one node in 24 h, below which it is not named.
FEWEST_GUESTS: Final = 5
HIDDEN_COUNTRY: Final = "XX"
#: Nothing looks at traffic, and nodes do not report even its port class.
TRAFFIC: Final = "unclassified"
_QUARTER: Final = timedelta(minutes=15)
_UNITS: Final = ("B", "KB", "MB", "GB", "TB", "PB")
_STEP: Final = 1024.0


def rounded_bytes(count: int) -> int:
    """Return ``count`` to the nearest MiB."""
    return (count + MEBIBYTE // 2) // MEBIBYTE * MEBIBYTE


def rounded_time(time: datetime) -> datetime:
    """Return the quarter of an hour that ``time`` is in."""
    past = timedelta(minutes=time.minute % 15, seconds=time.second, microseconds=time.microsecond)
    return time - past


def rounded_seconds(length: timedelta) -> int:
    """Return ``length`` in whole quarters of an hour, in seconds."""
    return max(0, length // _QUARTER) * int(_QUARTER.total_seconds())


def shown_country(country: str, guests: int) -> str:
    """Return ``country``, or "XX" while too few ``guests`` came from it to hide among."""
    return country if guests >= FEWEST_GUESTS else HIDDEN_COUNTRY


def earned_credits(count: int) -> int:
    """Return the whole credits that carrying ``count`` rounded bytes earns."""
    return credits_of(REWARD_TICKS * count)


def formatted(count: int) -> str:
    """Return bytes as people read them, in powers of 1,024."""
    size = float(count)
    for unit in _UNITS[:-1]:
        if size < _STEP:
            return f"{count} B" if unit == "B" else f"{size:.2f} {unit}"
        size /= _STEP
    return f"{size:.2f} {_UNITS[-1]}"

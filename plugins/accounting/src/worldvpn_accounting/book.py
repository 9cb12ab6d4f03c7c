"""All that is known of what was carried: one value, and how a reading changes it. Pure."""

from __future__ import annotations

from typing import Final

import attrs

from worldvpn_accounting.counting import NOTHING, Count, counted, plus
from worldvpn_accounting.rings import Ring, added, history
from worldvpn_core.contracts import Reading, Traffic

#: The present second is not shown, for it is not over: hence one more.
MINUTE: Final = Ring(step_s=1, length=61)
HOUR: Final = Ring(step_s=60, length=60)
DAY: Final = Ring(step_s=900, length=96)
MONTH: Final = Ring(step_s=86_400, length=31)


@attrs.frozen(kw_only=True)
class Book:
    """Counted since ``since_s``, last at ``at_ms``: Unix seconds and milliseconds."""

    since_s: int
    at_ms: int = 0
    count: Count = attrs.field(factory=Count)
    minute: Ring = MINUTE
    hour: Ring = HOUR
    day: Ring = DAY
    month: Ring = MONTH


def entered(book: Book, readings: tuple[Reading, ...], now_ms: int) -> Book:
    """Return ``book`` with ``readings``, taken now."""
    count, moved = book.count, NOTHING
    for reading in readings:
        count, more = counted(count, reading)
        moved = plus(moved, more)
    if moved == NOTHING:
        return attrs.evolve(book, at_ms=now_ms, count=count)
    return attrs.evolve(
        book,
        at_ms=now_ms,
        count=count,
        minute=added(book.minute, moved, book.at_ms, now_ms),
        hour=added(book.hour, moved, book.at_ms, now_ms),
        day=added(book.day, moved, book.at_ms, now_ms),
        month=added(book.month, moved, book.at_ms, now_ms),
    )


def traffic(book: Book, now_ms: int) -> Traffic:
    """Return what is known now."""
    minute = history(book.minute, now_ms, whole=True)
    return Traffic(
        at_s=now_ms // 1_000,
        since_s=book.since_s,
        total=book.count.total,
        last_second=minute.steps[-1],
        minute=minute,
        hour=history(book.hour, now_ms),
        day=history(book.day, now_ms),
        month=history(book.month, now_ms),
    )

"""When guests are served: weekly windows of a place's own clock. Pure.

A window is what the clock on the wall shows, whatever that clock does: where an hour comes
twice, both are in it, and one that is left out is in none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

import attrs

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_WINDOWS: Final = 32
_WINDOW: Final = re.compile(
    r"(?P<days>[a-z]{3}(?:[,-][a-z]{3})*|daily) "
    r"(?P<begins>[0-9]{2}:[0-9]{2})-(?P<ends>[0-9]{2}:[0-9]{2})"
)
_MINUTES_A_DAY: Final = 1_440
_WEEK_DAYS: Final = 7


@attrs.frozen(kw_only=True)
class Window:
    """Hours of some days of the week: minutes of the day, the end not in it.

    One that ends at or before its beginning goes on into the next day; ``days`` are those on
    which it begins, 0 Monday.
    """

    days: frozenset[int]
    begins_min: int
    ends_min: int

    def holds(self, wall: datetime) -> bool:
        """Say whether the clock, showing ``wall``, is in the window."""
        minute, day = wall.hour * 60 + wall.minute, wall.weekday()
        if self.begins_min < self.ends_min:
            return day in self.days and self.begins_min <= minute < self.ends_min
        begun_today = day in self.days and minute >= self.begins_min
        return begun_today or ((day - 1) % _WEEK_DAYS in self.days and minute < self.ends_min)

    def __str__(self) -> str:
        names = "daily" if len(self.days) == _WEEK_DAYS else _day_text(sorted(self.days))
        return f"{names} {_clock(self.begins_min)}-{_clock(self.ends_min)}"


def parsed(text: str) -> Window:
    """Return the window that ``text`` writes: "mon-fri 08:00-22:00", "sat,sun 10:00-02:00".

    Raises:
        ValueError: it is none, with the reason.
    """
    found = _WINDOW.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text[:40]!r} is no window: write it as mon-fri 08:00-22:00")
    return Window(
        days=_days(found["days"]),
        begins_min=_minutes(found["begins"], most=_MINUTES_A_DAY - 1),
        ends_min=_minutes(found["ends"], most=_MINUTES_A_DAY),
    )


def is_open(windows: tuple[Window, ...], zone: tzinfo, now: datetime) -> bool:
    """Say whether guests may be served at ``now``; no windows: at any time."""
    wall = now.astimezone(zone)
    return not windows or any(window.holds(wall) for window in windows)


def changes_at(windows: tuple[Window, ...], zone: tzinfo, now: datetime) -> datetime | None:
    """Return when ``is_open`` will next be another, UTC; None: never."""
    before = is_open(windows, zone, now)
    later = (each for each in sorted(set(_edges(windows, zone, now))) if each > now)
    return next((each for each in later if is_open(windows, zone, each) is not before), None)


def _edges(windows: tuple[Window, ...], zone: tzinfo, now: datetime) -> Iterator[datetime]:
    """Yield when the clock shows a window's edge within eight days, each time that it does.

    An hour that is left out begins where the one before has ended.
    """
    minutes = {edge for each in windows for edge in (each.begins_min, each.ends_min)}
    today = now.astimezone(zone).date()
    for ahead in range(-1, _WEEK_DAYS + 2):
        day = today + timedelta(days=ahead)
        for minute in minutes | {0}:
            wall = datetime.combine(day, time(), zone) + timedelta(minutes=minute)
            for fold in (0, 1):
                edge = wall.replace(fold=fold).astimezone(UTC)
                yield edge
                yield from _jumps(zone, edge)


def _jumps(zone: tzinfo, near: datetime) -> Iterator[datetime]:
    """Yield the moment at which the clock is moved, if that is within two hours of ``near``."""
    first, last = near - timedelta(hours=2), near + timedelta(hours=2)
    if first.astimezone(zone).utcoffset() == last.astimezone(zone).utcoffset():
        return
    while last - first > timedelta(seconds=1):
        middle = first + (last - first) / 2
        moved = middle.astimezone(zone).utcoffset() != first.astimezone(zone).utcoffset()
        first, last = (first, middle) if moved else (middle, last)
    yield last.replace(microsecond=0)


def _days(text: str) -> frozenset[int]:
    if text == "daily":
        return frozenset(range(_WEEK_DAYS))
    found: set[int] = set()
    for part in text.split(","):
        names = part.split("-")
        if len(names) > 2 or any(name not in DAYS for name in names):  # noqa: PLR2004 - from, to
            raise ValueError(f"{part!r} is no day: they are {', '.join(DAYS)}, or daily")
        first, last = DAYS.index(names[0]), DAYS.index(names[-1])
        found.update((first + step) % _WEEK_DAYS for step in range((last - first) % 7 + 1))
    return frozenset(found)


def _minutes(text: str, *, most: int) -> int:
    hours, minutes = int(text[:2]), int(text[3:])
    if minutes > 59 or hours * 60 + minutes > most:  # noqa: PLR2004 - of an hour
        raise ValueError(f"{text} is no time of a day")
    return hours * 60 + minutes


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _day_text(days: list[int]) -> str:
    """Return ``days`` as runs: "mon-fri,sun"."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs
    )

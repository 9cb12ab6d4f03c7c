"""What guests have carried today, by the owner's own calendar. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

import attrs
from attrs import validators

#: How far a day may be ahead of the calendar's, and still be today: the owner has travelled west,
#: or the clock was set right. Farther, it was a wrong clock's.
_AHEAD: Final = timedelta(days=1)
QUARTER_S: Final = 900
#: A day on which clocks are put back has an hour more.
_MOST_QUARTERS: Final = 100


@attrs.frozen(kw_only=True)
class Daily:
    """Bytes of all guests, both ways, on ``day``."""

    day: date
    carried_bytes: int = attrs.field(default=0, validator=validators.ge(0))
    #: The same by quarters of an hour, from the day's beginning to the last with any.
    quarters: tuple[int, ...] = attrs.field(
        default=(),
        validator=[
            validators.max_len(_MOST_QUARTERS),
            validators.deep_iterable(validators.ge(0)),
        ],
    )

    def on(self, today: date) -> Daily:
        """Return what counts on ``today``: nothing yet, once it is another day."""
        if self.day <= today + _AHEAD and today <= self.day:
            return self
        return Daily(day=today)

    def with_more(self, more_bytes: int, quarter: int) -> Daily:
        """Return the count after ``more_bytes`` were carried, in that quarter of an hour.

        What comes by a clock that was set back counts to the newest quarter.
        """
        if not more_bytes:
            return self
        at = min(max(quarter, len(self.quarters) - 1, 0), _MOST_QUARTERS - 1)
        filled = (*self.quarters, *[0] * (at + 1 - len(self.quarters)))
        return attrs.evolve(
            self,
            carried_bytes=self.carried_bytes + more_bytes,
            quarters=(*filled[:at], filled[at] + more_bytes),
        )


def day_of(now: datetime, zone: tzinfo) -> date:
    """Return the day of the calendar at ``now``."""
    return now.astimezone(zone).date()


def begins_at(day: date, zone: tzinfo) -> datetime:
    """Return when ``day`` begins, UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def quarter_of(now: datetime, day: date, zone: tzinfo) -> int:
    """Return how many whole quarters of an hour of ``day`` are over at ``now``."""
    return int((now - begins_at(day, zone)).total_seconds()) // QUARTER_S


def ends_at(day: date, zone: tzinfo) -> datetime:
    """Return when ``day`` is over, UTC."""
    return begins_at(day + timedelta(days=1), zone)

"""What guests have carried today, by the owner's own calendar. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

import attrs
from attrs import validators

#: How far a day may be ahead of the calendar's, and still be today: the owner has travelled west,
#: or the clock was set right. Farther, it was a wrong clock's.
_AHEAD: Final = timedelta(days=1)


@attrs.frozen(kw_only=True)
class Daily:
    """Bytes of all guests, both ways, on ``day``."""

    day: date
    carried_bytes: int = attrs.field(default=0, validator=validators.ge(0))

    def on(self, today: date) -> Daily:
        """Return what counts on ``today``: nothing yet, once it is another day."""
        if self.day <= today + _AHEAD and today <= self.day:
            return self
        return Daily(day=today)

    def with_more(self, more_bytes: int) -> Daily:
        """Return the count after ``more_bytes`` were carried."""
        return attrs.evolve(self, carried_bytes=self.carried_bytes + more_bytes)


def day_of(now: datetime, zone: tzinfo) -> date:
    """Return the day of the calendar at ``now``."""
    return now.astimezone(zone).date()


def ends_at(day: date, zone: tzinfo) -> datetime:
    """Return when ``day`` is over, UTC."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)

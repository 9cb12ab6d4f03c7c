"""How far a node is to be trusted: Beta(successes, failures) with decay. Pure.

The score is the mean of the distribution on a scale of 100 (Jøsang and Ismail, "The Beta
Reputation System", 2002). Evidence loses half its weight in 30 days, so that nobody lives on
old merit, nor is ruled out for ever.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs
from attrs import validators

#: What is believed of a node of which nothing is known: as many of each, which is 50.
_PRIOR: Final = 5.0
_HALF_LIFE_S: Final = 30 * 86_400.0
START: Final = 50.0


@attrs.frozen(kw_only=True)
class Rating:
    """Evidence, weighed as of ``at``."""

    successes: float = attrs.field(default=0.0, validator=validators.ge(0))
    failures: float = attrs.field(default=0.0, validator=validators.ge(0))
    at: datetime

    @property
    def score(self) -> float:
        """From 0 (only failures) to 100 (only successes), 50 without evidence."""
        return 100 * (self.successes + _PRIOR) / (self.successes + self.failures + 2 * _PRIOR)


def decayed(rating: Rating, now: datetime) -> Rating:
    """Return what ``rating`` is worth ``now``; a clock that went back changes nothing."""
    age_s = max(0.0, (now - rating.at).total_seconds())
    left = 0.5 ** (age_s / _HALF_LIFE_S)
    return Rating(
        successes=rating.successes * left,
        failures=rating.failures * left,
        at=max(now, rating.at),
    )


def rated(rating: Rating, now: datetime, *, success: bool) -> Rating:
    """Return ``rating`` with one more piece of evidence."""
    worth = decayed(rating, now)
    if success:
        return attrs.evolve(worth, successes=worth.successes + 1)
    return attrs.evolve(worth, failures=worth.failures + 1)

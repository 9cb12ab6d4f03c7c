"""Guests who were sent away and may not come back for a while, by their alias. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import attrs

from worldvpn_core.errors import ConfigError

#: An alias lasts a day: with the next one the guest is somebody else.
USUAL: Final = timedelta(days=1)
MOST: Final = 1_024
LEAST_CHARACTERS: Final = 4


@attrs.frozen(kw_only=True)
class Ban:
    """``reason`` is stable ("kicked", or an offence); ``detail`` a sentence for the owner.

    ``session`` is one of the guest's that was ended so, by which the server knows it.
    """

    alias: str
    reason: str
    detail: str
    until: datetime
    session: str | None = None


@attrs.frozen
class Bans:
    """The newest last; the oldest go beyond ``MOST``."""

    every: tuple[Ban, ...] = ()

    def with_(self, ban: Ban) -> Bans:
        """Return them with ``ban``, in place of an older one of that guest."""
        others = tuple(each for each in self.every if each.alias != ban.alias)
        return Bans((*others, ban)[-MOST:])

    def standing(self, now: datetime) -> Bans:
        """Return those that are not over."""
        return Bans(tuple(each for each in self.every if each.until > now))

    def without(self, ban: Ban) -> Bans:
        """Return them without ``ban``."""
        return Bans(tuple(each for each in self.every if each != ban))

    def of(self, alias: str | None, now: datetime) -> Ban | None:
        """Return the ban that keeps ``alias`` out at ``now``; nobody knows who has none."""
        return next((each for each in self.every if each.alias == alias and each.until > now), None)


def meant(alias: str, present: frozenset[str], *, who: str = "nobody here") -> str:
    """Return the one of ``present`` that is ``alias``, or alone begins with it.

    ``who`` begins what is said where there is none.

    Raises:
        ConfigError: nobody is called so, or several are.
    """
    if alias in present:
        return alias
    found = [each for each in present if each.startswith(alias)]
    if len(alias) < LEAST_CHARACTERS or not found:
        raise ConfigError(f"{who} is called {alias[:32]!r}: see worldvpn share guests")
    if len(found) > 1:
        raise ConfigError(f"{len(found)} guests' names begin with {alias[:32]!r}: write more of it")
    return found[0]

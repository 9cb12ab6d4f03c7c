"""Where a ``connect`` goes: to a profile of one's own, or a place of the directory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from worldvpn_app.cli.countries import code_of
from worldvpn_app.cli.exits import CommandError, UsageError
from worldvpn_app.cli.snapshot import Snapshot

#: What marks a place where a profile's id could stand, too.
_PREFIX: Final = "@"
_FASTEST: Final = "fastest"
# As worldvpn_core.central.place reads it, whose import takes too long for every connect.
_CODE: Final = re.compile(r"[A-Za-z]{2}")
_CITY: Final = re.compile(r"[^/\x00-\x1f\x7f]{1,64}")
_NODE: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Target(NamedTuple):
    """Exactly one of them."""

    profile_id: str | None = None
    place: str | None = None

    @property
    def params(self) -> dict[str, object]:
        """What the daemon is asked with."""
        if self.place is not None:
            return {"place": self.place}
        return {"profile_id": self.profile_id}

    def is_shown_by(self, snapshot: Snapshot) -> bool:
        """Say whether the tunnel of ``snapshot`` goes there."""
        profile = snapshot["tunnel"]["profile"]
        meant = self.profile_id if self.place is None else f"{_PREFIX}{self.place}"
        return profile is not None and profile["id"] == meant

    def __str__(self) -> str:
        return self.place or self.profile_id or ""


def choose(listed: Mapping[str, Any], wanted: str | None) -> Target:
    """Return what is meant: a known profile before a place, unsaid the last used one.

    Raises:
        CommandError: nothing is known that could be meant.
        UsageError: ``wanted`` is neither, or several are meant.
    """
    profiles: dict[str, str] = {each["id"]: each["name"] for each in listed["profiles"]}
    if wanted is None:
        return _unsaid(profiles, listed.get("last_used"))
    if wanted in profiles:
        return Target(profile_id=wanted)
    named = [key for key, name in profiles.items() if name.casefold() == wanted.casefold()]
    if len(named) > 1:
        raise UsageError(
            f"several profiles are called {wanted!r}: choose by id from {', '.join(profiles)}"
        )
    if named:
        return Target(profile_id=named[0])
    place = place_of(wanted)
    if place is None:
        raise UsageError(_neither(wanted, profiles))
    return Target(place=place)


def place_of(text: str) -> str | None:
    """Return the place that ``text`` names, as the daemon reads it; None: it names none. Pure."""
    plain = text.strip()
    if plain.lower() == _FASTEST or _NODE.fullmatch(plain.lower()):
        return plain.lower()
    country, slash, city = plain.partition("/")
    known = code_of(country) or (country.upper() if _CODE.fullmatch(country) else None)
    if known is None:
        return None
    if not slash:
        return known
    return f"{known}/{city.strip()}" if _CITY.fullmatch(city.strip()) else None


def _unsaid(profiles: Mapping[str, str], last: str | None) -> Target:
    if last is not None and last.startswith(_PREFIX):
        return Target(place=last.removeprefix(_PREFIX))
    if last in profiles:
        return Target(profile_id=last)
    if not profiles:
        raise CommandError(
            "config",
            "there are no profiles: bring one with `worldvpn import FILE`,"
            " or sign in with `worldvpn login` and say `worldvpn connect fastest`",
        )
    if len(profiles) > 1:
        raise UsageError(f"say which profile to connect: {', '.join(profiles)}")
    return Target(profile_id=next(iter(profiles)))


def _neither(wanted: str, profiles: Mapping[str, str]) -> str:
    known = f"a profile ({', '.join(profiles)}), " if profiles else ""
    return (
        f"no profile is called {wanted!r}, and no place: say {known}fastest, a country (DE),"
        " a city (DE/Berlin) or a node's id (worldvpn nodes)"
    )

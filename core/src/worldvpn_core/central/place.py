"""Where a user wants to come out: the one grammar of the command line, settings and journal."""

from __future__ import annotations

import enum
import re
from typing import Final, Self

import attrs

from worldvpn_core.errors import ConfigError

#: Marks a place where a profile's id could stand, too.
PREFIX: Final = "@"
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
#: No space at either end, for those are lost where a place is read.
_CITY: Final = re.compile(r"(?!\s)[^/\x00-\x1f\x7f]{1,64}(?<!\s)")
_NODE: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class PlaceKind(enum.StrEnum):
    """How a place is chosen."""

    FASTEST = "fastest"
    COUNTRY = "country"
    CITY = "city"
    NODE = "node"


@attrs.frozen(kw_only=True)
class Place:
    """A wish. ``country`` is ISO 3166-1 alpha-2; ``node`` a UUID in lower case."""

    kind: PlaceKind = PlaceKind.FASTEST
    country: str | None = None
    city: str | None = None
    node: str | None = None

    def __attrs_post_init__(self) -> None:
        wanted = {
            PlaceKind.FASTEST: (False, False, False),
            PlaceKind.COUNTRY: (True, False, False),
            PlaceKind.CITY: (True, True, False),
            PlaceKind.NODE: (False, False, True),
        }[self.kind]
        if tuple(each is not None for each in (self.country, self.city, self.node)) != wanted:
            raise ValueError(f"a place of kind {self.kind} has other fields")
        for text, pattern in ((self.country, _COUNTRY), (self.city, _CITY), (self.node, _NODE)):
            if text is not None and not pattern.fullmatch(text):
                raise ValueError(f"{text[:64]!r} is no country, city or node")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "fastest", "DE", "DE/Berlin" or a node's UUID; case does not matter.

        Raises:
            ConfigError: it is none of these.
        """
        plain = text.strip()
        country, slash, city = plain.partition("/")
        try:
            if plain.lower() == PlaceKind.FASTEST:
                return cls()
            if _NODE.fullmatch(plain.lower()):
                return cls(kind=PlaceKind.NODE, node=plain.lower())
            # Other letters become two Latin capitals, too: a ligature is no country.
            country = country.upper() if country.isascii() else country
            if slash:
                return cls(kind=PlaceKind.CITY, country=country, city=city.strip())
            return cls(kind=PlaceKind.COUNTRY, country=country)
        except ValueError:
            raise ConfigError(
                f"{text[:64]!r} is no place: say fastest, a country (DE), a city (DE/Berlin) "
                "or a node's id"
            ) from None

    def __str__(self) -> str:
        match self.kind:
            case PlaceKind.CITY:
                return f"{self.country}/{self.city}"
            case PlaceKind.COUNTRY | PlaceKind.NODE:
                return self.country or self.node or ""
            case PlaceKind.FASTEST:
                return PlaceKind.FASTEST.value

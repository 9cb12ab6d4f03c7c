"""The world that is shipped with the app: land to draw, and where each country is."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Final

import attrs

from worldvpn_app.gui.map.projection import plane

Point = tuple[float, float]
_PARTS: Final = 100.0


@attrs.frozen(kw_only=True)
class Country:
    """A country: its name, and the widest disc found inside its largest part."""

    code: str
    name: str
    lon_deg: float
    lat_deg: float
    radius_deg: float


@attrs.frozen(kw_only=True)
class World:
    """Everything the map knows without the directory."""

    #: By ISO 3166 code, or by name where there is none: rings on the plane.
    land: Mapping[str, Sequence[Sequence[Point]]]
    countries: Mapping[str, Country]


@functools.cache
def world() -> World:
    """Read the data once; it is part of the distribution (scripts/world.py)."""
    raw = json.loads(resources.files(__package__).joinpath("world.json").read_text("utf-8"))
    return World(
        land={
            code: [[plane(lon, lat) for lon, lat in _unpacked(ring)] for ring in rings]
            for code, rings in raw["land"].items()
        },
        countries={
            code: Country(code=code, name=name, lon_deg=lon, lat_deg=lat, radius_deg=radius)
            for code, name, lon, lat, radius in raw["countries"]
        },
    )


def _unpacked(ring: Sequence[int]) -> Iterator[Point]:
    """Yield the points, in degrees, of a ring that is kept as steps."""
    x = y = 0
    for dx, dy in zip(ring[::2], ring[1::2], strict=True):
        x, y = x + dx, y + dy
        yield x / _PARTS, y / _PARTS

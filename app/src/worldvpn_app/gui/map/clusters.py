"""Which nodes share a mark: those that would stand too near each other at this zoom."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

from worldvpn_app.gui.map.projection import plane
from worldvpn_app.gui.map.world import Country

#: Marks nearer than this are joined.
JOINED_PX: Final = 40.0
#: So far others stand from the current and the selected node.
PUSHED_PX: Final = 36.0
_SINGLE_PX: Final = 5.5
_LEAST_PX, _GROWTH_PX = 10.0, 3.2
#: Two marks stand at least 40 px apart, so that wider ones would hide each other.
_MOST_PX: Final = 24.0
_HASH_MOST: Final = 2**32


@attrs.frozen(kw_only=True)
class Spot:
    """A node's place on the plane, in globe radii."""

    node: str
    x: float
    y: float


@attrs.frozen(kw_only=True)
class Mark:
    """One or several nodes at one point of the plane."""

    nodes: tuple[str, ...]
    x: float
    y: float

    @property
    def radius_px(self) -> float:
        """Half the width at which it is drawn."""
        if len(self.nodes) == 1:
            return _SINGLE_PX
        return min(_LEAST_PX + _GROWTH_PX * math.sqrt(len(self.nodes)), _MOST_PX)


def spot(node: str, country: Country) -> Spot:
    """Place ``node`` in ``country``: always at the same point, drawn from its id. Pure.

    The directory tells country and city only, so that the point claims no more than the
    country; it spreads the nodes so that zooming in takes them apart.
    """
    digest = hashlib.blake2b(node.encode(), digest_size=8).digest()
    turn = int.from_bytes(digest[:4], "big") / _HASH_MOST * math.tau
    away_deg = math.sqrt(int.from_bytes(digest[4:], "big") / _HASH_MOST) * country.radius_deg * 0.9
    squeeze = max(math.cos(math.radians(country.lat_deg)), 0.05)
    x, y = plane(
        country.lon_deg + away_deg * math.cos(turn) / squeeze,
        country.lat_deg + away_deg * math.sin(turn),
    )
    return Spot(node=node, x=x, y=y)


def spots(places: Mapping[str, str], countries: Mapping[str, Country]) -> list[Spot]:
    """Place each node of ``places`` (id to country code); of an unknown country, nowhere. Pure."""
    return [spot(node, countries[code]) for node, code in places.items() if code in countries]


def marks(
    all_spots: Iterable[Spot], px_per_radius: float, apart: frozenset[str] = frozenset()
) -> Sequence[Mark]:
    """Join ``all_spots`` at a zoom of ``px_per_radius``. Pure.

    Each node is in one mark. Every mark stands where its first node (by id) is, so that it does
    not wander while others come and go; any two are ``JOINED_PX`` apart. The nodes of ``apart``
    (the current one, the selected one) have a mark of their own wherever they are.
    """
    alone: list[Mark] = []
    cells: dict[tuple[int, int], list[tuple[float, float, list[str]]]] = {}
    leaders: list[tuple[float, float, list[str]]] = []
    cell = JOINED_PX / px_per_radius
    for one in sorted(all_spots, key=lambda spot: spot.node):
        if one.node in apart:
            alone.append(Mark(nodes=(one.node,), x=one.x, y=one.y))
            continue
        column, row = math.floor(one.x / cell), math.floor(one.y / cell)
        near = [
            (math.hypot(one.x - leader[0], one.y - leader[1]), leader)
            for across in (column - 1, column, column + 1)
            for down in (row - 1, row, row + 1)
            for leader in cells.get((across, down), ())
        ]
        distance, leader = min(near, key=lambda pair: pair[0], default=(math.inf, None))
        if leader is not None and distance < cell:
            leader[2].append(one.node)
        else:
            fresh = (one.x, one.y, [one.node])
            cells.setdefault((column, row), []).append(fresh)
            leaders.append(fresh)
    joined = (Mark(nodes=tuple(names), x=x, y=y) for x, y, names in leaders)
    return [*(_aside(mark, alone, PUSHED_PX / px_per_radius) for mark in joined), *alone]


def _aside(mark: Mark, alone: Sequence[Mark], least: float) -> Mark:
    """Return ``mark`` moved out of the way of what stands ``alone``."""
    for other in alone:
        right, down = mark.x - other.x, mark.y - other.y
        distance = math.hypot(right, down)
        if distance < least:
            right, down = (right, down) if distance else (least, 0.0)
            grown = least / (distance or least)
            mark = attrs.evolve(mark, x=other.x + right * grown, y=other.y + down * grown)
    return mark

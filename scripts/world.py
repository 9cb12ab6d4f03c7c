"""Make the map's data from Natural Earth: ``scripts/world.py 110m.json 50m.json codes.json``.

The first two are countries-110m.json and countries-50m.json of the npm package world-atlas 2.0.2
(Natural Earth, public domain), the third is codes.json of i18n-iso-countries (pairs of ISO 3166
codes). Written to standard output: land as rings in hundredths of a degree, each point but the
first as the way from the one before, cut at 180 degrees; and for each country its code, its name,
and the middle and radius of the widest disc found inside its largest part.
"""

from __future__ import annotations

import json
import math
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

Point = tuple[float, float]
_STEPS: Final = 24
_TURN: Final = 360.0
_HALF: Final = 180.0
#: Numbers of the smallest closed ring, a triangle.
_FEWEST: Final = 8
_DATELESS: Final = {"Kosovo": "XK"}  # Natural Earth gives it no number


def main() -> None:
    """Read the three files and write the map."""
    coarse, fine, codes = (json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:4])
    alpha2 = {number: short for short, _, number, *_ in codes}
    outlines = {}
    for name, code, rings in _countries(coarse, alpha2):
        packed = map(_packed, rings)
        outlines[code or name] = [ring for ring in packed if len(ring) >= _FEWEST]
    places = [_place(name, code, rings) for name, code, rings in _countries(fine, alpha2) if code]
    unique = {place[0]: place for place in sorted(places, key=lambda place: place[4])}
    world = {"land": outlines, "countries": sorted(unique.values())}
    json.dump(world, sys.stdout, ensure_ascii=False, separators=(",", ":"))


def _countries(
    topology: dict[str, Any], alpha2: dict[str, str]
) -> list[tuple[str, str, list[list[Point]]]]:
    arcs = [_arc(arc, topology["transform"]) for arc in topology["arcs"]]
    found = []
    for shape in topology["objects"]["countries"]["geometries"]:
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        rings = [
            part
            for polygon in polygons
            for ring in polygon
            for part in _cut(_unwrapped(_joined(ring, arcs)))
        ]
        name = shape["properties"]["name"]
        code = alpha2.get(shape.get("id", ""), _DATELESS.get(name, ""))
        found.append((name, code, rings))
    return found


def _arc(steps: list[list[int]], transform: dict[str, list[float]]) -> list[Point]:
    x = y = 0
    points = []
    for dx, dy in steps:
        x, y = x + dx, y + dy
        points.append(
            (
                x * transform["scale"][0] + transform["translate"][0],
                y * transform["scale"][1] + transform["translate"][1],
            )
        )
    return points


def _joined(ring: list[int], arcs: list[list[Point]]) -> list[Point]:
    points: list[Point] = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points.extend(arc if not points else arc[1:])
    return points


def _unwrapped(ring: list[Point]) -> list[Point]:
    """Go round without a jump at the date line; round a pole, close over it."""
    out = [ring[0]]
    for lon, lat in ring[1:]:
        turns = round((out[-1][0] - lon) / _TURN)
        out.append((lon + turns * _TURN, lat))
    if abs(out[-1][0] - out[0][0]) > _HALF:
        pole = math.copysign(90.0, out[0][1])
        out += [(out[-1][0], pole), (out[0][0], pole), out[0]]
    return out


def _cut(ring: list[Point]) -> list[list[Point]]:
    low, high = min(lon for lon, _ in ring), max(lon for lon, _ in ring)
    parts = []
    for turn in (-_TURN, 0.0, _TURN):
        if low + turn < _HALF and high + turn > -_HALF:
            moved = [(lon + turn, lat) for lon, lat in ring]
            part = _half(_half(moved, _HALF, 1), -_HALF, -1)
            if part:
                parts.append(part)
    return parts


def _half(ring: list[Point], edge: float, sign: int) -> list[Point]:
    out: list[Point] = []
    for (lon, lat), (lon2, lat2) in pairwise(ring):
        inside, inside2 = sign * lon <= sign * edge, sign * lon2 <= sign * edge
        if inside:
            out.append((lon, lat))
        if inside != inside2:
            out.append((edge, lat + (lat2 - lat) * (edge - lon) / (lon2 - lon)))
    return [*out, out[0]] if out else out


def _packed(ring: list[Point]) -> list[int]:
    packed: list[int] = []
    x = y = 0
    for lon, lat in ring:
        to_x, to_y = round(lon * 100), round(lat * 100)
        if not packed or (to_x, to_y) != (x, y):
            packed += [to_x - x, to_y - y]
        x, y = to_x, to_y
    return packed


def _place(name: str, code: str, rings: list[list[Point]]) -> tuple[str, str, float, float, float]:
    ring = max(rings, key=_area)
    best = (ring[0][0], ring[0][1], 0.0)
    lons, lats = [lon for lon, _ in ring], [lat for _, lat in ring]
    middle = sum(lons) / len(lons), sum(lats) / len(lats)
    span = max(max(lons) - min(lons), max(lats) - min(lats))
    for step in range(1, _STEPS):
        for other in range(1, _STEPS):
            lon = min(lons) + (max(lons) - min(lons)) * step / _STEPS
            lat = min(lats) + (max(lats) - min(lats)) * other / _STEPS
            # A little for nearness to the middle, so that a long country is marked there.
            pull = 0.05 * math.dist((lon, lat), middle) / (span or 1)
            if _inside(ring, lon, lat):
                radius = _clear(ring, lon, lat) * (1 - pull)
                if radius > best[2]:
                    best = (lon, lat, radius)
    return code, name, round(best[0], 2), round(best[1], 2), round(best[2], 2)


def _area(ring: list[Point]) -> float:
    squeeze = math.cos(math.radians(ring[0][1]))
    return abs(sum(x * y2 - x2 * y for (x, y), (x2, y2) in pairwise(ring))) * squeeze


def _inside(ring: list[Point], lon: float, lat: float) -> bool:
    inside = False
    for (x, y), (x2, y2) in pairwise(ring):
        if (y > lat) != (y2 > lat) and lon < (x2 - x) * (lat - y) / (y2 - y) + x:
            inside = not inside
    return inside


def _clear(ring: list[Point], lon: float, lat: float) -> float:
    """How far the border is, in degrees of latitude."""
    squeeze = math.cos(math.radians(lat))
    nearest = _HALF
    for (x, y), (x2, y2) in pairwise(ring):
        ax, ay, bx, by = (x - lon) * squeeze, y - lat, (x2 - lon) * squeeze, y2 - lat
        length = (bx - ax) ** 2 + (by - ay) ** 2
        along = (
            0.0 if not length else max(0.0, min(1.0, -(ax * (bx - ax) + ay * (by - ay)) / length))
        )
        nearest = min(nearest, math.hypot(ax + along * (bx - ax), ay + along * (by - ay)))
    return nearest


if __name__ == "__main__":
    main()

"""Small line charts in SVG: one a figure, over counts on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import attrs

_COLUMNS: Final = 3
_WIDTH: Final = 260
_HEIGHT: Final = 170
_LEFT: Final = 34
_RIGHT: Final = 34
_TOP: Final = 52
_BOTTOM: Final = 34
_FONT: Final = "system-ui, sans-serif"
_INK: Final = "#24303d"
_FAINT: Final = "#8a97a6"
_LINE: Final = "#1f6feb"


@attrs.frozen
class Panel:
    """One chart: what, in which unit, over what, and the points; the value axis starts at 0."""

    title: str
    unit: str
    over: str
    points: Sequence[tuple[int, float]]


def drawn(panels: Sequence[Panel]) -> str:
    """Return ``panels`` as one picture. Pure."""
    rows = math.ceil(len(panels) / _COLUMNS)
    width, height = _COLUMNS * _WIDTH, rows * _HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        f' width="{width}" height="{height}" role="img" aria-label="Cost curves">',
        f'<rect width="{width}" height="{height}" rx="10" fill="#ffffff"/>',
        f'<g font-family="{_FONT}" font-size="11" fill="{_INK}">',
    ]
    for number, panel in enumerate(panels):
        row, column = divmod(number, _COLUMNS)
        parts.append(f'<g transform="translate({column * _WIDTH} {row * _HEIGHT})">')
        parts += _panel(panel)
        parts.append("</g>")
    return "\n".join([*parts, "</g></svg>", ""])


def _panel(panel: Panel) -> Iterator[str]:
    places = list(_places(panel.points))
    floor = _HEIGHT - _BOTTOM
    yield f'<text x="{_LEFT}" y="26" font-size="13" font-weight="600">{panel.title}</text>'
    yield f'<path d="M{_LEFT - 14} {floor}H{_WIDTH - _RIGHT + 14}" stroke="{_FAINT}"/>'
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{way}" fill="none" stroke="{_LINE}" stroke-width="2"/>'
    for (count, value), (x, y) in zip(panel.points, places, strict=True):
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{_LINE}"/>'
        yield (
            f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle">'
            f"{_short(value)} {panel.unit}</text>"
        )
        yield (
            f'<text x="{x:.1f}" y="{floor + 16}" text-anchor="middle" fill="{_FAINT}">'
            f"{count:,}</text>"
        )
    yield (
        f'<text x="{_WIDTH - _RIGHT + 14}" y="26" text-anchor="end" fill="{_FAINT}">'
        f"by {panel.over}</text>"
    )


def _places(points: Sequence[tuple[int, float]]) -> Iterator[tuple[float, float]]:
    first, last = (math.log10(count) for count, _ in (points[0], points[-1]))
    most = max(value for _, value in points)
    for count, value in points:
        share = (math.log10(count) - first) / (last - first)
        yield (
            _LEFT + share * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - value / most * (_HEIGHT - _TOP - _BOTTOM),
        )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

"""A plot of curves as an SVG file: both axes logarithmic, one panel for each curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

import attrs

_WIDE: Final = 250
_HIGH: Final = 170
_EDGE: Final = 34
_COLUMNS: Final = 3
_STYLE: Final = (
    "text{font:11px sans-serif;fill:#333}.line{fill:none;stroke:#1f6feb;stroke-width:2}"
    "circle{fill:#1f6feb}.frame{fill:#fff;stroke:#bbb}"
)


@attrs.frozen
class Curve:
    """What one figure came to at each count."""

    name: str
    counts: Sequence[int]
    figures: Sequence[float]


def drawn(curves: Sequence[Curve]) -> str:
    """Return an SVG document of ``curves``. Pure."""
    rows = -(-len(curves) // _COLUMNS)
    panels = "\n".join(
        _panel(each, number % _COLUMNS * _WIDE, number // _COLUMNS * _HIGH)
        for number, each in enumerate(curves)
    )
    size = f'width="{_WIDE * _COLUMNS}" height="{_HIGH * rows}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{_STYLE}</style>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{panels}\n</svg>\n'
    )


def _panel(curve: Curve, left: int, top: int) -> str:
    across = _WIDE - 2 * _EDGE
    down = _HIGH - 2 * _EDGE
    first, last = math.log10(curve.counts[0]), math.log10(curve.counts[-1])
    low = math.floor(math.log10(min(curve.figures)))
    high = max(low + 1, math.ceil(math.log10(max(curve.figures))))
    points = [
        (
            left + _EDGE + across * (math.log10(count) - first) / ((last - first) or 1),
            top + _HIGH - _EDGE - down * (math.log10(figure) - low) / (high - low),
            count,
            figure,
        )
        for count, figure in zip(curve.counts, curve.figures, strict=True)
    ]
    words = [
        (
            f'<rect class="frame" x="{left + _EDGE}" y="{top + _EDGE}" width="{across}"'
            f' height="{down}"/>'
        ),
        f'<text x="{left + _EDGE}" y="{top + _EDGE - 8}">{escape(curve.name)}</text>',
        f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y, *_ in points)}"/>',
    ]
    for x, y, count, figure in points:
        words += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>',
            f'<text x="{x:.1f}" y="{y - 7:.1f}" text-anchor="middle">{figure:,.3g}</text>',
            (
                f'<text x="{x:.1f}" y="{top + _HIGH - _EDGE + 14}" text-anchor="middle">'
                f"10{_raised(count)}</text>"
            ),
        ]
    return "\n".join(words)


def _raised(count: int) -> str:
    """Return the exponent of ten as superscript digits."""
    return f"{math.log10(count):.3g}".translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))

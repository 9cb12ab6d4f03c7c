"""Amounts over time, drawn with characters. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: As many columns as fit a terminal of 80, beside the scale.
MOST_COLUMNS: Final = 60
_EIGHTHS: Final = 8
_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_PLAIN: Final = "    #####"


def grouped(amounts: Sequence[int]) -> tuple[list[int], int]:
    """Return at most ``MOST_COLUMNS`` sums, and of how many ``amounts`` each is.

    The last one is whole: what does not fill a group is at the beginning.
    """
    size = max(-(-len(amounts) // MOST_COLUMNS), 1)
    ends = range(len(amounts), 0, -size)
    return [sum(amounts[max(end - size, 0) : end]) for end in ends][::-1], size


def bars(amounts: Sequence[int], rows: int, *, blocks: bool) -> list[str]:
    """Return ``rows`` lines, the top one first, with a bar for each of ``amounts``.

    The largest reaches the top. Whatever is more than nothing is seen with ``blocks``;
    without them, bars are drawn by halves of a line.
    """
    most = max(amounts, default=0)
    heights = [_height(amount, most, rows) for amount in amounts]
    drawn = _BLOCKS if blocks else _PLAIN
    return [
        "".join(drawn[min(max(height - floor, 0), _EIGHTHS)] for height in heights).rstrip()
        for floor in range((rows - 1) * _EIGHTHS, -1, -_EIGHTHS)
    ]


def _height(amount: int, most: int, rows: int) -> int:
    """Return the height of a bar in eighths of a line."""
    if amount <= 0:
        return 0
    return max(amount * rows * _EIGHTHS // most, 1)

"""Which mark an arrow key goes to, and which labels there is room for."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs
from PyQt6.QtCore import Qt

from worldvpn_app.gui.map.clusters import Mark

#: What is aside counts so much more than what is ahead.
_ASIDE: Final = 2.0


class Way(enum.Enum):
    """A direction on the screen, as (x, y)."""

    LEFT = (-1, 0)
    RIGHT = (1, 0)
    UP = (0, -1)
    DOWN = (0, 1)


WAYS: Final[Mapping[int | None, Way]] = {
    Qt.Key.Key_Left: Way.LEFT,
    Qt.Key.Key_Right: Way.RIGHT,
    Qt.Key.Key_Up: Way.UP,
    Qt.Key.Key_Down: Way.DOWN,
}


@attrs.frozen(kw_only=True)
class Box:
    """A rectangle on the screen."""

    left: float
    top: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """Say whether both cover a point."""
        return (
            self.left < other.left + other.width
            and other.left < self.left + self.width
            and self.top < other.top + other.height
            and other.top < self.top + self.height
        )


def after(marks: Sequence[Mark], now: Mark | None, way: Way) -> Mark | None:
    """Return the mark to go to from ``now``; ``now`` itself where nothing lies that way. Pure.

    Without a mark to start from it is the one nearest to the middle of all.
    """
    if not marks:
        return None
    if now is None:
        x, y = (
            sum(values) / len(marks) for values in zip(*((m.x, m.y) for m in marks), strict=True)
        )
        return min(marks, key=lambda mark: ((mark.x - x) ** 2 + (mark.y - y) ** 2, mark.nodes))
    east, south = way.value
    best, least = now, (True, math.inf)
    for mark in marks:
        right, down = mark.x - now.x, mark.y - now.y
        ahead = right * east + down * south
        aside = abs(right * south) + abs(down * east)
        # Within a quarter turn first; beside it only where nothing else lies ahead.
        cost = (aside > ahead, ahead + _ASIDE * aside)
        if ahead > 0 and cost < least:
            best, least = mark, cost
    return best


def fitting(wanted: Iterable[Box], taken: Iterable[Box] = ()) -> list[Box]:
    """Return those of ``wanted``, first come first kept, that cover no other and none taken."""
    kept: list[Box] = []
    blocked = list(taken)
    for box in wanted:
        if not any(box.meets(other) for other in blocked):
            kept.append(box)
            blocked.append(box)
    return kept

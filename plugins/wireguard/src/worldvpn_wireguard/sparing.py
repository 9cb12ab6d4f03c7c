"""How much an engine may say: it complains once a packet, and anyone can send packets."""

from __future__ import annotations

from typing import Final

PERIOD_S: Final = 10.0
MOST_LINES: Final = 10


class Sparing:
    """Lets ``MOST_LINES`` pass in each ``PERIOD_S``, and counts the others. Pure."""

    def __init__(self) -> None:
        self._began_s = float("-inf")
        self._passed = 0
        self._withheld = 0

    def withheld_before(self, now_s: float) -> int | None:
        """Return how many lines were withheld before this one; None: withhold it, too."""
        if now_s - self._began_s >= PERIOD_S:
            self._began_s, self._passed = now_s, 0
        if self._passed >= MOST_LINES:
            self._withheld += 1
            return None
        self._passed += 1
        withheld, self._withheld = self._withheld, 0
        return withheld

"""The unit of credit: integers only, divided nowhere but where they are shown.

One credit is 1 MiB used. Using costs 5 ticks a byte and sharing earns 6, a fifth more exactly.
"""

from __future__ import annotations

from typing import Final

MEBIBYTE: Final = 1_048_576
PRICE_TICKS: Final = 5
REWARD_TICKS: Final = 6
#: Ticks in one credit.
CREDIT_TICKS: Final = PRICE_TICKS * MEBIBYTE


def credits_of(ticks: int) -> int:
    """Return whole credits in ``ticks``, rounded down: never more is shown than is there."""
    return ticks // CREDIT_TICKS

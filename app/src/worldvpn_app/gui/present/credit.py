"""When to warn that credit is running out: at 25, 10 and 5 % of what there was. Pure."""

from __future__ import annotations

from typing import Final

import attrs

#: In percent of the most that there was.
THRESHOLDS: Final = (5, 10, 25)
_NONE: Final = 100
#: A threshold is left behind again once there is a fifth more than it says.
_LEFT_PERCENT: Final = 120


@attrs.frozen(kw_only=True)
class Mark:
    """What is remembered of an account's credit between warnings."""

    #: Whose it is.
    username: str
    #: The most that there was, in whole credits.
    most: int = 0
    #: The lowest threshold that was warned of, in percent; 100: none.
    told: int = _NONE


def warned(mark: Mark, username: str, credits_left: int) -> tuple[Mark, int | None]:
    """Return what to remember, and the threshold to warn of, each once a crossing; None: none.

    A jump over several is one warning, of the lowest; at zero it is the tunnel that says so.
    """
    if mark.username != username:
        mark = Mark(username=username)
    most = max(mark.most, credits_left)
    told = mark.told
    while told != _NONE and credits_left * 100 * 100 > told * _LEFT_PERCENT * most:
        told = next((each for each in THRESHOLDS if each > told), _NONE)
    level = next((each for each in THRESHOLDS if credits_left * 100 <= each * most), _NONE)
    is_crossed = level < told and credits_left > 0
    kept = Mark(username=username, most=most, told=min(told, level))
    return kept, level if is_crossed else None

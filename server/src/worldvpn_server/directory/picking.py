"""Who is tried first: power of two choices among the good. Pure but for its dice.

Of two drawn at random the less busy one comes first (Mitzenmacher 2001): nearly as even as asking
all of them, while the best node by rank is not run over by everybody who asks at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from worldvpn_server.directory.values import PROBATION_GUESTS, Candidate

#: How far below the best reputation a node still is one of the good.
_GOOD: Final = 15.0
#: One newcomer for so many others: they have to be tried, but not by everybody.
_NEWCOMERS: Final = 8


def tried(found: Sequence[Candidate], most: int, dice: Random) -> list[Candidate]:
    """Return at most ``most`` of ``found`` in the order in which to try them.

    The good and their share of newcomers come first; the others only when those do not do.
    """
    known = [each for each in found if not each.on_probation]
    fresh = [each for each in found if each.on_probation]
    best = max((each.reputation for each in known), default=0.0)
    good = [each for each in known if each.reputation >= best - _GOOD]
    share = max(1, len(good) // _NEWCOMERS) if good else len(fresh)
    newcomers = dice.sample(fresh, min(share, len(fresh)))
    chosen = {each.id for each in (*good, *newcomers)}
    rest = [each for each in found if each.id not in chosen]
    return [*_by_two([*good, *newcomers], most, dice), *rest][:most]


def load(node: Candidate) -> float:
    """Return how full a node is, from 0 to 1."""
    room = min(node.most_guests, PROBATION_GUESTS) if node.on_probation else node.most_guests
    return node.guests / room


def _by_two(pool: list[Candidate], most: int, dice: Random) -> list[Candidate]:
    chosen: list[Candidate] = []
    while pool and len(chosen) < most:
        pair = dice.sample(pool, min(2, len(pool)))
        taken = min(pair, key=load)
        pool.remove(taken)
        chosen.append(taken)
    return chosen

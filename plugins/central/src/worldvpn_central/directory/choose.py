"""Chooses which nodes to ask for a session: power of two choices among the good ones. Pure.

Of two drawn at random the better one is taken (Mitzenmacher 2001): close to the best, and yet not
everybody who asks at once comes to the top row's node.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from random import Random
from typing import Final
from uuid import UUID

from worldvpn_central.directory.view import View
from worldvpn_core.catalogue import Entry, Load
from worldvpn_core.central.place import Place, PlaceKind
from worldvpn_core.central.tried import US_A_MS, Measured

MOST_CANDIDATES: Final = 3
#: What being busy is worth in milliseconds; a point of reputation is worth one.
_LOAD_MS: Final[Mapping[Load, float]] = {
    Load.FREE: 0.0,
    Load.IN_USE: 10.0,
    Load.BUSY: 40.0,
    Load.FULL: 80.0,
}
_BEST_REPUTATION: Final = 100
#: The good are those hardly worse than the best, but never fewer than so many.
_MARGIN_MS: Final = 25.0
_FEWEST_GOOD: Final = 8
#: What a node is worth less, in milliseconds, that has failed for each of 100 times.
_FAILING_MS: Final = 2.0


def candidates(  # noqa: PLR0913, PLR0917 - each is of another kind
    view: View,
    place: Place,
    protocol: str,
    avoided: Collection[str],
    favourites: Collection[str],
    measured: Iterable[Measured],
    random: Random,
) -> tuple[str, ...]:
    """Return at most three nodes in the order in which to ask for them.

    ``avoided`` are never among them: blocked ones, the user's own, those that have just failed.
    ``favourites`` come first where there is room on them. ``measured`` is what own tunnels have
    shown: their latency counts instead of the directory's, and failing counts against a node.
    A node that is asked for by its id is returned though the directory has never heard of it.
    """
    if place.kind is PlaceKind.NODE and place.node is not None:
        known = UUID(place.node) in view.by_id
        wrong = place.node in avoided or (known and not view.matching(place, protocol))
        return () if wrong else (place.node,)
    never = {UUID(each) for each in avoided}
    first = {UUID(each) for each in favourites}
    own = {UUID(each.node_id): each for each in measured}
    fitting = [each for each in view.matching(place, protocol) if each.id not in never]
    roomy = [each for each in fitting if each.load is not Load.FULL] or fitting
    liked = [each for each in roomy if each.id in first]
    others = [each for each in roomy if each.id not in first]
    if place.kind is not PlaceKind.CITY:
        others = _proven(others, nothing_else=not liked)
    chosen: list[Entry] = []
    for pool in (liked, others):
        costs = [(_cost(node, own.get(node.id), view.median_ms), node) for node in pool]
        chosen += _by_two(_good(costs), MOST_CANDIDATES - len(chosen), random)
    return tuple(str(each.id) for each in chosen)


_Costs = list[tuple[float, Entry]]


def _proven(nodes: list[Entry], *, nothing_else: bool) -> list[Entry]:
    """Return those not on probation, or the others where there is nothing else."""
    proven = [each for each in nodes if not each.on_probation]
    return nodes if nothing_else and not proven else proven


def _cost(node: Entry, own: Measured | None, unknown_ms: float) -> float:
    latency_ms = unknown_ms if node.latency_ms is None else float(node.latency_ms)
    if own is not None and own.latency_us is not None:
        latency_ms = own.latency_us / US_A_MS
    failing_ms = 0.0 if own is None else _FAILING_MS * own.failing_percent
    return latency_ms + failing_ms + _LOAD_MS[node.load] + _BEST_REPUTATION - node.reputation


def _good(costs: _Costs) -> _Costs:
    ordered = sorted(costs, key=lambda pair: pair[0])
    if len(ordered) <= _FEWEST_GOOD:
        return ordered
    # Equals of the last one that comes in come in, too.
    limit = max(ordered[0][0] + _MARGIN_MS, ordered[_FEWEST_GOOD - 1][0])
    return [pair for pair in ordered if pair[0] <= limit]


def _by_two(pool: _Costs, most: int, random: Random) -> list[Entry]:
    left = list(pool)
    chosen: list[Entry] = []
    while left and len(chosen) < most:
        pair = random.sample(left, min(2, len(left)))
        taken = min(pair, key=lambda each: each[0])
        left.remove(taken)
        chosen.append(taken[1])
    return chosen

"""Whether a node's owner can tell that two sessions on different days were the same guest's.

The measure is the area under the ROC curve of the best of several ways to compare two sessions:
0.5 is guessing. Only sessions on the same node are compared: an owner sees no others.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final

import attrs
import pytest

from tests.server.transparency.habits import DAYS, USERS, Seen, month

_MOST: Final = 0.55
_PAIRS: Final = 20_000

Pair = tuple[Seen, Seen]
Likeness = Callable[[Seen, Seen], float]


@attrs.frozen
class Month:
    """A month of sessions, and pairs of them that are one guest's, and that are two guests'."""

    seen: Sequence[Seen]
    same: Sequence[Pair]
    other: Sequence[Pair]


@pytest.fixture(scope="module")
def observed() -> Month:
    dice = random.Random(20_270_104)  # noqa: S311 - the same every time
    seen = month(dice)
    by_node: dict[object, list[Seen]] = defaultdict(list)
    by_guest: dict[object, list[Seen]] = defaultdict(list)
    for each in seen:
        by_node[each.node].append(each)
        by_guest[each.node, each.user].append(each)
    same = [pair for each in by_guest.values() for pair in combinations(each, 2)]
    other: list[Pair] = []
    while len(other) < _PAIRS:
        one, two = dice.sample(by_node[dice.choice(seen).node], 2)
        if one.user != two.user and one.day != two.day:
            other.append((one, two))
    return Month(seen, dice.sample(same, _PAIRS), other)


def _auc(observed: Month, alike: Likeness) -> float:
    """Return how often a pair of one guest looks more alike than a pair of two; ties count half."""
    scores = Counter((alike(*pair), True) for pair in observed.same)
    scores += Counter((alike(*pair), False) for pair in observed.other)
    below, won = 0, 0.0
    for score in sorted({score for score, _ in scores}):
        ours, theirs = scores[score, True], scores[score, False]
        won += ours * (below + theirs / 2)
        below += theirs
    return won / (len(observed.same) * len(observed.other))


def _hour(one: Seen, two: Seen) -> float:
    hours = abs((one.kept.started_at - two.kept.started_at).total_seconds()) / 3600 % 24
    return -min(hours, 24 - hours)


def _volume(one: Seen, two: Seen) -> float:
    return -abs(math.log((one.kept.bytes + 1) / (two.kept.bytes + 1)))


def _country(one: Seen, two: Seen) -> float:
    return one.kept.country == two.kept.country


def _alias(one: Seen, two: Seen) -> float:
    return one.kept.alias == two.kept.alias


def _alias_bits(one: Seen, two: Seen) -> float:
    unlike = int.from_bytes(one.kept.alias) ^ int.from_bytes(two.kept.alias)
    return -unlike.bit_count()


def _faded(seen: Sequence[Seen]) -> tuple[Likeness, ...]:
    """Return what can be compared once only the sum of each day of a node is left."""
    counts: Counter[object] = Counter()
    sums: Counter[object] = Counter()
    for each in seen:
        counts[each.node, each.day] += 1
        sums[each.node, each.day] += each.kept.bytes

    def sessions(one: Seen, two: Seen) -> float:
        return -abs(counts[one.node, one.day] - counts[two.node, two.day])

    def volume(one: Seen, two: Seen) -> float:
        return -abs(math.log((sums[one.node, one.day] + 1) / (sums[two.node, two.day] + 1)))

    def weekday(one: Seen, two: Seen) -> float:
        return one.day % 7 == two.day % 7

    def near(one: Seen, two: Seen) -> float:
        return -abs(one.day - two.day)

    def together(one: Seen, two: Seen) -> float:
        return volume(one, two) + sessions(one, two) / 10 + weekday(one, two) / 10

    return sessions, volume, weekday, near, together


def test_month_has_a_thousand_guests_that_come_again(observed: Month) -> None:
    assert len({each.user for each in observed.seen}) == USERS
    assert {each.day for each in observed.seen} == set(range(DAYS))


def test_alias_links_no_session_to_one_of_another_day(observed: Month) -> None:
    worst = max(abs(_auc(observed, each) - 0.5) for each in (_alias, _alias_bits))

    assert 0.5 + worst <= _MOST


def test_what_is_kept_of_days_past_links_no_sessions(observed: Month) -> None:
    found = {each.__name__: _auc(observed, each) for each in _faded(observed.seen)}

    assert {name: auc for name, auc in found.items() if abs(auc - 0.5) > _MOST - 0.5} == {}


def test_habits_would_link_sessions_if_their_rows_were_kept(observed: Month) -> None:
    """Rounding hides no habit: this is why rows are added up (and what a node can log itself)."""
    found = {each.__name__: _auc(observed, each) for each in (_hour, _volume, _country)}

    assert min(found.values()) > _MOST

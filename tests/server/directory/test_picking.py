"""Power of two choices: spread among the good, newcomers a little, the bad only at last."""

from __future__ import annotations

import random
from collections import Counter
from uuid import UUID

import attrs
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_server.directory.picking import load, tried
from worldvpn_server.directory.prefixes import inner_networks
from worldvpn_server.directory.values import Candidate, Protocol

_INNER4, _INNER6 = inner_networks(0)


def _node(number: int, reputation: float = 80.0, guests: int = 0, settled: int = 99) -> Candidate:
    return Candidate(
        id=UUID(int=number),
        account=UUID(int=number),
        device=None,
        country="DE",
        protocols=(Protocol.WIREGUARD,),
        x25519=None,
        inner4=_INNER4,
        inner6=_INNER6,
        bandwidth_mbps=50,
        most_guests=10,
        guests=guests,
        reputation=reputation,
        settled_sessions=settled,
    )


nodes = st.lists(
    st.builds(
        _node,
        st.integers(0, 10**6),
        st.floats(0, 100),
        st.integers(0, 9),
        st.sampled_from([0, 19, 20, 500]),
    ),
    max_size=30,
    unique_by=lambda each: each.id,
)


@given(nodes, st.integers(1, 40), st.integers())
def test_nobody_is_tried_twice_and_nobody_is_made_up(
    found: list[Candidate], most: int, seed: int
) -> None:
    order = tried(found, most, random.Random(seed))  # noqa: S311 - no secret

    assert len(order) == min(most, len(found))
    assert len(set(order)) == len(order)
    assert set(order) <= set(found)


def test_guests_spread_over_the_good_nodes() -> None:
    dice = random.Random(1)  # noqa: S311 - no secret
    town = {number: _node(number, reputation=70 + number % 10) for number in range(20)}
    for _ in range(100):
        first = tried(list(town.values()), 3, dice)[0]
        town[first.id.int] = attrs.evolve(first, guests=first.guests + 1)

    guests = [each.guests for each in town.values()]
    # Single choice leaves some with 10 or more; two choices stay close to the mean of 5.
    assert (max(guests) <= 7, min(guests) >= 2) == (True, True)


def test_bad_nodes_come_only_after_the_good() -> None:
    dice = random.Random(2)  # noqa: S311 - no secret
    good, bad = [_node(n) for n in range(3)], [_node(10 + n, reputation=30) for n in range(3)]

    assert set(tried([*bad, *good], 6, dice)[:3]) == set(good)


def test_newcomers_are_tried_by_few() -> None:
    dice = random.Random(3)  # noqa: S311 - no secret
    found = [
        *(_node(number, guests=5) for number in range(32)),
        *(_node(100 + number, reputation=50, settled=0) for number in range(16)),
    ]
    firsts = Counter(tried(found, 1, dice)[0].on_probation for _ in range(1_000))

    assert 50 < firsts[True] < 350


def test_newcomers_alone_are_tried_all_the_same() -> None:
    found = [_node(number, settled=0) for number in range(3)]

    assert len(tried(found, 3, random.Random(4))) == 3  # noqa: S311 - no secret


def test_newcomer_with_two_guests_is_full() -> None:
    assert load(_node(1, guests=2, settled=0)) == 1

"""Choosing nodes: none avoided, none full while one is free, spread, and the nearer more often."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Final
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.central.directory.directory import node, whole
from worldvpn_central.directory.choose import MOST_CANDIDATES, candidates
from worldvpn_central.directory.view import View, view_of
from worldvpn_core.catalogue import Entry, Load
from worldvpn_core.central.place import Place
from worldvpn_core.central.tried import Measured

_FASTEST: Final = Place()
_PLACES: Final = st.sampled_from([Place(), Place.parse("DE"), Place.parse("DE/Berlin")])


def _id(number: int) -> str:
    return str(UUID(int=number))


entries = st.lists(
    st.builds(
        node,
        st.integers(1, 40),
        country=st.sampled_from(["DE", "FR"]),
        city=st.sampled_from(["Berlin", "Paris"]),
        on_probation=st.booleans(),
        protocols=st.sampled_from([frozenset({"WireGuard"}), frozenset({"VLESS"})]),
        load=st.sampled_from(Load),
        reputation=st.integers(0, 100),
        latency_ms=st.none() | st.integers(0, 500),
    ),
    max_size=30,
    unique_by=lambda each: each.id,
)
some = st.frozensets(st.integers(1, 40), max_size=20).map(lambda ids: frozenset(map(_id, ids)))
figures = st.lists(
    st.builds(
        Measured,
        node_id=st.integers(1, 40).map(_id),
        latency_us=st.none() | st.integers(0, 10_000_000),
        failing_percent=st.integers(0, 100),
    ),
    max_size=9,
    unique_by=lambda each: each.node_id,
).map(tuple)


def _view(*nodes: Entry) -> View:
    return view_of([whole(nodes)])


@attrs.frozen(kw_only=True)
class _Wish:
    place: Place = _FASTEST
    avoided: frozenset[str] = frozenset()
    favourites: frozenset[str] = frozenset()
    measured: tuple[Measured, ...] = ()

    def of(self, view: View, seed: int) -> tuple[str, ...]:
        dice = Random(seed)  # noqa: S311 - a test repeats itself
        return candidates(
            view, self.place, "wireguard", self.avoided, self.favourites, self.measured, dice
        )

    def firsts(self, view: View, times: int) -> Counter[str]:
        """Return how often each node came first."""
        return Counter(chosen[0] for seed in range(times) if (chosen := self.of(view, seed)))


wishes = st.builds(_Wish, place=_PLACES, avoided=some, favourites=some, measured=figures)


@given(entries, wishes, st.integers())
def test_chosen_nodes_fit_are_not_avoided_and_have_room(
    nodes: list[Entry], wish: _Wish, seed: int
) -> None:
    chosen = wish.of(_view(*nodes), seed)

    by_id = {str(each.id): each for each in nodes}
    fitting = {
        name: each
        for name, each in by_id.items()
        if name not in wish.avoided
        and "WireGuard" in each.protocols
        and wish.place.country in {None, each.country}
        and wish.place.city in {None, each.city}
    }
    free = {name for name, each in fitting.items() if each.load is not Load.FULL}
    assert len(chosen) == len(set(chosen)) <= MOST_CANDIDATES
    assert set(chosen) <= (free or set(fitting))
    assert bool(chosen) == bool(fitting)


@given(entries, wishes, st.integers())
def test_node_on_probation_is_taken_for_nothing_else_or_as_a_favourite(
    nodes: list[Entry], wish: _Wish, seed: int
) -> None:
    wish = attrs.evolve(wish, place=_FASTEST)
    chosen = wish.of(_view(*nodes), seed)

    fresh = {str(each.id) for each in nodes if each.on_probation}
    strangers = [name for name in chosen if name not in wish.favourites]
    assert not fresh & {*strangers} or fresh >= {*chosen}


@given(entries, wishes, st.integers())
def test_favourites_with_room_come_before_others(
    nodes: list[Entry], wish: _Wish, seed: int
) -> None:
    chosen = wish.of(_view(*nodes), seed)

    liked = [name in wish.favourites for name in chosen]
    assert liked == sorted(liked, reverse=True)


@given(entries, wishes, st.integers())
def test_same_seed_chooses_the_same(nodes: list[Entry], wish: _Wish, seed: int) -> None:
    assert wish.of(_view(*nodes), seed) == wish.of(_view(*reversed(nodes)), seed)


@pytest.mark.parametrize("count", [2, 5, 8, 9, 40])
def test_load_spreads_among_equals(count: int) -> None:
    firsts = _Wish().firsts(_view(*(node(n) for n in range(1, count + 1))), 1_000)

    assert len(firsts) == count
    assert max(firsts.values()) <= 1_000 / count * 2


@pytest.mark.parametrize("count", [8, 20, 200])
def test_best_node_gets_no_more_than_its_two_chances(count: int) -> None:
    nodes = [node(n, latency_ms=20 + n // 10) for n in range(1, count + 1)]

    firsts = _Wish().firsts(_view(*nodes), 1_000)

    assert max(firsts.values()) <= 1_000 * 2.5 / count + 10


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 100))
def test_better_latency_wins_more_often(one_ms: int, other_ms: int, seed: int) -> None:
    near, far = min(one_ms, other_ms), max(one_ms, other_ms) + 1
    crowd = [node(n, latency_ms=near) for n in range(3, 8)]
    view = _view(node(1, latency_ms=near), node(2, latency_ms=far), *crowd)

    dice = range(1_000 * seed, 1_000 * seed + 60)
    firsts = Counter(_Wish().of(view, each)[0] for each in dice)

    assert firsts[_id(2)] == 0
    assert firsts[_id(1)] > 0


def test_far_nodes_are_not_among_the_good() -> None:
    near = [node(n, latency_ms=20) for n in range(1, 11)]
    far = [node(n, latency_ms=200) for n in range(11, 500)]

    firsts = _Wish().firsts(_view(*near, *far), 200)

    assert set(firsts) == {str(each.id) for each in near}


@pytest.mark.parametrize(
    "worse",
    [
        {"load": Load.BUSY},
        {"load": Load.IN_USE},
        {"reputation": 60},
        {"latency_ms": 90},
    ],
)
def test_of_two_the_better_one_is_first(worse: dict[str, object]) -> None:
    assert _Wish().of(_view(node(1), node(2, **worse)), 7) == (_id(1), _id(2))


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 499_000), st.integers())
def test_own_measurement_counts_for_more_than_the_directory(
    one_ms: int, other_ms: int, near_us: int, seed: int
) -> None:
    view = _view(node(1, latency_ms=one_ms), node(2, latency_ms=other_ms))

    wish = _Wish(measured=(_measured(1, near_us + 1_000), _measured(2, near_us)))

    assert wish.of(view, seed) == (_id(2), _id(1))


@given(st.integers(0, 400), st.integers(0, 400), st.integers())
def test_own_measurement_of_one_node_is_compared_with_what_is_said_of_the_other(
    own_ms: int, said_ms: int, seed: int
) -> None:
    view = _view(node(1, latency_ms=0), node(2, latency_ms=said_ms))

    first = _Wish(measured=(_measured(1, own_ms * 1_000),)).of(view, seed)[0]

    assert own_ms == said_ms or first == _id(1 if own_ms < said_ms else 2)


@pytest.mark.parametrize("place", ["DE", "DE/Berlin", "fastest"])
def test_measured_near_node_is_first_wherever_the_place_leaves_a_choice(place: str) -> None:
    view = _view(node(1, latency_ms=10), node(2, latency_ms=100))
    measured = (_measured(1, 150_000), _measured(2, 20_000))

    wish = _Wish(place=Place.parse(place), measured=measured)

    assert wish.of(view, 7) == (_id(2), _id(1))


@given(st.integers(1, 100), st.none() | st.integers(0, 10_000_000), st.integers())
def test_node_that_fails_comes_after_its_equal(
    failing_percent: int, latency_us: int | None, seed: int
) -> None:
    fails = Measured(node_id=_id(1), latency_us=latency_us, failing_percent=failing_percent)
    equal = Measured(node_id=_id(2), latency_us=latency_us)

    chosen = _Wish(measured=(fails, equal)).of(_view(node(1), node(2)), seed)

    assert chosen == (_id(2), _id(1))


def test_node_that_nearly_always_fails_is_worth_less_than_one_far_away() -> None:
    view = _view(node(1, latency_ms=10), node(2, latency_ms=190))

    wish = _Wish(measured=(Measured(node_id=_id(1), failing_percent=97),))

    assert wish.of(view, 7) == (_id(2), _id(1))


def _measured(number: int, latency_us: int) -> Measured:
    return Measured(node_id=_id(number), latency_us=latency_us)


def test_node_nobody_has_measured_counts_as_one_in_the_middle() -> None:
    view = _view(node(1, latency_ms=10), node(2, latency_ms=None), node(3, latency_ms=90))

    assert _Wish(avoided=frozenset({_id(1)})).of(view, 7) == (_id(2), _id(3))
    assert _Wish(avoided=frozenset({_id(3)})).of(view, 7) == (_id(1), _id(2))


def test_node_asked_for_by_its_id_is_the_only_one() -> None:
    view = _view(node(1, load=Load.FULL, on_probation=True), node(2))
    wish = _Wish(place=Place.parse(_id(1)), favourites=frozenset({_id(2)}))

    assert wish.of(view, 7) == (_id(1),)
    assert attrs.evolve(wish, avoided=frozenset({_id(1)})).of(view, 7) == ()
    assert attrs.evolve(wish, place=Place.parse(_id(9))).of(view, 7) == (_id(9),)
    assert wish.of(_view(node(1, protocols=frozenset({"VLESS"}))), 7) == ()

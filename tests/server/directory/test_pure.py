"""What decides without a database: countries, networks, reputation, latency."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.directory.conftest import NETWORKS
from worldvpn_server.directory.countries import REGIONS, Region, region_of
from worldvpn_server.directory.latency import MOST_MS, measured
from worldvpn_server.directory.prefixes import inner_networks
from worldvpn_server.directory.reputation import START, Rating, decayed, rated
from worldvpn_server.errors import InvalidError

_DAY_0 = datetime(2027, 1, 4, tzinfo=UTC)
_evidence = st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=60)


def _after(evidence: list[tuple[bool, float]]) -> Rating:
    rating, now = Rating(at=_DAY_0), _DAY_0
    for success, days in evidence:
        now += timedelta(days=days)
        rating = rated(rating, now, success=success)
    return rating


def test_every_country_of_iso_3166_has_one_region() -> None:
    assert Counter(REGIONS.values()) == {
        Region.AFRICA: 60,
        Region.AMERICAS: 57,
        Region.ASIA: 51,
        Region.EUROPE: 51,
        Region.OCEANIA: 29,
        Region.ANTARCTICA: 1,
    }


@pytest.mark.parametrize("text", ["", "de", "XX", "DEU", "ZZ", "D\0", "\ud800\ud800"])
def test_what_is_no_country_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        region_of(text)


def test_node_of_which_nothing_is_known_has_fifty() -> None:
    assert Rating(at=_DAY_0).score == START == 50


@given(_evidence)
def test_reputation_stays_within_its_scale(evidence: list[tuple[bool, float]]) -> None:
    assert 0 < _after(evidence).score < 100


@given(_evidence, st.floats(0, 30))
def test_success_never_lowers_reputation_and_failure_never_raises_it(
    evidence: list[tuple[bool, float]], days: float
) -> None:
    rating = _after(evidence)
    now = rating.at + timedelta(days=days)
    before = decayed(rating, now).score

    assert rated(rating, now, success=False).score < before < rated(rating, now, success=True).score


@given(_evidence, st.floats(0, 400), st.floats(0, 400))
def test_evidence_fades_towards_fifty_however_often_it_is_looked_at(
    evidence: list[tuple[bool, float]], first: float, second: float
) -> None:
    rating = _after(evidence)
    between = decayed(rating, rating.at + timedelta(days=first))
    late = rating.at + timedelta(days=first + second)

    assert decayed(between, late).score == pytest.approx(decayed(rating, late).score)
    assert abs(decayed(rating, late).score - START) <= abs(rating.score - START) + 1e-9


def test_clock_that_goes_back_changes_nothing() -> None:
    rating = rated(Rating(at=_DAY_0), _DAY_0, success=True)

    assert decayed(rating, _DAY_0 - timedelta(days=9)) == rating


@given(st.floats(5, 300), st.lists(st.floats(0.1, MOST_MS), min_size=1, max_size=8))
def test_few_lies_do_not_move_a_latency_out_of_sight(truth_ms: float, lies: list[float]) -> None:
    known = None
    for _ in range(60):
        known = measured(known, truth_ms)
    for lie in lies[:3]:
        known = measured(known, lie)

    assert known is not None
    assert abs(known.mean_ms - truth_ms) <= 5


@given(st.floats(1, 1_000), st.floats(1, 1_000))
def test_latency_follows_when_the_path_has_changed(old_ms: float, new_ms: float) -> None:
    known = None
    for sample in [old_ms] * 20 + [new_ms] * 200:
        known = measured(known, sample)

    assert known is not None
    assert known.mean_ms == pytest.approx(new_ms, abs=2)


@pytest.mark.parametrize("sample_ms", [0, -1, float("nan"), float("inf"), MOST_MS + 1])
def test_what_is_no_latency_is_refused(sample_ms: float) -> None:
    with pytest.raises(ValueError, match="a latency is"):
        measured(None, sample_ms)


@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_networks_inside_tunnels_never_overlap_by_halves(one: int, other: int) -> None:
    first, second = inner_networks(one), inner_networks(other)

    assert (first[1] == second[1]) == (one == other)
    assert first[0] == second[0] or not first[0].overlaps(second[0])


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_neighbours_are_those_of_one_slash_24(one: int, other: int) -> None:
    names = NETWORKS.name(IPv4Address(one)), NETWORKS.name(IPv4Address(other))

    assert (names[0] == names[1]) == (one >> 8 == other >> 8)


def test_neighbours_in_ipv6_are_those_of_one_slash_48() -> None:
    names = [
        NETWORKS.name(IPv6Address(text))
        for text in ("2001:db8:1:2::1", "2001:db8:1:ffff::", "2001:db8:2::")
    ]

    assert (names[0] == names[1], names[0] == names[2]) == (True, False)

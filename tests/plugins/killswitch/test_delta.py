"""Only what differs is changed, and what comes of it is what a whole load makes."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plugins.killswitch.others import LINKS, WHOLE, Meddled, anew, standing
from tests.plugins.killswitch.policies import courses, endpoints
from tests.plugins.killswitch.probe import held
from tests.plugins.killswitch.street import Street
from worldvpn_core.policy import FirewallPolicy, OuterRule
from worldvpn_core.testing.fakes import FakeLinks
from worldvpn_core.testing.firewall_contract import (
    CONNECTED,
    CONNECTING,
    POLICIES,
)
from worldvpn_core.types import Endpoint
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.delta import Handles, delta, is_of_elements
from worldvpn_killswitch.libnftables import LibNftables
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.rule import Ruleset
from worldvpn_killswitch.ruleset import ruleset

anyio = pytest.mark.anyio
netns = pytest.mark.netns

HOST = Topology(uplinks=("eth0",), hooks=(("eth0", 2),))


def numbered(rules: Ruleset) -> Handles:
    """Return handles for ``rules``, as if the kernel had given them."""
    return {
        (table.family, chain.name): tuple(range(1, len(chain.rules) + 1))
        for table in rules.tables
        for chain in table.chains
    }


def rendered(policy: FirewallPolicy) -> Ruleset:
    return ruleset(policy, HOST)


def test_same_rules_need_no_change() -> None:
    rules = rendered(CONNECTED)

    assert delta(rules, rendered(CONNECTED), numbered(rules)) == ""


def test_connecting_to_connected_leaves_what_both_have() -> None:
    before = rendered(CONNECTING)

    script = delta(before, rendered(CONNECTED), numbered(before))

    assert script is not None
    for kept in ('"loopback"', '"dhcp-4"', '"endpoint-udp4"', '"in-refused"', '"egress-refused"'):
        assert kept not in script
    assert '"tunnel-wv0-4"' in script
    assert "delete table" not in script


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("open", "connected"),
        ("connected", "open"),
        ("connected", "partial"),
        ("connected", "by a proxy"),
        ("connected", "sharing while connected"),
    ],
    ids=["tables come", "tables go", "a policy turns", "beside another", "two beside another"],
)
def test_what_cannot_be_changed_in_part_is_loaded_whole(old: str, new: str) -> None:
    before = rendered(POLICIES[old])

    assert delta(before, rendered(POLICIES[new]), numbered(before)) is None


def test_another_device_below_is_loaded_whole() -> None:
    before = rendered(CONNECTED)
    more = attrs.evolve(HOST, hooks=(("eth0", 2), ("eth1", 3)))

    assert delta(before, ruleset(CONNECTED, more), numbered(before)) is None


@given(st.lists(endpoints, min_size=1, max_size=4), st.lists(endpoints, min_size=1, max_size=4))
def test_elements_alone_lead_from_one_policy_to_the_next(
    old: list[Endpoint], new: list[Endpoint]
) -> None:
    before, after = (
        rendered(FirewallPolicy(outer=tuple(OuterRule(endpoint=each) for each in some)))
        for some in (old, new)
    )
    script = delta(before, after, numbered(before))

    if script is None:
        assert merged(before) | merged(after)
        return
    alike = lines(before) == lines(after) and elements(before) != elements(after)
    assert is_of_elements(script) is alike
    now = elements(before)
    for line in script.splitlines() if alike else ():
        verb, _, family, _, name, _, texts = line.removesuffix(" }").split(" ", 6)
        change = set(texts.split(", "))
        at = now[family, name]
        at.symmetric_difference_update(change)
        assert at >= change if verb == "add" else not at & change
    assert not alike or now == elements(after)


def lines(rules: Ruleset) -> list[tuple[str, ...]]:
    return [chain.lines for table in rules.tables for chain in table.chains]


def merged(rules: Ruleset) -> set[str]:
    """Return the sets that hold whole networks, which cannot be changed by elements."""
    return {each.name for table in rules.tables for each in table.sets.values() if each.interval}


def elements(rules: Ruleset) -> dict[tuple[str, str], set[str]]:
    return {
        (table.family, name): set(named.elements)
        for table in rules.tables
        for name, named in table.sets.items()
    }


@netns
def test_changes_in_part_end_where_a_whole_load_does(street: Street) -> None:
    assert street
    ways: Counter[bool] = Counter()

    @settings(deadline=None)
    @given(courses)
    def follow(course: tuple[FirewallPolicy, ...]) -> None:
        asyncio.run(_followed(course, ways))

    follow()

    assert min(ways[True], ways[False]) > 0


async def _followed(course: tuple[FirewallPolicy, ...], ways: Counter[bool]) -> None:
    engine = Meddled()
    backend = NftablesBackend(FakeLinks(*LINKS), engine)
    for policy in course:
        await backend.apply(held(policy))
    ways.update(script.startswith(WHOLE) for script in engine.scripts)
    changed = await standing()
    await backend.check()

    assert changed == await anew(course[-1])


@netns
@anyio
async def test_states_of_a_connection_are_changed_in_part(street: Street) -> None:
    assert street
    course = ("connecting", "connected", "switching", "connected", "connecting", "blocked")
    meant = {name: await anew(POLICIES[name]) for name in course}
    engine = Meddled()
    backend = NftablesBackend(FakeLinks(*LINKS), engine)

    for name in course:
        await backend.apply(held(POLICIES[name]))
        assert await standing() == meant[name], name

    assert [script.startswith(WHOLE) for script in engine.scripts] == [True] + 5 * [False]


@netns
@anyio
async def test_every_state_leads_to_every_other(street: Street) -> None:
    assert street
    meant = {name: await anew(policy) for name, policy in POLICIES.items()}
    backend = NftablesBackend(FakeLinks(*LINKS), LibNftables())

    for one, other in itertools.combinations(POLICIES, 2):
        await backend.apply(held(POLICIES[one]))
        for name in (other, one):
            await backend.apply(held(POLICIES[name]))
            assert await standing() == meant[name], f"between {one} and {other}"

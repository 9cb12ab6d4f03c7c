"""What holds for every policy and every packet."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.killswitch.probe import decided
from worldvpn_core.policy import FirewallPolicy, OuterRule, TunnelRule
from worldvpn_core.testing.firewall_contract import POLICIES
from worldvpn_core.types import EVERYTHING, MARK, Carrier, Endpoint, IpNetwork, Link, LocalProxy
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.match import Flow
from worldvpn_killswitch.outbound import NAME_PORTS
from worldvpn_killswitch.rule import Fate, element_script, script
from worldvpn_killswitch.ruleset import ruleset

HOST = Topology(uplinks=("eth0",), hooks=(("eth0", 2),), internal=("docker0",))


def _net4(number: int, bits: int) -> IpNetwork:
    return IPv4Network((number, bits), strict=False)


def _net6(number: int, bits: int) -> IpNetwork:
    return IPv6Network((number, bits), strict=False)


addresses = st.one_of(
    st.ip_addresses(),
    st.sampled_from(["10.64.0.1", "192.168.1.1", "224.0.0.251", "fe80::1", "ff02::fb"]).map(
        ip_address
    ),
)
endpoints = st.builds(
    Endpoint, host=addresses, port=st.integers(1, 65_535), carrier=st.sampled_from(Carrier)
)
networks: st.SearchStrategy[IpNetwork] = st.one_of(
    st.sampled_from(EVERYTHING),
    st.builds(_net4, st.integers(0, 2**32 - 1), st.integers(0, 32)),
    st.builds(_net6, st.integers(0, 2**128 - 1), st.integers(0, 128)),
)
paths = st.one_of(
    st.sampled_from([Link(name="wv0"), Link(name="wv1")]),
    st.just(LocalProxy(port=1_080, mark=0x57590000, uid=77)),
)
tunnels = st.builds(
    TunnelRule,
    path=paths,
    addresses=st.lists(addresses, max_size=3).map(tuple),
    allowed=st.lists(networks, max_size=4).map(tuple),
    dns=st.lists(addresses, max_size=2).map(tuple),
    inbound=st.booleans(),
)
policies = st.builds(
    FirewallPolicy,
    protects=st.one_of(st.just(EVERYTHING), st.lists(networks, max_size=3).map(tuple)),
    outer=st.lists(
        st.builds(OuterRule, endpoint=endpoints, uid=st.sampled_from([None, 77, 78])), max_size=3
    ).map(tuple),
    bootstrap=st.lists(endpoints, max_size=2).map(tuple),
    tunnels=st.lists(tunnels, max_size=2, unique_by=lambda rule: rule.path).map(tuple),
    allow_lan=st.booleans(),
    node=st.sampled_from([None, POLICIES["sharing while connected"].node]),
)
flows = st.builds(
    Flow,
    device=st.just("eth0"),
    destination=addresses,
    protocol=st.sampled_from(["tcp", "udp", "icmp", "ipv6-icmp", "47"]),
    port=st.one_of(st.none(), st.integers(0, 65_535), st.sampled_from(NAME_PORTS)),
    source=st.none(),
    mark=st.sampled_from([0, MARK, MARK | 7, 0x57590000]),
    uid=st.sampled_from([0, 77, 1_000]),
)


@given(policies)
def test_every_policy_renders_with_each_rule_named_once(policy: FirewallPolicy) -> None:
    rules = ruleset(policy, HOST)

    names = [rule.name for rule in rules.rules()]
    assert len(names) == len(set(names))
    assert script(rules).count("counter name") == len(names)


@given(policies)
def test_sets_of_one_name_hold_the_same_everywhere(policy: FirewallPolicy) -> None:
    rules = ruleset(policy, HOST)

    found = [
        match.named_set()
        for table in rules.tables
        for rule in table.rules()
        for match in rule.matches
        if match.named is not None
    ]
    assert len({each.name for each in found}) == len(set(found))


@given(policies.filter(lambda policy: not policy.is_open), flows)
def test_egress_lets_out_nothing_that_output_refuses(policy: FirewallPolicy, flow: Flow) -> None:
    rules = ruleset(policy, HOST)

    below = decided(rules, "egress", flow)
    above = decided(rules, "output", flow)

    assert below.action.fate is Fate.REFUSED or above.action.fate is Fate.ALLOWED


@given(policies.filter(lambda policy: not policy.is_open), flows)
def test_egress_stops_nothing_that_output_lets_out(policy: FirewallPolicy, flow: Flow) -> None:
    rules = ruleset(policy, HOST)

    above = decided(rules, "output", flow)
    below = decided(rules, "egress", flow)

    # Egress stops whatever carries a proxy's mark: it should have been turned round.
    strayed = below.name.startswith("egress-strayed-")
    assert (below.action.fate is above.action.fate) or strayed


@given(policies.filter(lambda policy: policy.protects == EVERYTHING), flows)
def test_no_name_is_asked_for_outside_a_tunnel(policy: FirewallPolicy, flow: Flow) -> None:
    asking = attrs.evolve(flow, protocol="udp", port=53, mark=0, uid=1_000)

    rule = decided(ruleset(policy, HOST), "egress", asking)

    assert rule.action.fate is Fate.REFUSED


@given(policies.filter(lambda policy: policy.protects == EVERYTHING), flows)
def test_what_leaves_is_ours_or_a_helpers_or_the_lan(policy: FirewallPolicy, flow: Flow) -> None:
    rule = decided(ruleset(policy, HOST), "egress", flow)

    kinds = ("egress-endpoint-", "egress-central-", "egress-lan-")
    assert rule.action.fate is Fate.REFUSED or rule.name.startswith(kinds)


@given(st.lists(endpoints, min_size=1, max_size=4), st.lists(endpoints, min_size=1, max_size=4))
def test_elements_alone_lead_from_one_policy_to_the_next(
    old: list[Endpoint], new: list[Endpoint]
) -> None:
    before, after = (
        ruleset(FirewallPolicy(outer=tuple(OuterRule(endpoint=e) for e in some)), HOST)
        for some in (old, new)
    )

    commands = element_script(before, after)

    assert (commands is None) is (before.bodies != after.bodies)
    held = {
        (family, name): set(named.elements)
        for family, sets in before.sets.items()
        for name, named in sets.items()
    }
    for line in (commands or "").splitlines():
        verb, _, family, _, name, _, elements = line.removesuffix(" }").split(" ", 6)
        change = set(elements.split(", "))
        at = held[family, name]
        at.symmetric_difference_update(change)
        assert at >= change if verb == "add" else not at & change
    assert commands is None or held == {
        (family, name): set(named.elements)
        for family, sets in after.sets.items()
        for name, named in sets.items()
    }

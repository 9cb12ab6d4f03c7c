"""What holds for every policy and every packet."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.killswitch.policies import addresses, policies
from tests.plugins.killswitch.probe import decided
from worldvpn_core.policy import FirewallPolicy
from worldvpn_core.types import EVERYTHING, MARK
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.match import Flow
from worldvpn_killswitch.outbound import NAME_PORTS
from worldvpn_killswitch.rule import Fate, script
from worldvpn_killswitch.ruleset import ruleset

HOST = Topology(uplinks=("eth0",), hooks=(("eth0", 2),), internal=("docker0",))


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

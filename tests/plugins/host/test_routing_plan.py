"""What a policy asks of routing, decided without a kernel."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.host.model import ON_LINK, REFUSED, UPLINK, Main, Sent, way
from worldvpn_core.contracts import LinkFacts
from worldvpn_core.errors import RoutingError
from worldvpn_core.policy import RoutingPolicy, TunnelLink
from worldvpn_core.share.plan import NodeLink
from worldvpn_core.types import EVERYTHING, MARK, Endpoint, IpAddress, IpNetwork
from worldvpn_host.routes import Action, Address, Held, Route, Rule
from worldvpn_host.routing_plan import LAN, Facts, plan

LO, TUNNEL, BRIDGE = 1, 7, 8
FACTS = Facts(
    links=(
        LinkFacts(name="lo", index=LO, is_loopback=True),
        LinkFacts(name="wv0", index=TUNNEL, kind="tun"),
    ),
    containers=((ip_network("172.17.0.0/16"), BRIDGE), (ip_network("fd17::/64"), BRIDGE)),
)
MAIN_TABLE = Main(connected=(ip_network("192.168.1.0/24"), ip_network("fd00:1::/64")))
NODE = NodeLink(
    interface="wvnode", prefixes=(ip_network("10.90.0.0/24"), ip_network("fd90::/64")), listen=()
)

ADDRESSES: st.SearchStrategy[IpAddress] = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
    st.sampled_from(
        [
            ip_address(text)
            for text in (
                "192.168.1.7",
                "10.64.0.1",
                "172.17.0.9",
                "fd00:1::7",
                "fd64::1",
                "fe80::1",
            )
        ]
    ),
)
PREFIXES: st.SearchStrategy[IpNetwork] = st.one_of(
    st.sampled_from((*EVERYTHING, *LAN)),
    st.builds(
        lambda address, bits: ip_network(
            (address, bits % (address.max_prefixlen + 1)), strict=False
        ),
        ADDRESSES,
        st.integers(0, 128),
    ),
)
POLICIES = st.builds(
    RoutingPolicy,
    held=st.just(value=True),
    protects=st.one_of(st.just(EVERYTHING), st.lists(PREFIXES, min_size=1, max_size=4).map(tuple)),
    live=st.sampled_from([None, "wv0"]),
    allowed=st.one_of(st.just(EVERYTHING), st.lists(PREFIXES, max_size=4).map(tuple)),
    inside=st.lists(ADDRESSES, max_size=3).map(tuple),
    retired=st.lists(ADDRESSES, max_size=2).map(tuple),
    allow_lan=st.booleans(),
    node=st.sampled_from([None, NODE]),
)


def within(address: IpAddress, prefixes: tuple[IpNetwork, ...]) -> bool:
    return any(address in prefix for prefix in prefixes)


@given(POLICIES, ADDRESSES, st.sampled_from(["bound", "free"]))
def test_what_is_protected_never_takes_the_uplink(
    policy: RoutingPolicy,
    destination: IpAddress,
    socket: str,
) -> None:
    sent = Sent(destination=destination, bound=socket == "bound")
    found = way(plan(policy, FACTS), MAIN_TABLE, sent)
    protected = within(destination, policy.protects)
    node = policy.node is not None and within(destination, NODE.prefixes)
    groups = destination.version == 4 and (destination.is_multicast or destination.packed[0] == 255)
    lan = policy.allow_lan and (within(destination, LAN) or groups)
    assert not protected or node or lan or found not in (UPLINK, ON_LINK)


@given(POLICIES, ADDRESSES)
def test_lan_never_takes_what_belongs_inside(policy: RoutingPolicy, destination: IpAddress) -> None:
    with_lan = attrs.evolve(policy, allow_lan=True, node=None, inside=(destination,))
    found = way(plan(with_lan, FACTS), MAIN_TABLE, Sent(destination=destination))
    assert not within(destination, policy.protects) or found not in (UPLINK, ON_LINK)


@given(POLICIES, ADDRESSES)
def test_marked_packets_never_enter_the_tunnel(
    policy: RoutingPolicy, destination: IpAddress
) -> None:
    sent = Sent(destination=destination, mark=MARK)
    assert way(plan(policy, FACTS), MAIN_TABLE, sent) in (UPLINK, ON_LINK)


@given(POLICIES, ADDRESSES)
def test_nothing_but_the_protected_and_allowed_is_touched(
    policy: RoutingPolicy, destination: IpAddress
) -> None:
    touched = (*policy.protects, *policy.allowed, *(prefix for prefix, _ in FACTS.containers))
    found = way(plan(policy, FACTS), MAIN_TABLE, Sent(destination=destination))
    assert within(destination, touched) or found in (UPLINK, ON_LINK)


@given(POLICIES)
def test_not_never_stands_beside_another_selector(policy: RoutingPolicy) -> None:
    inverted = [rule for rule in plan(policy, FACTS).rules if rule.invert]
    plain = [
        (rule.destination, rule.ip_protocol, rule.iif, rule.source_port, rule.destination_port)
        for rule in inverted
    ]
    assert set(plain) <= {(None, 0, "", 0, 0)}


@given(POLICIES)
def test_a_full_tunnel_is_backed_by_refusal_in_both_families(policy: RoutingPolicy) -> None:
    full = attrs.evolve(policy, protects=EVERYTHING)
    last = {Route(destination=prefix, metric=4_294_967_295) for prefix in EVERYTHING}
    assert last <= plan(full, FACTS).routes


@given(POLICIES)
def test_released_asks_for_nothing(policy: RoutingPolicy) -> None:
    assert plan(attrs.evolve(policy, held=False, node=None), FACTS) == Held()


SHARED = NodeLink(
    interface="wvnode",
    prefixes=(ip_network("10.90.0.0/24"), ip_network("fd90::/64")),
    listen=(
        Endpoint(host=ip_address("10.90.0.2"), port=51_820),
        Endpoint(host=ip_address("fd90::2"), port=51_820),
    ),
)


def test_sharing_alone_asks_for_the_nodes_rules_and_for_nothing_else() -> None:
    near = ip_network("192.168.1.0/24"), ip_network("2001:db8:1::/64")
    facts = attrs.evolve(FACTS, nearby=frozenset(near))

    asked = plan(RoutingPolicy(held=False, node=SHARED), facts)

    assert asked == Held(rules=asked.rules)
    assert {rule.iif or "to the node" for rule in asked.rules} == {"wvnode", "to the node"}
    refused = {rule.destination for rule in asked.rules if rule.action is Action.UNREACHABLE}
    assert refused == {*near}


def test_the_nodes_own_answers_are_asked_for_before_what_its_guests_may_not_reach() -> None:
    asked = plan(RoutingPolicy(held=True, node=SHARED), FACTS).rules
    own = {rule.source: rule.priority for rule in asked if rule.source}

    assert own == {ip_network("10.90.0.2/32"): 5_098, ip_network("fd90::2/128"): 5_098}


@pytest.mark.parametrize("prefix", LAN, ids=str)
def test_lan_is_asked_for_only_when_it_is_allowed(prefix: IpNetwork) -> None:
    asked = [rule.destination for rule in plan(RoutingPolicy(held=True), FACTS).rules]
    allowed = plan(RoutingPolicy(held=True, allow_lan=True), FACTS).rules
    assert prefix not in asked
    assert [rule.suppress for rule in allowed if rule.destination == prefix] == [0]


def test_a_family_that_the_profile_leaves_out_is_refused() -> None:
    policy = RoutingPolicy(held=True, live="wv0", allowed=(ip_network("0.0.0.0/0"),))
    held = plan(policy, FACTS)
    assert way(held, MAIN_TABLE, Sent(destination=ip_address("198.51.100.1"))) == TUNNEL
    assert way(held, MAIN_TABLE, Sent(destination=ip_address("2001:db8::1"))) == REFUSED


def test_a_lease_is_renewed_past_the_tunnel_with_a_server_on_the_link_only() -> None:
    held = plan(RoutingPolicy(held=True), FACTS)
    near = Sent(
        destination=ip_address("192.168.1.1"), ip_protocol=17, source_port=68, destination_port=67
    )
    far = attrs.evolve(near, destination=ip_address("198.51.100.1"))
    assert (way(held, MAIN_TABLE, near), way(held, MAIN_TABLE, far)) == (ON_LINK, REFUSED)


def test_a_container_is_reached_on_its_bridge() -> None:
    held = plan(RoutingPolicy(held=True, live="wv0", allowed=EVERYTHING), FACTS)
    assert way(held, MAIN_TABLE, Sent(destination=ip_address("172.17.0.9"))) == BRIDGE


@pytest.mark.parametrize("where", ["inside", "allowed", "protects"])
def test_what_a_lan_range_must_not_take_is_asked_for_before_it(where: str) -> None:
    inner = ip_network("192.168.1.0/24")
    policy = {
        "inside": RoutingPolicy(held=True, allow_lan=True, inside=(inner.network_address,)),
        "allowed": RoutingPolicy(held=True, allow_lan=True, allowed=(inner,)),
        "protects": RoutingPolicy(held=True, allow_lan=True, protects=(inner,)),
    }[where]
    sent = Sent(destination=inner.network_address)
    assert way(plan(policy, FACTS), MAIN_TABLE, sent) == REFUSED


def test_a_guest_of_the_node_leaves_by_the_uplink() -> None:
    held = plan(RoutingPolicy(held=True, live="wv0", allowed=EVERYTHING, node=NODE), FACTS)
    guest = Sent(destination=ip_address("198.51.100.1"), iif="wvnode")
    back = Sent(destination=ip_address("10.90.0.2"))
    assert (way(held, MAIN_TABLE, guest), way(held, MAIN_TABLE, back)) == (UPLINK, UPLINK)


def test_an_endpoint_inside_what_is_protected_is_reached_outside() -> None:
    inner = ip_network("2001:db8::/32")
    policy = RoutingPolicy(held=True, protects=(inner,), live="wv0", allowed=(inner,))
    sent = Sent(destination=ip_address("2001:db8::1"), mark=MARK)
    assert way(plan(policy, FACTS), MAIN_TABLE, sent) == UPLINK


def test_addresses_are_carried_by_the_links_that_are_there() -> None:
    policy = RoutingPolicy(
        held=True,
        links=(
            TunnelLink(interface="wv0", addresses=(ip_interface("10.64.0.2/32"),), mtu_bytes=1_400),
            TunnelLink(interface="wv9", addresses=(ip_interface("10.65.0.2/32"),), mtu_bytes=1_400),
        ),
    )
    held = plan(policy, FACTS)
    assert held.addresses == {Address(device=TUNNEL, interface=ip_interface("10.64.0.2/32"))}
    assert held.mtus == {("wv0", 1_400)}


def test_a_retired_address_rests_on_loopback_unless_a_tunnel_carries_it_again() -> None:
    policy = RoutingPolicy(
        held=True,
        links=(TunnelLink(interface="wv0", addresses=(ip_interface("10.64.0.2/32"),)),),
        retired=(ip_address("10.64.0.2"), ip_address("10.63.0.2")),
    )
    resting = {one for one in plan(policy, FACTS).addresses if one.device == LO}
    assert resting == {Address(device=LO, interface=ip_interface("10.63.0.2/32"))}


def test_a_live_link_that_is_gone_is_an_error() -> None:
    with pytest.raises(RoutingError, match="wv9"):
        plan(RoutingPolicy(held=True, live="wv9", allowed=EVERYTHING), FACTS)


def test_the_rules_of_a_full_tunnel_are_few() -> None:
    rules = plan(RoutingPolicy(held=True), FACTS).rules
    assert sorted(rule.priority for rule in rules) == [5_101, 5_104, 5_104, 5_105]
    assert all(isinstance(rule, Rule) for rule in rules)

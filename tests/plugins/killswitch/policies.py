"""Policies of every kind, for hypothesis."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address

import attrs
from hypothesis import strategies as st

from worldvpn_core.policy import FirewallPolicy, OuterRule, TunnelRule
from worldvpn_core.testing.firewall_contract import POLICIES
from worldvpn_core.types import EVERYTHING, Carrier, Endpoint, IpNetwork, Link, LocalProxy


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


def _mixed(one: FirewallPolicy, other: FirewallPolicy, taken: frozenset[str]) -> FirewallPolicy:
    return attrs.evolve(one, **{name: getattr(other, name) for name in taken})


_fields = st.frozensets(st.sampled_from([each.name for each in attrs.fields(FirewallPolicy)]))
#: Some policies in a row, as like each other as those of one connection, or not at all.
courses = st.tuples(policies, st.lists(st.tuples(policies, _fields), min_size=1, max_size=3)).map(
    lambda drawn: (drawn[0], *(_mixed(drawn[0], other, taken) for other, taken in drawn[1]))
)

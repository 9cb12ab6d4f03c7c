"""The rules of the node's namespace: for which packet, and in which order."""

from __future__ import annotations

import gc
import re
import weakref
from ipaddress import ip_address, ip_network
from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.killswitch.here import OnlyHere
from worldvpn_core.contracts import Namespace
from worldvpn_core.errors import FirewallError, ShareError
from worldvpn_core.policy import NodePolicy
from worldvpn_core.share.plan import NodeLink, place_of
from worldvpn_core.testing.namespace_fakes import FakeNamespaces
from worldvpn_core.types import NODE, NODE_GUESTS, NODE_PORTS, NODE_UPLINK, Endpoint, IpAddress
from worldvpn_killswitch.address import Stranger
from worldvpn_killswitch.forward import leaving
from worldvpn_killswitch.libnftables import Engine
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.match import Flow
from worldvpn_killswitch.node import node_ruleset
from worldvpn_killswitch.node_rules import NodeRules
from worldvpn_killswitch.node_shares import ports_of
from worldvpn_killswitch.rule import Fate, Rule
from worldvpn_killswitch.shares import shaping_of

GUEST4, GUEST6 = ip_address("10.90.0.4"), ip_address("fd90::4")
POLICY = NodePolicy(
    link=NodeLink(
        interface=NODE,
        prefixes=(ip_network("10.90.0.0/24"), ip_network("fd90::/64")),
        listen=(
            Endpoint(host=ip_address("10.90.0.2"), port=51_820),
            Endpoint(host=ip_address("fd90::2"), port=51_820),
        ),
    ),
    guests=(GUEST4, GUEST6),
    refused=((25, 25),),
)


def rules(policy: NodePolicy, chain: str = "forward") -> tuple[Rule, ...]:
    found = node_ruleset(policy).chain(chain)
    assert found is not None
    return found.rules


def names(policy: NodePolicy) -> list[str]:
    return [rule.name.removeprefix("node-") for rule in rules(policy)]


def test_order_of_what_passes_is_that_of_the_specification() -> None:
    assert names(POLICY) == [
        *(
            "fit",
            "guest-answers",
            "guest-stray",
            "guest-forged-4",
            "guest-private-4",
            "guest-forged-6",
        ),
        *("guest-private-6", "guest-ports"),
        *("guest-out", "refused"),
    ]


def test_nobody_is_let_through_where_nobody_is_invited() -> None:
    forged = [
        match
        for rule in rules(attrs.evolve(POLICY, guests=()))
        if "forged" in rule.name
        for match in rule.matches
        if isinstance(match, Stranger)
    ]

    assert [match.named_set().elements for match in forged] == [(), ()]
    for source, to in ((GUEST4, "1.1.1.1"), (GUEST6, "2606::1")):
        flow = Flow(device=NODE_UPLINK, destination=ip_address(to), protocol="udp", source=source)
        assert any(match.holds(flow) for match in forged)


def test_a_node_that_drains_lets_no_new_flow_through() -> None:
    draining = names(attrs.evolve(POLICY, is_draining=True))

    assert draining.index("guest-draining") < draining.index("guest-out")


@given(st.integers(1, 200), st.sets(st.integers(4, 203), min_size=2))
def test_no_two_guests_share_a_port(most: int, places: set[int]) -> None:
    invited = [ip_address(f"10.90.0.{place}") for place in sorted(places) if place < most + 4]
    given_ = [ports_of(guest, most) for guest in invited]

    assert all(NODE_PORTS[0] <= first <= last <= NODE_PORTS[1] for first, last in given_)
    for (_, last), (first, _) in pairwise(given_):
        assert last < first


@given(
    st.integers(1, 200),
    st.integers(1, 10**10) | st.just(0),
    st.integers(1, 10**10) | st.just(0),
    st.sets(st.integers(0, 199)),
)
def test_shares_are_sure_together_and_never_more_than_anybody_may_have(
    most: int, together: int, each: int, places: set[int]
) -> None:
    guests = tuple(ip_address(f"10.90.0.{place + 4}") for place in sorted(places) if place < most)
    policy = attrs.evolve(
        POLICY,
        guests=guests,
        sent=guests[::2],
        rate_bps=together,
        guest_rate_bps=each,
        sent_rate_bps=8_000,
        most_guests=most,
    )
    shaping = shaping_of(policy)

    if shaping is None:
        assert not guests or (not policy.sent and not together and not each)
        return
    assert all(1 <= one.sure_bytes_s <= one.most_bytes_s for one in shaping.shares.values())
    if together >= 8 * most:
        assert sum(one.sure_bytes_s for one in shaping.shares.values()) <= together // 8
    for guest in policy.sent:
        assert shaping.shares[place_of(guest, most)].most_bytes_s <= 1_000
    for limit in filter(None, (together, each)):
        assert all(one.most_bytes_s <= max(1, limit // 8) for one in shaping.shares.values())


def test_what_is_of_no_known_kind_is_refused_where_the_owner_says_so() -> None:
    assert "guest-other" in names(attrs.evolve(POLICY, refuses_other=True))


_FORBIDDEN = st.one_of(
    st.sampled_from(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"]),
    st.sampled_from(["100.64.0.0/10", "127.0.0.0/8", "224.0.0.0/4", "0.0.0.0/8", "240.0.0.0/4"]),
    st.sampled_from(["fc00::/7", "fe80::/10", "ff00::/8", "::1/128", "::ffff:0:0/96"]),
    st.sampled_from(["64:ff9b::/96", "2002::/16", "fec0::/10"]),
)


@given(_FORBIDDEN, st.integers(min_value=0, max_value=2**128), st.integers(1, 65_535))
def test_no_address_of_a_forbidden_range_is_let_through(
    network: str, offset: int, port: int
) -> None:
    prefix = ip_network(network)
    to: IpAddress = prefix[offset % prefix.num_addresses]
    source = GUEST4 if to.version == 4 else GUEST6
    flow = Flow(device=NODE_UPLINK, destination=to, protocol="udp", port=port, source=source)
    from_guests = [rule for rule in rules(POLICY) if f'iifname "{NODE_GUESTS}"' in rule.text]
    decided = next(
        rule for rule in from_guests if all(_holds(match, flow) for match in rule.matches)
    )

    assert decided.action.fate is Fate.REFUSED


def _holds(match: object, flow: Flow) -> bool:
    """Judge a match for a packet that came in by the guests' interface."""
    text = str(getattr(match, "text", ""))
    if text.startswith("iifname"):
        return NODE_GUESTS in text
    holds = getattr(match, "holds")  # noqa: B009 - any match of a rule
    return bool(holds(flow))


class Refusing:
    """nft in a namespace that has none of its rules."""

    name = "refusing"

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.runs = 0

    async def run(self, commands: str, *, stateless: bool = True, handles: bool = False) -> str:
        del commands, stateless, handles
        self.runs += 1
        if self.answer is None:
            raise FirewallError("no")
        return self.answer


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [None, "", "table inet worldvpn {\n}\n"])
async def test_rules_that_do_not_stand_are_told_and_the_hosts_do(answer: str | None) -> None:
    engine = Refusing(answer)

    def engine_in(_space: Namespace) -> Engine:
        return engine

    with pytest.raises(ShareError):
        await NodeRules(OnlyHere(), engine_in).apply(POLICY)
    assert engine.runs


@pytest.mark.anyio
async def test_what_speaks_with_the_rules_is_let_go_with_the_node() -> None:
    engines: list[weakref.ref[Refusing]] = []

    def engine_in(_space: Namespace) -> Engine:
        engine = Refusing(None)
        engines.append(weakref.ref(engine))
        return engine

    rules = NodeRules(OnlyHere(), engine_in)
    with pytest.raises(ShareError):
        await rules.apply(POLICY)
    with pytest.raises(ShareError):
        await rules.apply(POLICY)
    rules.forget()
    gc.collect()

    assert [each() for each in engines] == [None]


@pytest.mark.anyio
async def test_a_namespace_that_is_gone_is_told() -> None:
    with pytest.raises(ShareError, match="no namespace wvnode"):
        await NodeRules(FakeNamespaces(), lambda _space: Refusing("")).apply(POLICY)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_every_rule_has_a_name_of_its_own() -> None:
    every = [rule.name for rule in node_ruleset(attrs.evolve(POLICY, refuses_other=True)).rules()]

    assert len(every) == len({*every})
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in every)


def test_node_calls_from_the_port_that_its_guests_reach_and_they_from_none_of_it() -> None:
    topology = Topology(uplinks=("eth0",))
    first, second, *others = leaving(POLICY.link, topology)

    assert [rule.action.text for rule in (first, second)] == ["masquerade to :51820"] * 2
    assert all("sport 51820" in str(rule.matches) for rule in (first, second))
    assert str(NODE_PORTS[0]) in others[0].action.text

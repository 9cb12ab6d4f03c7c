"""What every firewall backend must do: subclass ``FirewallBackendContract`` in its tests.

A subclass gives two fixtures, ``backend`` (fresh, on a host with at least one link that
leads outside) and ``anyio_backend``.
"""

from __future__ import annotations

import asyncio
import contextlib
from ipaddress import ip_address, ip_network
from types import MappingProxyType
from typing import Final

import attrs
import pytest

from worldvpn_core.contracts import FirewallBackend
from worldvpn_core.policy import (
    FirewallPolicy,
    OuterRule,
    Packet,
    PolicySet,
    TunnelRule,
)
from worldvpn_core.share.plan import NodeLink
from worldvpn_core.types import Carrier, Endpoint, Link, LocalProxy

ENDPOINT: Final = Endpoint(host=ip_address("203.0.113.10"), port=51_820)
ENDPOINT_V6: Final = Endpoint(host=ip_address("2001:db8:10::1"), port=51_820)
CENTRAL: Final = Endpoint(host=ip_address("198.51.100.10"), port=443, carrier=Carrier.TCP)
#: Long enough for the kernel to have told, short enough to wait for at each policy.
_A_WHILE_S: Final = 0.05
#: A helper's own, in the sample policies.
HELPER_UID: Final = 7_077

TUNNEL: Final = TunnelRule(
    path=Link(name="wv0"),
    addresses=(ip_address("10.64.0.2"), ip_address("fd64:1::2")),
    dns=(ip_address("10.64.0.1"), ip_address("fd64:1::1")),
)
_OTHER: Final = TunnelRule(
    path=Link(name="wv1"), addresses=(ip_address("10.65.0.2"),), dns=(ip_address("10.65.0.1"),)
)
_PROXY: Final = TunnelRule(
    path=LocalProxy(port=1_080, mark=0x57590000, uid=HELPER_UID),
    addresses=(),
    dns=(ip_address("9.9.9.9"),),
)
_NODE: Final = NodeLink(
    interface="wvnode",
    prefixes=(ip_network("10.99.0.0/30"), ip_network("fd99::/64")),
    listen=(Endpoint(host=ip_address("10.99.0.2"), port=51_821),),
)
_MARKED: Final = (OuterRule(endpoint=ENDPOINT), OuterRule(endpoint=ENDPOINT_V6))
_CORPORATE: Final = (ip_network("172.30.0.0/16"), ip_network("fd30::/32"))

BLOCKED: Final = FirewallPolicy(bootstrap=(CENTRAL,))
CONNECTING: Final = FirewallPolicy(outer=_MARKED, bootstrap=(CENTRAL,))
CONNECTED: Final = FirewallPolicy(outer=_MARKED, tunnels=(TUNNEL,))
OPEN: Final = FirewallPolicy(protects=())

#: One policy of each kind that the states of the machine lead to.
POLICIES: Final = MappingProxyType(
    {
        "open": OPEN,
        "lockdown": FirewallPolicy(),
        "blocked": BLOCKED,
        "connecting": CONNECTING,
        "connecting with a helper": FirewallPolicy(
            outer=(OuterRule(endpoint=CENTRAL, uid=HELPER_UID),)
        ),
        "connected": CONNECTED,
        "connected with LAN": attrs.evolve(CONNECTED, allow_lan=True),
        "connected taking flows": attrs.evolve(
            CONNECTED, tunnels=(attrs.evolve(TUNNEL, inbound=True),)
        ),
        "connected without resolvers": attrs.evolve(
            CONNECTED, tunnels=(attrs.evolve(TUNNEL, dns=()),)
        ),
        "connected by IPv4 only": attrs.evolve(
            CONNECTED, tunnels=(attrs.evolve(TUNNEL, addresses=TUNNEL.addresses[:1]),)
        ),
        "switching": attrs.evolve(CONNECTED, tunnels=(TUNNEL, _OTHER), allow_lan=True),
        "by a proxy": FirewallPolicy(
            outer=(OuterRule(endpoint=CENTRAL, uid=HELPER_UID),), tunnels=(_PROXY,), allow_lan=True
        ),
        "partial": FirewallPolicy(
            protects=_CORPORATE,
            outer=_MARKED,
            tunnels=(attrs.evolve(TUNNEL, allowed=_CORPORATE),),
        ),
        "partial without resolvers": FirewallPolicy(
            protects=_CORPORATE,
            outer=_MARKED,
            tunnels=(attrs.evolve(TUNNEL, allowed=_CORPORATE, dns=()),),
        ),
        "partial connecting": FirewallPolicy(protects=_CORPORATE, outer=_MARKED),
        "sharing while blocked": attrs.evolve(BLOCKED, node=_NODE),
        "sharing while connected": attrs.evolve(CONNECTED, node=_NODE, allow_lan=True),
        "sharing while open": attrs.evolve(OPEN, node=_NODE),
        "sharing beside a partial tunnel": FirewallPolicy(protects=_CORPORATE, node=_NODE),
    }
)


def expect(holds: object, sentence: str) -> None:
    """Fail the running test with ``sentence`` unless it ``holds``."""
    if not holds:
        raise AssertionError(sentence)


async def undisturbed(backend: FirewallBackend) -> None:
    """Fail the running test if ``backend`` finds its rules other than it loaded them."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_A_WHILE_S):
            await backend.disturbed()
        raise AssertionError("the rules do not stand as they were loaded")


@pytest.mark.anyio
class FirewallBackendContract:
    """The promises of ``worldvpn_core.contracts.FirewallBackend``, one test each."""

    async def test_backend_has_a_name(self, backend: FirewallBackend) -> None:
        """People and logs can tell it from another."""
        expect(bool(backend.facts.name), "name must not be empty")

    async def test_nothing_is_disturbed_before_any_apply(self, backend: FirewallBackend) -> None:
        """Nothing was loaded, so nothing can be missing."""
        await undisturbed(backend)

    async def test_every_kind_of_policy_is_applied_and_stands(
        self, backend: FirewallBackend
    ) -> None:
        """Each policy is held after ``apply``, whatever was held before."""
        for policy in POLICIES.values():
            await backend.apply(PolicySet(host=policy))
            await undisturbed(backend)

    async def test_apply_is_idempotent(self, backend: FirewallBackend) -> None:
        """The same policy twice is the same rules."""
        await backend.apply(PolicySet(host=CONNECTED))
        once = {count.rule for count in await backend.counters()}
        await backend.apply(PolicySet(host=CONNECTED))
        await undisturbed(backend)
        twice = {count.rule for count in await backend.counters()}
        expect(once == twice, f"rules differ: {once ^ twice}")

    async def test_open_policy_holds_no_rule(self, backend: FirewallBackend) -> None:
        """An open host carries nothing of ours."""
        await backend.apply(PolicySet(host=CONNECTED))
        await backend.apply(PolicySet(host=OPEN))
        expect(await backend.counters() == (), "an open host still has rules of ours")

    async def test_every_rule_is_named_once(self, backend: FirewallBackend) -> None:
        """A name in ``counters`` means one rule."""
        await backend.apply(PolicySet(host=POLICIES["sharing while connected"]))
        names = [count.rule for count in await backend.counters()]
        expect(bool(names), "a closed host must have rules")
        expect(len(names) == len(set(names)), f"not unique: {sorted(names)}")

    async def test_explanation_names_a_rule_that_is_counted(self, backend: FirewallBackend) -> None:
        """What ``explain`` names can be looked up in ``counters``."""
        policy = PolicySet(host=CONNECTED)
        await backend.apply(policy)
        packet = Packet(destination=ip_address("1.1.1.1"), protocol="udp", port=443)
        answer = await backend.explain(policy, packet)
        names = {count.rule for count in await backend.counters()}
        expect(answer.rule in names, f"{answer.rule} is not among the rules")

    async def test_only_marked_packets_reach_the_endpoint(self, backend: FirewallBackend) -> None:
        """The outer endpoint is open to us, and to nobody else."""
        policy = PolicySet(host=CONNECTING)
        packet = Packet(destination=ENDPOINT.host, protocol="udp", port=ENDPOINT.port)
        ours = await backend.explain(policy, attrs.evolve(packet, marked=True))
        others = await backend.explain(policy, packet)
        elsewhere = await backend.explain(
            policy, attrs.evolve(packet, marked=True, port=ENDPOINT.port + 1)
        )
        expect(ours.allowed, ours.sentence)
        expect(not others.allowed, others.sentence)
        expect(not elsewhere.allowed, elsewhere.sentence)

    async def test_names_are_asked_only_of_the_tunnels_resolvers(
        self, backend: FirewallBackend
    ) -> None:
        """Port 53 goes to the tunnel's resolvers in the tunnel, in both families."""
        policy = PolicySet(host=CONNECTED)
        for address in ("8.8.8.8", "192.168.1.1", "2001:4860:4860::8888"):
            packet = Packet(destination=ip_address(address), protocol="udp", port=53)
            answer = await backend.explain(policy, packet)
            expect(not answer.allowed, answer.sentence)
        for server in TUNNEL.dns:
            answer = await backend.explain(
                policy, Packet(destination=server, protocol="tcp", port=53)
            )
            expect(answer.allowed, answer.sentence)

    async def test_without_a_tunnel_nothing_leaves(self, backend: FirewallBackend) -> None:
        """Blocked refuses what an ordinary program sends, wherever it goes."""
        for address in ("1.1.1.1", "192.168.1.1", "169.254.1.1", "2606:4700::1111", "fe80::1"):
            packet = Packet(destination=ip_address(address), protocol="tcp", port=443)
            answer = await backend.explain(PolicySet(host=BLOCKED), packet)
            expect(not answer.allowed, answer.sentence)

    async def test_open_host_explains_that_it_is_open(self, backend: FirewallBackend) -> None:
        """Nothing stands in the way, and that is said."""
        packet = Packet(destination=ip_address("1.1.1.1"), protocol="udp", port=53)
        answer = await backend.explain(PolicySet(host=OPEN), packet)
        expect(answer.allowed, answer.sentence)

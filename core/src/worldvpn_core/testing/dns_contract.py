"""What every DnsProtector must do, whatever the host resolves by.

A plugin's tests subclass ``DnsProtectorContract`` and give it a fixture
``resolver_host``: a host, real or made up, whose resolver may be bent. They run
under anyio's pytest plugin.
"""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import Final, Protocol

import attrs
import pytest

from worldvpn_core.contracts import Change, DnsProtector
from worldvpn_core.policy import DnsPolicy
from worldvpn_core.types import DnsUpstream, IpAddress

INSIDE: Final = ip_address("10.64.0.1")
ALSO_INSIDE: Final = ip_address("fd64::1")
RELEASED: Final = DnsPolicy(held=False)

#: Long enough for any event of the kernel or a bus to arrive; nothing is measured by it.
_CALM_S: Final = 0.4
_EVENTUALLY_S: Final = 10.0


class ResolverHost(Protocol):
    """A host as its programs and its other software see it."""

    @property
    def interface(self) -> str:
        """A tunnel's interface, by which upstreams are reached."""

    def protector(self) -> DnsProtector:
        """Return a protector that remembers nothing, as after a crash."""

    async def servers(self) -> tuple[IpAddress, ...]:
        """Return whom the host's programs ask for names now."""

    async def disturb(self) -> None:
        """Do what takes our servers away from the host's programs."""


def held(host: ResolverHost, *servers: IpAddress) -> DnsPolicy:
    """Return the policy by which ``host`` asks ``servers``, in its tunnel."""
    return DnsPolicy(
        held=True,
        upstreams=tuple(DnsUpstream(host=server) for server in servers),
        interface=host.interface if servers else None,
    )


def _same(seen: object, meant: object) -> None:
    # Not ``assert``: pytest explains those only where it rewrote the module.
    if seen != meant:
        raise AssertionError(f"{seen!r} was seen, {meant!r} was meant")


class DnsProtectorContract:
    """Subclass it, and give it the fixture ``resolver_host``."""

    pytestmark = pytest.mark.anyio

    async def test_it_has_a_name_that_people_can_read(self, resolver_host: ResolverHost) -> None:
        """Return "resolved", "resolvconf", "resolv.conf" or the like."""
        name = resolver_host.protector().name
        _same(name, name.strip() or "a name")

    async def test_recording_changes_nothing(self, resolver_host: ResolverHost) -> None:
        """It comes before the journal is written."""
        before = await resolver_host.servers()
        changes = await resolver_host.protector().record()
        _same({type(change) for change in changes} - {Change}, set())
        _same(await resolver_host.servers(), before)

    async def test_held_asks_the_upstreams_and_nobody_else(
        self, resolver_host: ResolverHost
    ) -> None:
        """In both families, in their order."""
        policy = held(resolver_host, INSIDE, ALSO_INSIDE)
        await resolver_host.protector().apply(policy)
        _same(await resolver_host.servers(), (INSIDE, ALSO_INSIDE))

    async def test_applying_twice_is_applying_once(self, resolver_host: ResolverHost) -> None:
        """Policies come again with every link event."""
        before = await resolver_host.servers()
        protector = resolver_host.protector()
        await protector.apply(held(resolver_host, INSIDE))
        await protector.apply(held(resolver_host, INSIDE))
        _same(await resolver_host.servers(), (INSIDE,))
        await protector.apply(RELEASED)
        await protector.apply(RELEASED)
        _same(await resolver_host.servers(), before)

    async def test_upstreams_can_be_replaced_while_held(self, resolver_host: ResolverHost) -> None:
        """Switching servers goes through no released state."""
        protector = resolver_host.protector()
        await protector.apply(held(resolver_host, INSIDE))
        await protector.apply(held(resolver_host, ALSO_INSIDE))
        _same(await resolver_host.servers(), (ALSO_INSIDE,))

    async def test_a_fallen_tunnel_leaves_the_resolver_inside(
        self, resolver_host: ResolverHost
    ) -> None:
        """Held without upstreams keeps what was set last."""
        protector = resolver_host.protector()
        await protector.apply(held(resolver_host, INSIDE))
        await protector.apply(held(resolver_host))
        _same(await resolver_host.servers(), (INSIDE,))

    async def test_upstreams_whose_tunnel_is_yet_to_come_are_held(
        self, resolver_host: ResolverHost
    ) -> None:
        """Connecting names them before there is an interface, Blocked after it has gone."""
        before = await resolver_host.servers()
        protector = resolver_host.protector()
        connected = held(resolver_host, INSIDE)
        await protector.apply(attrs.evolve(connected, interface=None))
        way = protector.name
        await protector.apply(connected)
        await protector.apply(attrs.evolve(connected, interface=None))
        _same((await resolver_host.servers(), protector.name), ((INSIDE,), way))
        await protector.apply(RELEASED)
        _same(await resolver_host.servers(), before)

    async def test_releasing_restores_what_was(self, resolver_host: ResolverHost) -> None:
        """The user's own resolver is nothing of ours."""
        before = await resolver_host.servers()
        protector = resolver_host.protector()
        await protector.apply(held(resolver_host))
        await protector.apply(held(resolver_host, INSIDE))
        await protector.apply(RELEASED)
        _same(await resolver_host.servers(), before)

    async def test_releasing_what_was_never_held_changes_nothing(
        self, resolver_host: ResolverHost
    ) -> None:
        """A daemon's start is one."""
        before = await resolver_host.servers()
        await resolver_host.protector().apply(RELEASED)
        _same(await resolver_host.servers(), before)

    async def test_a_record_made_while_held_says_what_was_before(
        self, resolver_host: ResolverHost
    ) -> None:
        """Or our own values would be restored after a crash."""
        protector = resolver_host.protector()
        before = await protector.record()
        await protector.apply(held(resolver_host, INSIDE))
        _same(await protector.record(), before)

    async def test_a_new_run_restores_what_a_crashed_one_recorded(
        self, resolver_host: ResolverHost
    ) -> None:
        """By the journal alone."""
        before = await resolver_host.servers()
        crashed = resolver_host.protector()
        changes = await crashed.record()
        await crashed.apply(held(resolver_host, INSIDE))
        successor = resolver_host.protector()
        successor.adopt(changes)
        await successor.apply(RELEASED)
        _same(await resolver_host.servers(), before)

    async def test_a_new_run_holds_what_a_crashed_one_held(
        self, resolver_host: ResolverHost
    ) -> None:
        """And still knows what to restore."""
        before = await resolver_host.servers()
        crashed = resolver_host.protector()
        changes = await crashed.record()
        await crashed.apply(held(resolver_host, INSIDE))
        successor = resolver_host.protector()
        successor.adopt(changes)
        await successor.apply(held(resolver_host, ALSO_INSIDE))
        _same(await resolver_host.servers(), (ALSO_INSIDE,))
        await successor.apply(RELEASED)
        _same(await resolver_host.servers(), before)

    async def test_changes_of_other_kinds_are_ignored(self, resolver_host: ResolverHost) -> None:
        """The journal holds everyone's."""
        before = await resolver_host.servers()
        protector = resolver_host.protector()
        protector.adopt((Change(kind="sysctl", name="net.ipv4.ip_forward", old="0"),))
        await protector.apply(RELEASED)
        _same(await resolver_host.servers(), before)

    async def test_nothing_drifts_while_nobody_meddles(self, resolver_host: ResolverHost) -> None:
        """Our own writing is no news."""
        protector = resolver_host.protector()
        watching = asyncio.create_task(protector.drifted())
        await asyncio.sleep(0)
        await protector.apply(held(resolver_host, INSIDE))
        await protector.apply(held(resolver_host, ALSO_INSIDE))
        done, _ = await asyncio.wait({watching}, timeout=_CALM_S)
        watching.cancel()
        _same(done, set())

    async def test_meddling_is_noticed_and_mended(self, resolver_host: ResolverHost) -> None:
        """As often as it happens."""
        protector = resolver_host.protector()
        await protector.apply(held(resolver_host, INSIDE))
        for _ in range(2):
            watching = asyncio.create_task(protector.drifted())
            await asyncio.sleep(0)
            await resolver_host.disturb()
            await asyncio.wait_for(watching, _EVENTUALLY_S)
            await protector.apply(held(resolver_host, INSIDE))
            _same(await resolver_host.servers(), (INSIDE,))

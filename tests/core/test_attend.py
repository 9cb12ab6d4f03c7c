"""What others change on the host is noticed, and put right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from worldvpn_core.attend import Attendant
from worldvpn_core.contracts import HostServices, LinkFacts, LinksChanged, NetworkChanged, Resumed
from worldvpn_core.testing.fakes import FakeEvents, fake_host
from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import plan
from worldvpn_core.tunnel.states import Connected

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def _attended(
    follow: Callable[[Attendant], Awaitable[None]],
) -> AsyncIterator[tuple[World, HostServices, list[str]]]:
    """A connected world, attended to in one way; the list gathers every call to hurry."""
    async with running(World()) as world:
        world.connect(plan())
        await world.until(lambda state: isinstance(state, Connected))
        host, hurried = fake_host(links=world.links), list[str]()
        attendant = Attendant(
            host,
            world.enforcer,
            world.runner,
            hurry=lambda: hurried.append("hurry"),
        )
        task = asyncio.ensure_future(follow(attendant))
        await world.settled()
        yield world, host, hurried
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_rules_that_someone_changed_are_loaded_again() -> None:
    async with _attended(Attendant.follow_rules) as (world, _host, _hurried):
        applied = len(world.firewall.applied)
        world.firewall.changed.set()
        await world.settled()

    assert len(world.firewall.applied) == applied + 1


async def test_resolver_that_someone_overwrote_is_set_again() -> None:
    async with _attended(Attendant.follow_resolver) as (world, _host, _hurried):
        applied = len(world.dns.applied)
        world.dns.overwritten.set()
        await world.settled()

    assert len(world.dns.applied) == applied + 1


async def test_rules_are_rendered_again_for_a_new_link() -> None:
    async with _attended(Attendant.follow_host) as (world, host, hurried):
        applied = len(world.firewall.applied)
        world.links.present["wlan0"] = LinkFacts(name="wlan0", index=9)
        _tell(host, LinksChanged())
        await world.settled()

    assert len(world.firewall.applied) == applied + 1
    assert hurried == ["hurry"]


async def test_link_of_our_own_changes_nothing() -> None:
    async with _attended(Attendant.follow_host) as (world, host, hurried):
        applied = len(world.firewall.applied)
        world.links.present["wv77"] = LinkFacts(name="wv77", index=9, kind="tun")
        _tell(host, LinksChanged())
        await world.settled()

    assert len(world.firewall.applied) == applied
    assert hurried == []


async def test_routes_are_repaired_when_the_network_changed() -> None:
    async with _attended(Attendant.follow_host) as (world, host, hurried):
        routed, ruled = len(world.routing.applied), len(world.firewall.applied)
        _tell(host, NetworkChanged())
        await world.settled()

    assert len(world.routing.applied) == routed + 1
    assert len(world.firewall.applied) == ruled
    assert hurried == ["hurry"]


async def test_all_is_enforced_again_on_waking() -> None:
    async with _attended(Attendant.follow_host) as (world, host, hurried):
        ruled = len(world.firewall.applied)
        _tell(host, Resumed())
        await world.settled()

    assert len(world.firewall.applied) == ruled + 1
    assert hurried == ["hurry"]


def _tell(host: HostServices, event: LinksChanged | NetworkChanged | Resumed) -> None:
    assert isinstance(host.events, FakeEvents)
    host.events.queue.put_nowait(event)

"""A host that cannot be watched does not lose its daemon by that."""

from __future__ import annotations

import asyncio

import pytest

from worldvpn_core import attend
from worldvpn_core.attend import Attendant
from worldvpn_core.enforce import Enforcer, Protection
from worldvpn_core.errors import DnsError, FirewallError
from worldvpn_core.testing.fakes import FakeDns, FakeFirewall, fake_host
from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import plan
from worldvpn_core.tunnel.states import Connected

pytestmark = pytest.mark.anyio


class UnwatchedDns(FakeDns):
    """A resolver on a host whose inotify instances are used up."""

    async def drifted(self) -> None:
        raise DnsError("cannot watch /etc/resolv.conf: too many open files")


class UnwatchedFirewall(FakeFirewall):
    """A kernel that tells nobody of changed rules."""

    async def disturbed(self) -> None:
        raise FirewallError("changes of rules cannot be heard of")


async def test_rules_that_cannot_be_watched_are_loaded_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attend, "UNWATCHED_S", 0.01)
    async with running(World()) as world:
        protection = Protection(
            firewall=UnwatchedFirewall(), routing=world.routing, journal=world.journal
        )
        enforcer = Enforcer(protection, settings=lambda: world.settings)
        attendant = Attendant(fake_host(), enforcer, world.runner, hurry=lambda: None)
        await world.settled()
        before = len(world.firewall.applied)
        following = asyncio.create_task(attendant.follow_rules())
        for _ in range(1_000):
            if len(world.firewall.applied) > before:
                break
            await asyncio.sleep(0.005)
        ended = following.done()
        following.cancel()

    assert not ended
    assert len(world.firewall.applied) > before


async def test_resolver_that_cannot_be_watched_is_set_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attend, "UNWATCHED_S", 0.01)
    async with running(World()) as world:
        world.connect(plan())
        await world.until(lambda state: isinstance(state, Connected))
        protection = Protection(
            firewall=world.firewall,
            routing=world.routing,
            journal=world.journal,
            dns=UnwatchedDns(),
        )
        enforcer = Enforcer(protection, settings=lambda: world.settings)
        attendant = Attendant(fake_host(), enforcer, world.runner, hurry=lambda: None)
        before = len(world.dns.applied)
        following = asyncio.create_task(attendant.follow_resolver())
        for _ in range(1_000):
            if len(world.dns.applied) > before:
                break
            await asyncio.sleep(0.005)
        ended = following.done()
        following.cancel()

    assert not ended
    assert len(world.dns.applied) > before

"""A part of the host that cannot be changed: nothing opens by it, and nobody is stranded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.security.control import caller, desk
from worldvpn_core.errors import DnsError, FirewallError, ProtectionError
from worldvpn_core.ipc.messages import HostReset
from worldvpn_core.testing.fakes import FakeDns
from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import plan
from worldvpn_core.tunnel.events import DisconnectRequested
from worldvpn_core.tunnel.states import Blocked, Connected, Disconnected

pytestmark = pytest.mark.anyio

UNREADABLE = DnsError("/etc/resolv.conf is not a regular file")


async def test_host_is_blocked_though_its_resolver_cannot_be_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(_dns: FakeDns) -> None:
        raise UNREADABLE

    monkeypatch.setattr(FakeDns, "record", refuse)
    async with running(World()) as world:
        world.connect(plan())
        state = await world.until(lambda state: isinstance(state, Blocked))
        await world.settled()

    assert isinstance(state, Blocked)
    assert not state.enforced
    assert not world.firewall.applied[-1].host.is_open


async def test_resolver_that_cannot_be_restored_does_not_keep_the_host_blocked() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(lambda state: isinstance(state, Connected))
        world.dns.failure = UNREADABLE
        world.runner.post(DisconnectRequested())
        await world.until(lambda state: isinstance(state, Disconnected))
        world.runner.enforce_again()
        await world.settled()
        kept = world.journal.record

    assert isinstance(world.runner.state, Disconnected)
    assert world.firewall.applied[-1].host.is_open
    assert set(world.unrestored) == {UNREADABLE}
    assert kept is not None


async def test_resolver_that_can_be_restored_later_is_and_the_record_goes() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(lambda state: isinstance(state, Connected))
        world.dns.failure = UNREADABLE
        world.runner.post(DisconnectRequested())
        await world.until(lambda state: isinstance(state, Disconnected))
        world.dns.failure = None
        world.runner.enforce_again()
        await world.settled()

    assert world.unrestored[-1] is None
    assert world.journal.record is None


async def test_rules_that_cannot_be_removed_are_an_alarm_and_reset_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worldvpn_core.requests.RESET_LIMIT_S", 0.05)
    async with running(World()) as world:
        requests = desk(world, tmp_path).requests
        world.connect(plan())
        await world.until(lambda state: isinstance(state, Connected))
        world.firewall.failure = FirewallError("nft refused")
        with pytest.raises(ProtectionError, match="worldvpnd reset"):
            await requests.dispatch(caller(0), HostReset(confirm=True))
        state = await world.until(lambda state: isinstance(state, Blocked))

    assert isinstance(state, Blocked)
    assert not state.enforced

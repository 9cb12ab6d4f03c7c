"""A disk that is full at the worst moment: what is shown must be what the kernel holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import SILENT, plan
from worldvpn_core.tunnel.events import DisconnectRequested, PauseEnded, PauseRequested
from worldvpn_core.tunnel.states import Blocked, Connected, Disconnected, Paused

pytestmark = pytest.mark.anyio


async def test_pause_that_ends_on_a_full_disk_blocks_the_host_all_the_same() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(lambda state: isinstance(state, Connected))
        world.runner.post(PauseRequested(until_utc=datetime.now(UTC) + timedelta(hours=1)))
        await world.until(lambda state: isinstance(state, Paused))
        world.journal.full = True
        world.runner.post(PauseEnded())
        await world.until(lambda state: isinstance(state, Blocked))
        await world.settled()

    assert not world.firewall.applied[-1].host.is_open


async def test_block_that_cannot_be_recorded_is_told_and_made_whole_once_there_is_room() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(lambda state: isinstance(state, Connected))
        world.runner.post(PauseRequested(until_utc=datetime.now(UTC) + timedelta(hours=1)))
        await world.until(lambda state: isinstance(state, Paused))
        world.journal.full = True
        world.runner.post(PauseEnded())
        told = await world.until(lambda state: isinstance(state, Blocked))
        await world.settled()
        world.journal.full = False
        world.runner.enforce_again()
        mended = await world.until(lambda state: isinstance(state, Blocked) and state.enforced)

    assert isinstance(told, Blocked)
    assert (told.enforced, told.cause.code) == (False, "journal")
    assert isinstance(mended, Blocked)
    assert world.routing.applied[-1].held


async def test_host_that_starts_on_a_full_disk_is_blocked_if_it_is_wanted_so() -> None:
    world = World(initial=Blocked(cause=SILENT))
    world.journal.full = True
    async with running(world):
        await world.settled()

    assert world.firewall.applied
    assert not world.firewall.applied[-1].host.is_open


async def test_full_disk_does_not_end_the_runner_when_rules_are_loaded_again() -> None:
    world = World(initial=Blocked(cause=SILENT))
    world.journal.full = True
    async with running(world):
        await world.settled()
        world.runner.enforce_again()
        await world.settled()
        world.journal.full = False
        world.runner.enforce_again()
        state = await world.until(lambda state: isinstance(state, Blocked) and state.enforced)

    assert isinstance(state, Blocked)


async def test_disconnect_opens_the_host_though_the_journal_cannot_be_emptied() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(lambda state: isinstance(state, Connected))
        world.journal.full = True
        world.runner.post(DisconnectRequested())
        await world.until(lambda state: isinstance(state, Disconnected))
        world.runner.enforce_again()
        await world.settled()

    assert isinstance(world.runner.state, Disconnected)
    assert world.firewall.applied[-1].host.is_open

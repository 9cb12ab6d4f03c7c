"""Who asks faster than tunnels open keeps nobody else waiting."""

from __future__ import annotations

import pytest

from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import plan
from worldvpn_core.tunnel.events import DisconnectRequested
from worldvpn_core.tunnel.states import Connected, Disconnected

pytestmark = pytest.mark.anyio


async def test_flood_of_wishes_to_connect_does_not_hold_up_the_owners_disconnect() -> None:
    async with running(World()) as world:
        for attempt in range(1, 200):
            world.connect(plan(attempt))
        world.runner.post(DisconnectRequested())
        await world.settled()
        await world.until(lambda state: isinstance(state, Disconnected))

    assert len(world.states) <= 4
    assert world.firewall.applied[-1].host.is_open


async def test_newest_of_many_wishes_is_the_one_that_counts() -> None:
    async with running(World()) as world:
        for attempt in range(1, 50):
            world.connect(plan(attempt))
        state = await world.until(lambda state: isinstance(state, Connected))

    assert isinstance(state, Connected)
    assert state.plan.attempt == 49
    assert len(world.transport.opened) == 1

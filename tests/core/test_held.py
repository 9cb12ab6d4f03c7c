"""Closing a tunnel keeps nobody waiting, however stuck its engine is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import plan
from worldvpn_core.tunnel.events import DisconnectRequested
from worldvpn_core.tunnel.states import Connected, Disconnected, Disconnecting, State

pytestmark = pytest.mark.anyio


def _is(kind: type[State]) -> Callable[[State], bool]:
    return lambda state: isinstance(state, kind)


async def test_rules_are_rendered_again_while_a_stuck_tunnel_closes() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(_is(Connected))
        world.transport.opened[0].lets_go.clear()
        world.runner.post(DisconnectRequested())
        await world.until(_is(Disconnecting))
        applied = len(world.firewall.applied)
        world.runner.enforce_again()
        await world.settled()
        rendered = len(world.firewall.applied) - applied
        world.transport.opened[0].lets_go.set()
        await world.until(_is(Disconnected))

    assert rendered == 1


async def test_open_asked_for_while_closing_waits_until_all_is_closed() -> None:
    async with running(World()) as world:
        world.connect(plan(1))
        await world.until(_is(Connected))
        world.transport.opened[0].lets_go.clear()
        world.runner.post(DisconnectRequested())
        await world.until(_is(Disconnecting))
        world.connect(plan(2))
        await world.settled()
        early = len(world.transport.opened)
        world.transport.opened[0].lets_go.set()
        await world.until(_is(Connected))

    assert early == 1
    assert world.transport.opened[0].closed == 1

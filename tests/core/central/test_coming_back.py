"""A tunnel at a place that falls comes back where it can, and says why where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.central.controlling import UID, Hosted, hosted
from tests.core.central.server_side import node
from worldvpn_core.central.calls import End, Open
from worldvpn_core.central.news import Reach, Reached, SessionNews
from worldvpn_core.errors import (
    HandshakeTimeoutError,
    OutOfCreditError,
    TunnelSilentError,
)
from worldvpn_core.tunnel.states import Blocked, Connected, Paused

pytestmark = pytest.mark.anyio


def fall(world: Hosted) -> None:
    """Let the newest tunnel fall by itself."""
    world.transport.opened[-1].fall(TunnelSilentError("the node has stopped answering"))


async def test_tunnel_that_fell_is_replaced_by_one_to_another_node(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        await world.reach("@DE")
        (first,) = world.agent.open
        fall(world)
        await world.connected(2)

        retry = world.agent.of(Open)[-1]
        assert (retry.replaces, retry.avoided) == (first, (node(1),))
        assert list(world.agent.open.values()) == [node(2)]


async def test_node_that_never_answers_is_replaced_by_another(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        world.transport.failure = HandshakeTimeoutError("no answer")
        await world.control.connect("@DE", partial=False, uid=UID)
        await world.agent.asked_times(Open, 2)
        world.transport.failure = None
        await world.connected(2)

        assert node(1) not in world.agent.open.values()
        assert len(world.agent.open) == 1


async def test_session_that_its_node_left_is_replaced(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        await world.reach("@DE")
        (first,) = world.agent.open

        world.broker.heard(SessionNews(session_id=first, action="ended", reason="node-offline"))
        await world.connected(2)

        assert list(world.agent.open.values()) == [node(2)]


async def test_session_that_the_server_ended_for_good_leaves_the_host_blocked(
    tmp_path: Path,
) -> None:
    async with hosted(tmp_path) as world:
        await world.reach("@DE")
        (first,) = world.agent.open

        world.broker.heard(SessionNews(session_id=first, action="ended", reason="device-revoked"))
        state = await world.until(lambda state: isinstance(state, Blocked))

        assert isinstance(state, Blocked)
        assert not state.cause.retryable
        assert world.control.reconnector.retry_in_s is None


async def test_host_stays_blocked_without_a_ticket_until_the_server_is_back(
    tmp_path: Path,
) -> None:
    async with hosted(tmp_path) as world:
        world.agent.ticket_s = 15
        await world.reach("@DE")
        world.agent.offline = True
        fall(world)
        await world.until(
            lambda state: isinstance(state, Blocked) and state.cause.code == "no-credit-proof"
        )
        assert not world.firewall.applied[-1].host.is_open

        world.agent.offline = False
        world.broker.heard(Reached(reach=Reach.ONLINE))
        await world.connected(2)


async def test_tunnel_comes_back_by_the_ticket_that_is_left_while_the_server_is_away(
    tmp_path: Path,
) -> None:
    async with hosted(tmp_path) as world:
        await world.reach("@DE")
        sessions = dict(world.agent.open)
        world.agent.offline = True
        fall(world)
        state = await world.connected(2)

        assert state.plan.profile_id == "@DE"
        assert world.agent.open == sessions


async def test_host_stays_blocked_where_credit_is_used_up(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        await world.reach("@DE")
        world.agent.fails[Open] = [OutOfCreditError("0 credits"), OutOfCreditError("0 credits")]
        fall(world)
        await world.until(
            lambda state: isinstance(state, Blocked) and state.cause.code == "out-of-credit"
        )
        await world.agent.asked_times(End, 1)

        assert world.agent.open == {}
        assert world.control.reconnector.retry_in_s is None


async def test_pause_ends_the_session_and_its_end_opens_another(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        await world.reach("@DE")
        world.control.pause(600)
        await world.until(lambda state: isinstance(state, Paused))
        await world.agent.asked_times(End, 1)
        assert world.agent.open == {}

        world.control.resume()
        await world.until(lambda state: isinstance(state, Connected))

        one, other = world.agent.of(Open)
        assert one.keys != other.keys
        assert len(world.agent.open) == 1

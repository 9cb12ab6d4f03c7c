"""Signing out ends what the account made possible, whatever is under way at that moment."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.core.central.brokering import Brokering
from tests.core.central.controlling import hosted
from worldvpn_core.central import causes
from worldvpn_core.central.calls import Call, Open
from worldvpn_core.central.news import SignedOut
from worldvpn_core.errors import SignedOutError, TunnelSilentError
from worldvpn_core.testing.samples import connected
from worldvpn_core.tunnel.states import Blocked, Connected, State

pytestmark = pytest.mark.anyio


def is_signed_out(state: State) -> bool:
    return isinstance(state, Blocked) and state.cause == causes.SIGNED_OUT


async def test_a_tunnel_that_is_being_replaced_is_not_replaced(tmp_path: Path) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()

    async def held(call: Call) -> None:
        if isinstance(call, Open):
            asked.set()
            await answered.wait()

    async with hosted(tmp_path) as world:
        await world.reach("@fastest")
        world.agent.meanwhile = held
        world.transport.opened[-1].fall(TunnelSilentError("the node has stopped answering"))
        await asked.wait()

        async with world.broker.leaving():
            answered.set()
            await world.until(is_signed_out)
            await world.broker.endings.all_ended()

        assert world.agent.open == {}
        assert not isinstance(world.runner.state, Connected)


async def test_a_tunnel_that_is_being_opened_falls_as_soon_as_it_stands(case: Brokering) -> None:
    case.attempts = 7
    case.broker.bind(7, await case.profile("fastest"))

    async with case.broker.leaving():
        pass
    case.broker.followed(connected(7))

    assert await case.fallen() == causes.SIGNED_OUT
    assert case.agent.open == {}


async def test_the_same_when_the_server_then_says_so_too(case: Brokering) -> None:
    case.attempts = 7
    case.broker.bind(7, await case.profile("fastest"))

    async with case.broker.leaving():
        case.broker.heard(SignedOut(code="signed-out", detail="This device was signed out."))
    case.broker.followed(connected(7))

    assert (await case.fallen()).code == causes.SIGNED_OUT.code


async def test_the_same_when_it_is_the_server_that_signs_out(case: Brokering) -> None:
    case.attempts = 7
    case.broker.bind(7, await case.profile("fastest"))

    case.broker.heard(SignedOut(code="device-revoked", detail="This device was revoked."))
    case.broker.followed(connected(7))

    assert (await case.fallen()).detail == "This device was revoked."


async def test_nothing_is_opened_while_it_lasts_and_again_after(case: Brokering) -> None:
    async with case.broker.leaving():
        with pytest.raises(SignedOutError):
            await case.profile("fastest")

    assert await case.connected("fastest")
    assert case.posted == []


async def test_an_opening_that_the_server_signs_out_says_so(case: Brokering) -> None:
    async def revoked(call: Call) -> None:
        if isinstance(call, Open):
            case.broker.heard(SignedOut(code="device-revoked", detail="This device was revoked."))

    case.agent.meanwhile = revoked

    with pytest.raises(SignedOutError, match="was revoked"):
        await case.profile("fastest")

    await case.broker.endings.all_ended()
    assert case.agent.open == {}

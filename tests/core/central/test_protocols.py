"""A place is reached by the protocol that the owner chose, else by the first that it offers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest

from tests.core.central.controlling import UID, Hosted, hosted
from tests.core.offers import Fenced, Masque
from worldvpn_core.central.calls import Call, Open
from worldvpn_core.central.news import Reach, Reached
from worldvpn_core.contracts import Transport
from worldvpn_core.errors import (
    CentralBusyError,
    CentralRefusedError,
    ConfigError,
    NoCreditProofError,
    TunnelSilentError,
    WorldVpnError,
)
from worldvpn_core.testing.fakes import FakeTransport
from worldvpn_core.tunnel.states import Blocked, Connected, Disconnected

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Hosted]:
    async with hosted(tmp_path) as made:
        made.transports["masque"] = Masque(made.links)
        yield made


def choose(world: Hosted, protocol: str | None) -> None:
    """Let the owner choose ``protocol``."""
    world.settings = attrs.evolve(world.settings, protocol=protocol)


def refuse(world: Hosted, **errors: WorldVpnError) -> None:
    """Let the server open no session by these protocols, while it is there."""

    async def answer(call: Call) -> None:
        if isinstance(call, Open) and call.protocol in errors and not world.agent.offline:
            raise errors[call.protocol]

    world.agent.meanwhile = answer


def asked(world: Hosted) -> list[str]:
    """Return the protocols that the server was asked for, in their order."""
    return [call.protocol for call in world.agent.of(Open)]


def fall(transport: Transport) -> None:
    """Let the newest tunnel of ``transport`` fall by itself."""
    assert isinstance(transport, FakeTransport)
    transport.opened[-1].fall(TunnelSilentError("the node has stopped answering"))


async def test_automatic_takes_the_first_that_can_go_through_nodes(world: Hosted) -> None:
    able = dict(world.transports)
    world.transports.clear()
    world.transports.update(fenced=Fenced(world.transport), **able)

    state = await world.reach("@DE")

    assert (state.plan.transport, asked(world)) == ("fake", ["fake"])


async def test_chosen_protocol_is_the_only_one_asked_for(world: Hosted) -> None:
    choose(world, "masque")

    state = await world.reach("@DE")

    assert (state.plan.transport, asked(world)) == ("masque", ["masque"])
    assert [each.transport for each in world.asked] == ["masque"]


async def test_choice_counts_from_the_next_connection_on(world: Hosted) -> None:
    before = await world.reach("@DE")
    choose(world, "masque")
    await world.settled()
    assert world.runner.state == before

    after = await world.reach("@FR")

    assert (before.plan.transport, after.plan.transport) == ("fake", "masque")


async def test_profile_keeps_its_own_protocol(world: Hosted) -> None:
    choose(world, "masque")

    state = await world.reach("home")

    assert state.plan.transport == "fake"


@pytest.mark.parametrize("place", ["@DE", "@fastest"])
async def test_chosen_protocol_that_is_gone_is_refused_and_not_replaced(
    world: Hosted, place: str
) -> None:
    choose(world, "masque")
    del world.transports["masque"]

    with pytest.raises(ConfigError) as refused:
        await world.control.connect(place, partial=False, uid=UID)

    assert str(refused.value) == (
        "the chosen protocol 'masque' is not installed: install its plugin, "
        "or choose another protocol in the settings"
    )
    assert (world.agent.asked, world.runner.state) == ([], Disconnected())


async def test_tunnel_that_fell_and_whose_chosen_protocol_is_gone_stays_blocked(
    world: Hosted,
) -> None:
    choose(world, "masque")
    await world.reach("@DE")
    fall(world.transports.pop("masque"))

    state = await world.until(
        lambda state: isinstance(state, Blocked) and state.cause.code == "config"
    )

    assert isinstance(state, Blocked)
    assert "'masque' is not installed" in state.cause.detail
    assert world.control.reconnector.retry_in_s is None
    assert asked(world) == ["masque"]


async def test_chosen_protocol_that_the_place_does_not_offer_is_refused_and_not_replaced(
    world: Hosted,
) -> None:
    choose(world, "masque")
    refuse(world, masque=CentralRefusedError("no node offers MASQUE now, only: Fake"))

    with pytest.raises(CentralRefusedError, match="no node offers MASQUE"):
        await world.control.connect("@DE", partial=False, uid=UID)

    assert asked(world) == ["masque"]


async def test_automatic_goes_on_to_the_next_where_the_place_does_not_offer_the_first(
    world: Hosted,
) -> None:
    refuse(world, fake=CentralBusyError("no node offers Fake now, only: MASQUE"))

    state = await world.reach("@DE")

    assert (state.plan.transport, asked(world)) == ("masque", ["fake", "masque"])


@pytest.mark.parametrize("busy", ["fake", "masque"])
async def test_automatic_that_finds_none_says_what_is_worth_waiting_for(
    world: Hosted, busy: str
) -> None:
    never = CentralRefusedError("there is no such protocol")
    errors = dict.fromkeys(world.transports, never)
    refuse(world, **{**errors, busy: CentralBusyError("no node has room now")})

    with pytest.raises(CentralBusyError, match="has room"):
        await world.control.connect("@DE", partial=False, uid=UID)

    assert asked(world) == ["fake", "masque"]


async def test_computer_without_any_protocol_for_places_says_so(world: Hosted) -> None:
    world.transports.clear()

    with pytest.raises(ConfigError, match="connect by a profile"):
        await world.control.connect("@DE", partial=False, uid=UID)

    assert world.agent.asked == []


async def test_session_of_one_protocol_is_never_used_by_another(world: Hosted) -> None:
    await world.reach("@DE")
    choose(world, "masque")
    world.agent.offline = True
    fall(world.transport)

    state = await world.until(
        lambda state: isinstance(state, Blocked) and state.cause.code == NoCreditProofError.code
    )
    assert isinstance(state, Blocked)
    masque = world.transports["masque"]
    assert isinstance(masque, FakeTransport)
    assert masque.opened == []

    world.agent.offline = False
    world.broker.heard(Reached(reach=Reach.ONLINE))
    world.control.hurry()
    after = await world.connected(2)
    assert isinstance(after, Connected)
    assert after.plan.transport == "masque"


async def test_automatic_uses_the_session_there_is_while_the_server_is_away(
    world: Hosted,
) -> None:
    refuse(world, fake=CentralBusyError("no node offers Fake now, only: MASQUE"))
    await world.reach("@DE")
    world.agent.offline = True
    fall(world.transports["masque"])

    after = await world.connected(2)

    assert after.plan.transport == "masque"

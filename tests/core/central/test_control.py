"""Connecting to a place opens a session there, and leaves none behind that nobody uses."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.core.central.controlling import UID, Hosted, hosted
from tests.core.central.server_side import node
from worldvpn_core.central.calls import End, Open
from worldvpn_core.contracts import JournalRecord
from worldvpn_core.control import TunnelControl
from worldvpn_core.errors import (
    BusyError,
    ConfigError,
    DeniedError,
    JournalError,
    NoCreditProofError,
    TunnelSilentError,
)
from worldvpn_core.profiles import ProfileStore
from worldvpn_core.settings import Settings
from worldvpn_core.testing.running import World
from worldvpn_core.testing.samples import UNTIL
from worldvpn_core.tunnel.states import Blocked, Disconnected, Paused
from worldvpn_core.types import Refusal
from worldvpn_core.wanted import RESTARTED, Means, Wanted, first_state

pytestmark = pytest.mark.anyio


def fall(world: Hosted) -> None:
    """Let the newest tunnel fall by itself."""
    world.transport.opened[-1].fall(TunnelSilentError("the node has stopped answering"))


async def test_place_is_connected_by_a_session_of_its_own(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        state = await world.reach("@de")

        (call,) = world.agent.of(Open)
        assert str(call.place) == "DE"
        assert [str(each) for each in state.plan.remotes] == ["203.0.113.7:51820/udp"]
        assert not state.plan.partial
        assert state.plan.upstreams == ()
        assert [each.uid for each in world.asked] == [UID]
        # The session's own id means nothing to the next run of the daemon.
        assert state.plan.profile_id == world.asked[0].profile_id == "@DE"
        assert world.journal.record is not None
        assert world.journal.record.profile_id == "@DE"


@pytest.mark.parametrize("target", ["@nowhere", "@", "@DE/"])
async def test_what_is_no_place_asks_nobody(tmp_path: Path, target: str) -> None:
    async with hosted(tmp_path) as world:
        with pytest.raises(ConfigError, match="is no place"):
            await world.reach(target)

        assert (world.agent.asked, world.runner.state) == ([], Disconnected())


async def test_place_protects_everything(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        with pytest.raises(ConfigError, match="--partial"):
            await world.control.connect("@DE", partial=True, uid=UID)

        assert world.agent.asked == []


async def test_gate_that_refuses_costs_no_session(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        world.refusal = Refusal(code="no", detail="not on this network")

        with pytest.raises(DeniedError, match="not on this network"):
            await world.reach("@DE")

        assert world.agent.asked == []


async def test_computer_of_no_central_server_connects_by_profiles_alone(tmp_path: Path) -> None:
    world = World()
    means = Means(
        profiles=ProfileStore(tmp_path),
        transports={"fake": world.transport},
        resolve=_unasked,
        refusal=lambda _request: None,
        settings=lambda: world.settings,
        default_dns=(),
    )

    with pytest.raises(ConfigError, match=r"\[central\]"):
        await TunnelControl(world.runner, means, None).connect("@DE", partial=False, uid=UID)


async def _unasked(name: str) -> tuple[()]:
    raise AssertionError(name)


async def test_refusal_of_the_server_touches_nothing(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        first = await world.reach("home")
        world.agent.offline = True

        with pytest.raises(NoCreditProofError):
            await world.reach("@DE")
        await world.settled()

        assert world.runner.state == first


async def test_disconnecting_ends_every_session(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        await world.reach("@DE")

        world.control.disconnect()
        await world.agent.asked_times(End, 1)

        assert world.agent.open == {}


async def test_session_that_opens_after_disconnecting_is_ended(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        world.agent.answers.clear()
        connecting = asyncio.create_task(world.reach("@DE"))
        await world.agent.asked_times(Open, 1)

        world.control.disconnect()
        world.agent.answers.set()
        with pytest.raises(BusyError):
            await connecting
        await world.agent.asked_times(End, 1)

        assert (world.agent.open, world.transport.opened) == ({}, [])


async def test_session_that_opens_for_a_retry_after_disconnecting_is_ended(
    tmp_path: Path,
) -> None:
    async with hosted(tmp_path) as world:
        await world.reach("@DE")
        world.agent.answers.clear()
        fall(world)
        await world.agent.asked_times(Open, 2)

        world.control.disconnect()
        await world.until(lambda state: isinstance(state, Disconnected))
        world.agent.answers.set()
        await world.agent.asked_times(End, 1)
        await world.settled()

        assert world.agent.open == {}


async def test_session_of_a_wish_that_could_not_be_recorded_is_ended(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        world.journal.full = True

        await world.control.connect("@DE", partial=False, uid=UID)
        await world.agent.asked_times(End, 1)

        assert [type(each) for each in world.refused] == [JournalError]
        assert (world.agent.open, world.runner.state) == ({}, Disconnected())


async def test_another_place_takes_over_before_the_first_session_ends(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        await world.reach("@DE")
        state = await world.reach(f"@{node(3)}")
        await world.agent.asked_times(End, 1)

        assert state.plan.attempt == 2
        assert list(world.agent.open.values()) == [node(3)]


async def test_profile_takes_over_from_a_place(tmp_path: Path) -> None:
    async with hosted(tmp_path) as world:
        await world.reach("@DE")
        state = await world.reach("home")
        await world.agent.asked_times(End, 1)

        assert state.plan.profile_id == "home"
        assert world.agent.open == {}


async def test_place_that_was_wanted_is_taken_up_after_a_restart(tmp_path: Path) -> None:
    record = JournalRecord(profile_id="@DE/Berlin")
    initial, wanted = first_state(record, Settings())

    assert wanted == Wanted(profile_id="@DE/Berlin")
    async with hosted(tmp_path, wanted, initial=initial) as world:
        world.control.begin()
        await world.connected(1)

        (call,) = world.agent.of(Open)
        assert (str(call.place), call.replaces, call.avoided) == ("DE/Berlin", None, ())


def test_place_that_was_paused_stays_so_until_its_time() -> None:
    record = JournalRecord(profile_id="@fastest", paused_until_utc=UNTIL)
    before, after = datetime(2029, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)

    assert first_state(record, Settings(), before)[0] == Paused(until_utc=UNTIL)
    assert first_state(record, Settings(), after)[0] == Blocked(cause=RESTARTED)
    assert first_state(record, Settings(lockdown=True), before)[0] == Blocked(cause=RESTARTED)


def test_place_can_be_what_a_start_connects_to() -> None:
    settings = Settings(auto_connect="@de/Berlin")

    assert first_state(None, settings) == (
        Blocked(cause=RESTARTED),
        Wanted(profile_id="@DE/Berlin"),
    )
    assert first_state(None, Settings()) == (Disconnected(), None)

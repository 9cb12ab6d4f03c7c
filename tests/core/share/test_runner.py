"""Sharing on a host of fakes: the policy first, then the node, and never one without the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from worldvpn_core.contracts import ListenerInfo
from worldvpn_core.errors import EngineError, FirewallError, ShareError
from worldvpn_core.share.events import GuestInvited, GuestRevoked, ShareRequested, ShareStopped
from worldvpn_core.share.runner import ShareRunner
from worldvpn_core.share.states import Off, Serving, ShareState
from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import guest, node_link, plan, share_plan
from worldvpn_core.testing.share_fakes import FakeExit
from worldvpn_core.tunnel.states import Blocked, Connected, Disconnected

REQUESTED = ShareRequested(plan=share_plan(), link=node_link(), guests=(guest(),))

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class House:
    """A world that shares."""

    def __init__(self) -> None:
        self.world = World()
        self.exit = FakeExit(log=self.world.log)
        self.runner = ShareRunner(self.world.enforcer, self.world.runner, self.exit)

    async def until(self, holds: Callable[[ShareState], bool]) -> ShareState:
        async with asyncio.timeout(5):
            return await self.runner.reached(holds)

    async def serving(self) -> None:
        self.runner.post(REQUESTED)
        await self.until(lambda state: isinstance(state, Serving))


@asynccontextmanager
async def lived_in() -> AsyncIterator[House]:
    house = House()
    async with running(house.world):
        task = asyncio.create_task(house.runner.run())
        try:
            yield house
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await house.runner.close()


async def test_rules_stand_before_the_node_opens_and_before_a_guest_is_let_in() -> None:
    async with lived_in() as house:
        await house.world.settled()
        del house.world.log[:]
        await house.serving()
        await house.world.settled()

        acts = [word for word in house.world.log if word in {"firewall", "serve", "admit"}]
        assert acts == ["firewall", "serve", "firewall", "admit"]
        assert house.world.firewall.applied[-1].node is not None


async def test_a_guest_is_known_to_the_rules_before_it_is_let_in() -> None:
    async with lived_in() as house:
        await house.serving()
        house.runner.post(GuestInvited(guest=guest(2)))
        await house.world.settled()

        node = house.world.firewall.applied[-1].node
        assert node is not None
        assert {*guest(2).addresses} <= {*node.guests}
        assert guest(2).public_key in house.exit.served[-1].guests


async def test_a_guest_that_comes_or_goes_changes_the_firewall_and_nothing_else() -> None:
    async with lived_in() as house:
        await house.serving()
        await house.world.settled()
        del house.world.log[:]
        house.runner.post(GuestInvited(guest=guest(2)))
        house.runner.post(GuestRevoked(public_key=guest(2).public_key))
        await house.runner.settled()

        assert house.world.log == ["firewall", "admit", "firewall", "dismiss"]


async def test_a_guest_sent_away_is_refused_by_the_rules_and_by_the_node() -> None:
    async with lived_in() as house:
        await house.serving()
        house.runner.post(GuestRevoked(public_key=guest().public_key))
        await house.world.settled()

        node = house.world.firewall.applied[-1].node
        assert node is not None
        assert node.guests == ()
        assert house.exit.served[-1].guests == {}


async def test_what_sharing_changes_on_an_open_host_is_recorded_and_given_back() -> None:
    async with lived_in() as house:
        await house.serving()
        record = house.world.journal.record
        house.runner.post(ShareStopped())
        await house.until(lambda state: isinstance(state, Off))

        assert record is not None
        assert record.profile_id is None
        assert house.world.journal.record is None
        assert house.world.routing.applied[-1].node is None


async def test_a_host_that_cannot_be_protected_opens_no_node() -> None:
    async with lived_in() as house:
        house.world.firewall.failure = FirewallError("no")
        house.runner.post(REQUESTED)
        state = await house.until(lambda state: isinstance(state, Off) and bool(state.cause))

        assert isinstance(state, Off)
        assert house.exit.served == []


async def test_rules_of_the_node_that_do_not_stand_close_it_and_leave_the_tunnel_alone() -> None:
    async with lived_in() as house:
        house.world.connect(plan())
        await house.world.until(lambda state: isinstance(state, Connected))
        await house.serving()
        house.world.firewall.failure = ShareError("no nft in the namespace")
        house.runner.post(GuestInvited(guest=guest(2)))
        state = await house.until(lambda state: isinstance(state, Off))

        assert isinstance(state, Off)
        assert state.cause is not None
        assert state.cause.code == "share"
        assert isinstance(house.world.runner.state, Connected)
        assert house.exit.served[-1].closed


async def test_a_tunnel_that_connects_beside_the_node_does_not_disturb_it() -> None:
    async with lived_in() as house:
        await house.serving()
        house.world.connect(plan())
        await house.world.until(lambda state: isinstance(state, Connected))

        assert isinstance(house.runner.state, Serving)
        assert house.world.firewall.applied[-1].node is not None
        assert house.world.routing.applied[-1].node == node_link()


async def test_an_exit_that_lies_about_where_it_listens_serves_nobody() -> None:
    async with lived_in() as house:
        house.exit.lie = ListenerInfo(public_key=bytes(32), listen=(), addresses=())
        house.runner.post(REQUESTED)
        state = await house.until(lambda state: isinstance(state, Off) and bool(state.cause))

        assert isinstance(state, Off)
        assert state.cause is not None
        assert state.cause.code == "plugin.contract"
        assert house.exit.served[-1].closed


async def test_a_node_that_falls_is_closed_and_says_why() -> None:
    async with lived_in() as house:
        await house.serving()
        house.exit.served[-1].fall(EngineError("killed"))
        state = await house.until(lambda state: isinstance(state, Off))

        assert isinstance(state, Off)
        assert state.cause is not None
        assert state.cause.detail == "killed"
        assert house.world.firewall.applied[-1].node is None


async def test_a_failing_exit_is_off_with_its_reason_and_the_host_stays_as_it_was() -> None:
    async with lived_in() as house:
        house.exit.failure = EngineError("wireguard-go is not installed")
        house.runner.post(REQUESTED)
        await house.until(lambda state: isinstance(state, Off) and bool(state.cause))

        assert isinstance(house.world.runner.state, Disconnected)
        assert house.world.firewall.applied[-1].host.node is None


async def test_stopping_while_it_opens_leaves_nothing() -> None:
    async with lived_in() as house:
        house.exit.hangs = True
        house.runner.post(REQUESTED)
        await house.until(lambda state: not isinstance(state, Off))
        house.runner.post(ShareStopped())
        state = await house.until(lambda state: isinstance(state, Off))

        assert state == Off()
        assert await house.exit.namespaces.all() == ()


async def test_alarm_of_the_host_is_not_made_by_the_node() -> None:
    async with lived_in() as house:
        house.world.firewall.failure = ShareError("no")
        house.runner.post(REQUESTED)
        await house.world.settled()

        assert not isinstance(house.world.runner.state, Blocked)


async def test_a_node_that_fell_and_took_its_namespace_along_is_off_all_the_same() -> None:
    async with lived_in() as house:
        await house.serving()
        house.world.firewall.failure = ShareError("there is no namespace")
        house.exit.served[-1].fall(EngineError("killed"))
        state = await house.until(lambda state: isinstance(state, Off))

        assert isinstance(state, Off)
        assert state.cause is not None
        assert state.cause.detail == "killed"


async def test_the_tunnels_next_state_under_way_is_no_failure_of_the_node() -> None:
    async with lived_in() as house:
        await house.world.settled()
        house.world.firewall.turns = 5
        house.runner.post(REQUESTED)
        for _ in range(2):
            await asyncio.sleep(0)
        # Right behind the node's own: it is being enforced when the node looks at what stands.
        house.world.connect(plan())
        state = await house.until(
            lambda state: isinstance(state, Serving) or (isinstance(state, Off) and state != Off())
        )

        assert isinstance(state, Serving)

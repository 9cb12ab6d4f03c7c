"""All of sharing, wired to a fake server: the node opens under its networks and is offered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.core.share.central_fakes import (
    OTHER_SECRETS,
    SECRETS,
    Central,
    FakeServer,
    offer,
    other_networks,
    session,
    silent,
)
from worldvpn_core.central.calls import Announce
from worldvpn_core.errors import ConfigError
from worldvpn_core.ipc.share import ShareStatus
from worldvpn_core.settings import Settings
from worldvpn_core.share.invited import GuestStore
from worldvpn_core.share.sharing import AroundSharing, Sharing
from worldvpn_core.share.states import Off, Serving
from worldvpn_core.testing.counting_fakes import FakeGuestMeter, meters
from worldvpn_core.testing.fakes import fake_host
from worldvpn_core.testing.namespace_fakes import FakeNamespaces
from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import guest
from worldvpn_core.testing.share_fakes import FakeExit
from worldvpn_core.types import IpNetwork

pytestmark = pytest.mark.anyio

_WANTED = Settings(sharing=True, share_consent_utc="2026-01-01T00:00:00+00:00", share_country="DE")


class House:
    """A daemon's sharing on a host of fakes."""

    def __init__(self, state_dir: Path, server: FakeServer | None) -> None:
        self.world = World(settings=_WANTED)
        self.exit = FakeExit(FakeNamespaces(), self.world.log)
        self.server = server
        self.moved = asyncio.Event()
        self.meter = FakeGuestMeter()
        self.sharing = Sharing(
            self.around(
                enforcer=self.world.enforcer,
                tunnel=self.world.runner,
                host=attrs.evolve(fake_host(), namespaces=self.exit.namespaces),
                ask_router=silent,
                exit_=self.exit,
                settings=lambda: self.world.settings,
                change=self._change,
                publish=self.moved.set,
                dns=(),
                state_dir=state_dir,
                central=Central(link=server, meters=meters(self.meter)),
            )
        )

    def around(self, **parts: Any) -> AroundSharing:  # noqa: ANN401 - of any field
        """Return what sharing needs of the rest."""
        return AroundSharing(**parts)

    def _change(self, settings: Settings) -> None:
        self.world.settings = settings

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self.moved.clear()
                await self.moved.wait()

    @property
    def prefixes(self) -> tuple[IpNetwork, ...]:
        """The networks under which the node serves."""
        state = self.sharing.runner.state
        return state.plan.prefixes if isinstance(state, Serving) else ()

    @property
    def is_listed(self) -> bool:
        return self.sharing.listed is not None and self.sharing.listed.is_listed

    @property
    def node_id(self) -> str:
        """The id under which the server was told of the node last."""
        assert self.server is not None
        return [call.node_id for call in self.server.asked if isinstance(call, Announce)][-1]

    async def status(self) -> object:
        answer = await self.sharing.requests.dispatch(ShareStatus())
        shown = answer["sharing"]
        assert isinstance(shown, dict)
        return shown["server"]


@asynccontextmanager
async def lived_in(state_dir: Path, server: FakeServer | None) -> AsyncIterator[House]:
    house = House(state_dir, server)
    async with running(house.world):
        task = asyncio.create_task(house.sharing.run())
        try:
            yield house
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await house.sharing.leave()


@pytest.fixture
def server() -> FakeServer:
    made = FakeServer()
    made.inner = other_networks()
    return made


async def test_the_node_opens_anew_under_the_servers_networks_once_and_is_listed(
    tmp_path: Path, server: FakeServer
) -> None:
    async with lived_in(tmp_path, server) as house:
        house.sharing.control.follow()
        await house.until(lambda: house.is_listed)
        opened = len(house.exit.served)

        assert house.prefixes == other_networks()
        assert opened == 2
    async with lived_in(tmp_path, server) as house:
        house.sharing.control.follow()
        await house.until(lambda: house.is_listed)

        assert house.prefixes == other_networks()
        assert len(house.exit.served) == 1


async def test_networks_are_not_changed_under_the_feet_of_invited_devices(
    tmp_path: Path, server: FakeServer
) -> None:
    account, server.account = server.account, None
    async with lived_in(tmp_path, server) as house:
        house.sharing.control.follow()
        await house.until(lambda: bool(house.prefixes))
        before = house.prefixes
        house.sharing.control.invite("phone", "home.example")
        server.account = account
        house.sharing.account_changed()
        listed = house.sharing.listed
        assert listed is not None
        await house.until(lambda: "phone" in listed.reason)

        assert house.prefixes == before
        assert len(house.exit.served) == 1
        house.sharing.control.revoke("phone")
        house.sharing.account_changed()
        await house.until(lambda: house.is_listed)
        assert house.prefixes == other_networks()


async def test_the_server_sends_a_guest_and_the_owner_is_shown_how_many_there_are(
    tmp_path: Path, server: FakeServer
) -> None:
    async with lived_in(tmp_path, server) as house:
        house.sharing.control.follow()
        await house.until(lambda: house.is_listed)
        net4, net6 = other_networks()
        one = attrs.evolve(offer(house.node_id), assigned4=net4[4], assigned6=net6[4])
        house.sharing.heard(one)
        await house.world.settled()

        assert {*house.exit.served[-1].guests} == {guest().public_key}
        assert await house.status() == {"listed": True, "reason": "guests can come", "guests": 1}


async def test_another_account_shares_as_another_node_and_the_first_one_as_its_own_again(
    tmp_path: Path, server: FakeServer
) -> None:
    told = []
    for account in (SECRETS, OTHER_SECRETS, SECRETS):
        server.account = account
        async with lived_in(tmp_path, server) as house:
            house.sharing.control.follow()
            await house.until(lambda: house.is_listed)
            told.append(house.node_id)

    assert told[0] == told[2] != told[1]


async def test_an_account_that_is_changed_while_sharing_is_listed_as_another_node(
    tmp_path: Path, server: FakeServer
) -> None:
    async with lived_in(tmp_path, server) as house:
        house.sharing.control.follow()
        await house.until(lambda: house.is_listed)
        first = house.node_id
        server.account = None
        house.sharing.account_changed()
        await house.until(lambda: not house.is_listed)
        server.account = OTHER_SECRETS
        house.sharing.account_changed()
        await house.until(lambda: house.is_listed)
        second = house.node_id
        net4, net6 = other_networks()
        for node_id, number in ((first, 1), (second, 2)):
            server.guests[session(number)] = guest(number).public_key
            one = offer(node_id, number)
            house.sharing.heard(attrs.evolve(one, assigned4=net4[3 + number], assigned6=net6[9]))
        await house.world.settled()

        assert first != second
        assert {*house.exit.served[-1].guests} == {guest(2).public_key}


async def test_guests_come_and_go_without_the_server_being_told_anew(
    tmp_path: Path, server: FakeServer
) -> None:
    async with lived_in(tmp_path, server) as house:
        house.sharing.control.follow()
        await house.until(lambda: house.is_listed)
        said = len([call for call in server.asked if isinstance(call, Announce)])
        house.sharing.control.invite("phone", "home.example")
        await house.world.settled()

        assert len([call for call in server.asked if isinstance(call, Announce)]) == said


async def test_a_node_that_is_switched_off_says_so_and_has_no_guests(
    tmp_path: Path, server: FakeServer
) -> None:
    async with lived_in(tmp_path, server) as house:
        house.sharing.control.follow()
        await house.until(lambda: house.is_listed)
        house.sharing.control.off()
        await house.until(lambda: isinstance(house.sharing.runner.state, Off))
        await house.world.settled()

        last = server.asked[-1]
        assert isinstance(last, Announce)
        assert not last.accepting
        assert await house.status() == {"listed": False, "reason": "", "guests": 0}


async def test_a_host_without_a_server_shares_with_its_own_devices(tmp_path: Path) -> None:
    async with lived_in(tmp_path, None) as house:
        house.sharing.control.follow()
        await house.until(lambda: bool(house.prefixes))
        house.sharing.heard(offer("0192f7a0-1b2c-7def-8abc-0123456789ab"))
        house.sharing.account_changed()
        await house.world.settled()

        assert await house.status() is None
        assert house.exit.served[-1].guests == {}
        assert not (tmp_path / "node.json").exists()


async def test_a_node_that_the_owner_ended_is_not_opened_anew(
    tmp_path: Path, server: FakeServer
) -> None:
    async with lived_in(tmp_path, server) as house:
        house.sharing.control.follow()
        await house.until(lambda: house.is_listed)
        opened = len(house.exit.served)
        house.sharing.control.off()
        house.sharing.control.reopen()
        await house.until(lambda: isinstance(house.sharing.runner.state, Off))
        await house.world.settled()
        house.sharing.control.reopen()
        await house.world.settled()

        assert isinstance(house.sharing.runner.state, Off)
        assert len(house.exit.served) == opened


def test_adopted_networks_are_kept(tmp_path: Path) -> None:
    store = GuestStore(tmp_path / "guests.json")
    drawn = store.prefixes
    store.adopt(other_networks())
    again = GuestStore(tmp_path / "guests.json")
    again.load()

    assert drawn != again.prefixes == other_networks()


def test_networks_are_not_adopted_while_devices_are_invited_and_they_are_named(
    tmp_path: Path,
) -> None:
    store = GuestStore(tmp_path / "guests.json")
    drawn = store.prefixes
    store.add("phone", guest())
    with pytest.raises(ConfigError, match="phone"):
        store.adopt(other_networks())

    assert store.prefixes == drawn
    assert [one.name for one in store.all()] == ["phone"]

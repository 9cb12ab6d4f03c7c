"""The server's word on the node: what it is told, when, and what the owner is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.share.central_fakes import OTHER_SECRETS, FakeServer, other_networks
from worldvpn_core.central.calls import Announce
from worldvpn_core.errors import CentralOfflineError, ConfigError
from worldvpn_core.settings import Settings
from worldvpn_core.share.listed import REASONS, Listed, _announcement
from worldvpn_core.share.registered import NodeFile
from worldvpn_core.share.states import Off, Serving, ShareState
from worldvpn_core.testing import samples
from worldvpn_core.types import Endpoint, IpNetwork

pytestmark = pytest.mark.anyio

_SERVING = next(state for state in samples.share_states() if isinstance(state, Serving))
_WANTED = Settings(sharing=True, share_country="DE", share_city="Köln", share_guests=7)


@attrs.define(eq=False)
class Registry:
    """A node's entry at a fake server."""

    server: FakeServer
    listed: Listed = attrs.field(init=False)
    settings: Settings = _WANTED
    state: ShareState = _SERVING
    adopted: list[tuple[IpNetwork, ...]] = attrs.field(factory=list)
    told: list[tuple[bool, str]] = attrs.field(factory=list)
    refusal: ConfigError | None = None
    public: Endpoint | None = None
    moved: asyncio.Event = attrs.field(factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Follow the node from now on, in whatever state the test has put it."""
        if self.task is None:
            self.task = asyncio.create_task(self.listed.run())

    def adopt(self, prefixes: tuple[IpNetwork, ...]) -> None:
        self.adopted.append(prefixes)
        if self.refusal is not None:
            raise self.refusal

    def changed(self) -> None:
        self.told.append((self.listed.is_listed, self.listed.reason))
        self.moved.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        self.start()
        async with asyncio.timeout(20):
            while not holds():
                self.moved.clear()
                await self.moved.wait()

    async def hurried(self) -> None:
        """Let what is new be followed."""
        self.start()
        self.listed.hurry()
        for _ in range(20):
            await asyncio.sleep(0)

    @property
    def calls(self) -> list[Announce]:
        return [call for call in self.server.asked if isinstance(call, Announce)]


@asynccontextmanager
async def followed(path: Path) -> AsyncIterator[Registry]:
    registry = Registry(FakeServer())
    file = NodeFile(path)
    file.load()
    registry.listed = Listed(
        link=registry.server,
        file=file,
        settings=lambda: registry.settings,
        state=lambda: registry.state,
        adopt=registry.adopt,
        protocol="wireguard",
        public=lambda: registry.public,
        changed=registry.changed,
    )
    registry.server.at_ask = registry.moved.set
    try:
        yield registry
    finally:
        if registry.task is not None:
            registry.task.cancel()
            await asyncio.gather(registry.task, return_exceptions=True)


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with followed(tmp_path / "node.json") as made:
        yield made


async def test_a_node_that_serves_is_announced_checked_and_listed(registry: Registry) -> None:
    await registry.until(lambda: registry.listed.is_listed)

    said, checked = registry.calls
    assert (said.reach, checked) == (False, attrs.evolve(said, reach=True))
    assert (said.country, said.city, said.most_guests) == ("DE", "Köln", 7)
    assert said.x25519 == _SERVING.node.public_key
    assert said.accepting
    assert registry.told == [(True, "guests can come")]
    assert registry.adopted == []


async def test_the_server_is_asked_to_take_the_address_that_it_sees(registry: Registry) -> None:
    await registry.until(lambda: registry.listed.is_listed)

    [listen] = registry.calls[0].listen
    assert listen.host.is_unspecified
    assert listen.port == _SERVING.plan.listen_port


@pytest.mark.parametrize(("reason", "words"), [*REASONS.items(), ("new-one", "new-one")])
async def test_the_owner_is_told_in_words_why_guests_do_not_come(
    registry: Registry, reason: str, words: str
) -> None:
    registry.server.reason = reason
    await registry.until(lambda: bool(registry.told))

    assert registry.told == [(reason == "reached", words)]


async def test_networks_that_the_server_has_drawn_are_adopted_before_anybody_is_sent(
    registry: Registry,
) -> None:
    registry.server.inner = other_networks()
    await registry.until(lambda: bool(registry.told))

    assert registry.adopted == [other_networks()]
    assert [call.reach for call in registry.calls] == [False]
    assert not registry.listed.is_listed
    assert "opens anew" in registry.listed.reason


async def test_a_node_whose_devices_stand_in_the_way_of_its_networks_says_so(
    registry: Registry,
) -> None:
    registry.server.inner = other_networks()
    registry.refusal = ConfigError("your own devices (phone) are invited")
    await registry.until(lambda: bool(registry.told))

    assert registry.told == [(False, "your own devices (phone) are invited")]


async def test_nothing_is_said_while_nobody_is_signed_in(registry: Registry) -> None:
    registry.server.account = None
    await registry.until(lambda: bool(registry.told))
    registry.state = Off()
    await registry.hurried()

    assert registry.server.asked == []
    assert registry.told[0] == (False, "nobody is signed in: guests cannot be sent")


async def test_a_node_is_announced_once_somebody_signs_in(registry: Registry) -> None:
    account, registry.server.account = registry.server.account, None
    await registry.until(lambda: bool(registry.told))
    registry.server.account = account
    registry.listed.hurry()
    await registry.until(lambda: registry.listed.is_listed)

    assert len(registry.calls) == 2


async def test_the_owner_is_asked_for_a_country_before_anything_is_announced(
    registry: Registry,
) -> None:
    registry.settings = attrs.evolve(_WANTED, share_country=None)
    await registry.until(lambda: bool(registry.told))

    assert registry.server.asked == []
    assert "settings share_country" in registry.listed.reason


async def test_a_server_that_is_away_is_told_later(registry: Registry) -> None:
    registry.server.failure = CentralOfflineError("no route to it")
    await registry.until(lambda: bool(registry.told))
    registry.server.failure = None
    await registry.until(lambda: registry.listed.is_listed)

    assert registry.told == [(False, "no route to it"), (True, "guests can come")]
    assert [call.reach for call in registry.calls] == [False, False, True]


@pytest.mark.parametrize(
    "state",
    [state for state in samples.share_states() if not isinstance(state, Serving)],
    ids=lambda state: type(state).__name__,
)
async def test_a_node_that_serves_no_more_takes_no_new_guests(
    registry: Registry, state: ShareState
) -> None:
    await registry.until(lambda: registry.listed.is_listed)
    registry.state = state
    await registry.hurried()
    await registry.hurried()

    assert [call.accepting for call in registry.calls] == [True, True, False]
    assert registry.told[-1] == (False, "")


async def test_a_server_that_was_away_when_sharing_ended_is_told_once_it_is_back(
    registry: Registry,
) -> None:
    await registry.until(lambda: registry.listed.is_listed)
    registry.server.failure = CentralOfflineError("no route to it")
    registry.state = Off()
    await registry.hurried()
    registry.server.failure = None
    await registry.hurried()
    await registry.hurried()

    assert [call.accepting for call in registry.calls] == [True, True, False, False]
    assert registry.told[-1] == (False, "")


async def test_nothing_is_said_of_a_node_of_the_account_before(registry: Registry) -> None:
    await registry.until(lambda: registry.listed.is_listed)
    registry.server.account = OTHER_SECRETS
    registry.state = Off()
    await registry.hurried()

    assert [call.accepting for call in registry.calls] == [True, True]
    assert registry.told[-1] == (False, "")


async def test_a_node_that_never_served_says_nothing(registry: Registry) -> None:
    registry.state = Off()
    await registry.hurried()

    assert registry.server.asked == []


async def test_a_node_that_serves_again_is_listed_again(registry: Registry) -> None:
    await registry.until(lambda: registry.listed.is_listed)
    registry.state = Off()
    await registry.hurried()
    registry.state = _SERVING
    registry.listed.hurry()
    await registry.until(lambda: registry.listed.is_listed)

    assert [call.accepting for call in registry.calls] == [True, True, False, True, True]


@given(
    rate=st.integers(0, 10_000),
    guests=st.integers(1, 200),
    daily=st.integers(1, 10_000),
    city=st.sampled_from(["", "Köln", "São Paulo"]),
)
def test_whatever_the_owner_chose_can_be_announced(
    rate: int, guests: int, daily: int, city: str
) -> None:
    settings = attrs.evolve(
        _WANTED, share_rate_mbps=rate, share_guests=guests, share_daily_gb=daily, share_city=city
    )
    said = _announcement(_SERVING, settings, "0192f7a0-1b2c-7def-8abc-0123456789ab", "wireguard")

    assert said.bandwidth_mbps == (rate or 50)
    assert (said.most_guests, said.daily_bytes) == (guests, daily * 10**9)

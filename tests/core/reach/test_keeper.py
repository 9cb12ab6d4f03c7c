"""A mapping is kept while it is wanted, made anew when lost, and taken away after that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path

import attrs
import pytest

from worldvpn_core.contracts import Gateway
from worldvpn_core.errors import AgentError
from worldvpn_core.reach.file import MappingFile
from worldvpn_core.reach.keeper import AroundMapping, MappingKeeper
from worldvpn_core.reach.standing import Trouble, Way
from worldvpn_core.reach.values import (
    ControlNeeded,
    MapAnswer,
    Mapped,
    MapPort,
    NotMapped,
    Protocol,
    Unmapped,
    endpoints_of,
)
from worldvpn_core.types import Endpoint

pytestmark = pytest.mark.anyio

ROUTER = Gateway(
    router=IPv4Address("192.168.77.1"), own=IPv4Address("192.168.77.10"), interface="eth0"
)
PORT = 51_820
SILENT = NotMapped(reason=Unmapped.SILENT)


@attrs.define(eq=False)
class Home:
    """A router that answers as a test has it, and a file."""

    path: Path
    gateway: Gateway | None = ROUTER
    #: What it answers to any wish for a port; None: it leads on what is wished.
    answer: MapAnswer | Exception | None = None
    address: IPv4Address | None = None
    epoch_s: int | None = None
    control_port: int | None = None
    led: set[int] = attrs.field(factory=set)
    asked: list[MapPort] = attrs.field(factory=list)
    admitted: list[tuple[Endpoint, ...]] = attrs.field(factory=list)
    moved: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def ask(self, wanted: MapPort) -> MapAnswer:
        assert self.admitted[-1] == endpoints_of(wanted), "asked before it was let out"
        self.asked.append(wanted)
        self.moved.set()
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        if self.control_port is not None and wanted.control_port is None:
            return ControlNeeded(port=self.control_port)
        if wanted.lifetime_s:
            self.led.add(wanted.public_port)
        else:
            self.led.discard(wanted.public_port)
        return Mapped(
            protocol=Protocol.PCP if self.control_port is None else Protocol.UPNP,
            public_port=wanted.public_port,
            lifetime_s=wanted.lifetime_s,
            address=self.address,
            epoch_s=self.epoch_s,
        )

    async def admit(self, endpoints: tuple[Endpoint, ...]) -> None:
        self.admitted.append(endpoints)

    async def out(self) -> Gateway | None:
        return self.gateway

    def keeper(self) -> MappingKeeper:
        file = MappingFile(self.path)
        file.load()
        around = AroundMapping(
            ask=self.ask,
            gateway=self.out,
            admit=self.admit,
            changed=self.moved.set,
            check_s=0.01,
        )
        return MappingKeeper(around, file)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                self.moved.clear()
                await self.moved.wait()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "mapping.json")


@asynccontextmanager
async def kept(home: Home) -> AsyncIterator[MappingKeeper]:
    keeper = home.keeper()
    task = asyncio.create_task(keeper.run())
    try:
        yield keeper
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_wanted_port_is_led_on_and_given_up_with_all_that_was_let_out(home: Home) -> None:
    async with kept(home) as keeper:
        keeper.want(PORT)
        await home.until(lambda: keeper.standing.way is Way.MAPPED)
        assert home.led == {PORT}

        keeper.want(None)
        await home.until(lambda: keeper.standing.way is Way.UNKNOWN)

    assert (home.led, home.admitted[-1], home.path.exists()) == (set(), (), False)


async def test_router_that_has_forgotten_is_asked_again(home: Home) -> None:
    async with kept(home) as keeper:
        keeper.want(PORT)
        await home.until(lambda: home.led == {PORT})
        home.led.clear()

        await home.until(lambda: home.led == {PORT})

    assert len({wanted.nonce for wanted in home.asked}) == 1


async def test_nothing_is_asked_before_it_is_on_disk(home: Home) -> None:
    home.answer = AgentError("gone")

    async with kept(home) as keeper:
        keeper.want(PORT)
        await home.until(lambda: bool(home.asked))
        assert home.path.exists()


async def test_what_a_crash_has_left_is_taken_away_at_the_next_start(home: Home) -> None:
    async with kept(home) as keeper:
        keeper.want(PORT)
        await home.until(lambda: keeper.standing.way is Way.MAPPED)
    assert home.led == {PORT}

    async with kept(home):
        await home.until(lambda: home.led == set())
        await asyncio.sleep(0)

    assert not home.path.exists()


async def test_what_is_left_is_asked_for_a_few_times_and_then_no_more(home: Home) -> None:
    async with kept(home) as keeper:
        keeper.want(PORT)
        await home.until(lambda: keeper.standing.way is Way.MAPPED)
    home.answer = AgentError("it is only starting")
    home.asked.clear()

    async with kept(home):
        await home.until(lambda: len(home.asked) > 1)
        home.answer = None
        await home.until(lambda: home.led == set())

    assert home.path.exists() is False


async def test_record_stays_while_the_router_may_still_lead_on(home: Home) -> None:
    async with kept(home) as keeper:
        keeper.want(PORT)
        await home.until(lambda: keeper.standing.way is Way.MAPPED)
        home.answer = SILENT
        keeper.want(None)
        await home.until(lambda: keeper.standing.way is Way.UNKNOWN)

    assert home.path.exists()


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (SILENT, Trouble.ROUTER_SILENT),
        (NotMapped(reason=Unmapped.REFUSED), Trouble.ROUTER_REFUSED),
        (NotMapped(reason=Unmapped.SENSELESS), Trouble.ROUTER_SENSELESS),
        (ControlNeeded(port=5_000), Trouble.ROUTER_SENSELESS),
        (AgentError("gone"), Trouble.ROUTER_SILENT),
    ],
    ids=["silent", "refused", "senseless", "asks for ever", "agent gone"],
)
async def test_failure_has_a_reason(
    home: Home, answer: MapAnswer | Exception, trouble: Trouble
) -> None:
    home.answer = answer

    async with kept(home) as keeper:
        keeper.want(PORT)
        await home.until(lambda: keeper.standing.trouble is trouble)

        assert keeper.standing.way is Way.CLOSED


async def test_lost_mapping_is_reported(home: Home) -> None:
    async with kept(home) as keeper:
        keeper.want(PORT)
        await home.until(lambda: keeper.standing.way is Way.MAPPED)

        home.answer = SILENT

        await home.until(lambda: keeper.standing.trouble is Trouble.ROUTER_SILENT)


async def test_lost_uplink_is_reported_and_its_return_noticed(home: Home) -> None:
    home.gateway = None

    async with kept(home) as keeper:
        keeper.want(PORT)

        await home.until(lambda: keeper.standing.trouble is Trouble.NO_ROUTER)


async def test_upnps_port_is_let_out_before_it_is_spoken_to(home: Home) -> None:
    home.control_port = 5_000

    async with kept(home) as keeper:
        keeper.want(PORT)
        await home.until(lambda: keeper.standing.way is Way.MAPPED)

        assert any(one.port == 5_000 for one in home.admitted[-1])


async def test_public_address_needs_no_router(home: Home) -> None:
    home.gateway = attrs.evolve(ROUTER, own=IPv4Address("203.0.113.10"))

    async with kept(home) as keeper:
        keeper.want(PORT)
        await home.until(lambda: keeper.standing.way is Way.DIRECT)

    assert home.asked == []


async def test_router_behind_another_is_told(home: Home) -> None:
    home.address = IPv4Address("100.64.0.9")

    async with kept(home) as keeper:
        keeper.want(PORT)

        await home.until(lambda: keeper.standing.trouble is Trouble.ROUTER_BEHIND_ANOTHER)


async def test_other_network_gets_a_mapping_of_its_own(home: Home) -> None:
    other = attrs.evolve(ROUTER, router=IPv4Address("10.0.0.1"), own=IPv4Address("10.0.0.7"))

    async with kept(home) as keeper:
        keeper.want(PORT)
        await home.until(lambda: keeper.standing.way is Way.MAPPED)
        home.gateway = other

        await home.until(lambda: home.asked[-1].router == other.router)

    assert any(one.lifetime_s == 0 and one.router == ROUTER.router for one in home.asked)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', '{"version": 2, "router": 5}'])
async def test_damaged_file_asks_for_nothing(home: Home, text: str) -> None:
    home.path.write_text(text, encoding="utf-8")
    file = MappingFile(home.path)

    file.load()

    assert file.held is None

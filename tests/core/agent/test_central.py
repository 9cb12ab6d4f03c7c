"""Both ends of the pair speak of the central server, and each says only what it may."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Final

import attrs
import pytest

from tests.core.agent.keeper import FakeKeeper
from tests.core.agent.stand_in import standing_in
from worldvpn_core.agent.central import CentralSide, Desk
from worldvpn_core.agent.messages import (
    AskCentral,
    CentralAnswered,
    CentralServed,
    CentralTold,
    FileGiven,
    ServeCentral,
    TokenGiven,
)
from worldvpn_core.agent.pair import Pair
from worldvpn_core.agent.passage import Passage
from worldvpn_core.agent.serving import Agent, Offered
from worldvpn_core.agent.session import Session
from worldvpn_core.agent.spawn import sealed_text
from worldvpn_core.agent.spec import Central
from worldvpn_core.central.calls import Call, Look, SignedInAs, SignOut, Subject
from worldvpn_core.central.news import Notice, Reach, Reached
from worldvpn_core.central.replies import Done, Reply, Text
from worldvpn_core.central.statement import Purpose, Statement
from worldvpn_core.contracts import CentralDesk
from worldvpn_core.errors import (
    AgentError,
    CentralOfflineError,
    ConfigError,
    OutOfCreditError,
    PluginError,
    VaultError,
)
from worldvpn_core.types import Carrier, Endpoint

pytestmark = pytest.mark.anyio

NOWHERE: Final = Endpoint(host=ip_address("192.0.2.1"), port=8_443, carrier=Carrier.TCP)
ADA: Final = SignedInAs(
    user_id="01890a5d-ac96-774b-bcce-b302099a8057",
    username="ada",
    device_id="01890a5d-ac96-774b-bcce-b302099a8058",
    refresh_token="canary-token",  # noqa: S106 - a test's own
)
STATEMENT: Final = Statement(purpose=Purpose.REFRESH, time_s=1, nonce=bytes(16), about=bytes(32))
FILES: Final = {"manifest": b"signed", "directory-150": bytes(range(256)) * 700}


@attrs.define
class FakeClient:
    """Does at its desk whatever a test lets it do."""

    desk: CentralDesk
    accounts: list[SignedInAs | None] = attrs.field(factory=list)
    files: list[Mapping[str, bytes]] = attrs.field(factory=list)
    moves: int = 0
    raises: Exception | None = None

    async def run(self, account: SignedInAs | None, files: Mapping[str, bytes]) -> None:
        self.accounts.append(account)
        self.files.append(files)
        self.desk.tell(Reached(reach=Reach.ONLINE))
        if self.raises is not None:
            raise self.raises
        await asyncio.Event().wait()

    async def call(self, call: Call) -> Reply:
        if self.raises is not None:
            raise self.raises
        match call:
            case Look():
                return Text(text='{"credits": 100}')
            case _:
                return Done()

    def moved(self) -> None:
        self.moves += 1


@attrs.define
class Both:
    session: Session
    client: FakeClient
    desk: Desk
    keeper: FakeKeeper
    via: Central
    tasks: list[asyncio.Task[object]] = attrs.field(factory=list)

    async def serve(
        self, account: SignedInAs | None, files: Mapping[str, bytes] | None = None
    ) -> asyncio.Task[object]:
        kept = dict(files or {})
        before = len(self.client.accounts)
        request = ServeCentral(
            id=0, account=account, files=tuple((name, len(data)) for name, data in kept.items())
        )
        descriptor = sealed_text(b"".join(kept.values()))
        serving: asyncio.Task[object] = asyncio.create_task(
            self.session.ask(request, CentralServed, via=self.via, descriptors=[descriptor])
        )
        self.tasks.append(serving)
        await until(lambda: len(self.client.accounts) > before)
        return serving

    async def ask(self, call: Call) -> Reply:
        return (await self.session.ask(AskCentral(id=0, call=call), CentralAnswered)).reply


async def until(holds: object) -> None:
    for _ in range(1_000):
        if callable(holds) and holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came")


@asynccontextmanager
async def both(way: Passage | None = None) -> AsyncIterator[Both]:
    """An agent with a fake client, and the daemon's session with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    session = Session(Pair(ours), lambda _wanted: way)
    desk = Desk()
    client = FakeClient(desk)
    keeper = FakeKeeper()
    pair = Pair(theirs, most_descriptors=1)
    agent = Agent(pair, Offered(), ssl.create_default_context(), CentralSide(client, desk), desk)
    serving = asyncio.create_task(agent.run())
    await session.ready()
    running = asyncio.create_task(session.run())
    made = Both(session, client, desk, keeper, Central(addresses=(NOWHERE,), keeper=keeper))
    yield made
    running.cancel()
    await session.end()
    await asyncio.gather(running, serving, *made.tasks, return_exceptions=True)
    pair.close()


async def test_client_is_told_who_is_signed_in_and_given_what_was_kept() -> None:
    async with both() as ends:
        await ends.serve(ADA, FILES)

        assert ends.client.accounts == [ADA]
        assert ends.client.files == [FILES]
        await until(lambda: ends.keeper.news == [Reached(reach=Reach.ONLINE)])


async def test_another_account_ends_what_was_followed() -> None:
    async with both() as ends:
        first = await ends.serve(ADA)
        await ends.serve(None)

        assert await first == CentralServed(id=1)
        assert ends.client.accounts == [ADA, None]


async def test_call_is_answered_and_its_refusal_keeps_its_kind() -> None:
    async with both() as ends:
        await ends.serve(ADA)
        assert await ends.ask(Look(subject=Subject.WALLET)) == Text(text='{"credits": 100}')
        assert await ends.ask(SignOut(everywhere=True)) == Done()

        ends.client.raises = OutOfCreditError("12 credits are needed, and 3 are there")
        with pytest.raises(OutOfCreditError, match="12 credits"):
            await ends.ask(SignOut())


async def test_client_that_breaks_is_told_by_its_kind_alone() -> None:
    async with both() as ends:
        await ends.serve(ADA)
        ends.client.raises = RuntimeError("canary-password")

        with pytest.raises(PluginError, match=r"RuntimeError at call:\d+\): report it"):
            await ends.ask(SignOut())
        ends.client.raises = RuntimeError("canary-token")
        with pytest.raises(PluginError, match="RuntimeError at run"):
            await (await ends.serve(ADA))


async def test_token_is_on_disk_before_the_client_goes_on() -> None:
    async with both() as ends:
        await ends.serve(ADA)
        await ends.desk.keep_token("the-next")
        assert ends.keeper.tokens == ["the-next"]

        ends.keeper.is_locked = True
        with pytest.raises(VaultError, match="locked"):
            await ends.desk.keep_token("another")


async def test_files_are_kept_whole_however_long() -> None:
    async with both() as ends:
        await ends.serve(None)
        for name, data in {**FILES, "gone": b""}.items():
            await ends.desk.keep_file(name, data)

        await until(lambda: "gone" in ends.keeper.files)
        assert ends.keeper.files == {**FILES, "gone": b""}


async def test_statement_is_signed_by_the_daemon() -> None:
    async with both() as ends:
        await ends.serve(ADA)

        assert await ends.desk.sign(STATEMENT) == bytes(64)


async def test_server_out_of_reach_is_said_to_be_so() -> None:
    async with both() as ends:
        await ends.serve(None)

        with pytest.raises(CentralOfflineError, match="not let out in the present state"):
            await ends.desk.socket(NOWHERE)


async def test_path_that_changed_is_told() -> None:
    async with both() as ends:
        await ends.session.moved()

        await until(lambda: ends.client.moves == 1)


async def test_host_without_a_server_says_so() -> None:
    side = CentralSide(None, Desk())

    with pytest.raises(ConfigError, match="belongs to no central server"):
        await side.ask(AskCentral(id=1, call=SignOut()))


HOSTILE: Final = {
    "news_nobody_asked_for": CentralTold(request=1, news=Notice(code="x", text="y")),
    "a_token_nobody_asked_for": TokenGiven(id=1, request=1, refresh_token="t"),  # noqa: S106 - a test's own
    "a_file_nobody_asked_for": FileGiven(request=1, name="x", part=0, parts=1, data=""),
}


@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE)
async def test_session_ends_at(message: CentralTold | TokenGiven | FileGiven) -> None:
    async with standing_in() as agent:
        await agent.asked(None)
        agent.say(message)

        with pytest.raises(AgentError, match="without need"):
            await agent.session.run()


PARTS: Final = {
    "from_the_middle": (1, 2, ""),
    "past_its_end": (2, 2, ""),
    "as_no_base64": (0, 1, "%%%"),
}


@pytest.mark.parametrize(("part", "parts", "data"), PARTS.values(), ids=PARTS)
async def test_session_ends_when_a_file_comes(part: int, parts: int, data: str) -> None:
    keeper = FakeKeeper()
    async with standing_in() as agent:
        await agent.asked(Central(addresses=(NOWHERE,), keeper=keeper))
        given = FileGiven(request=1, name="manifest", part=part, parts=parts, data=data)
        agent.say(given)
        agent.say(given)

        with pytest.raises(AgentError, match="worldvpn-agent gave a file"):
            await agent.session.run()
    assert keeper.files == {}


async def test_parts_of_a_file_are_put_together() -> None:
    keeper = FakeKeeper()
    async with standing_in() as agent:
        await agent.asked(Central(addresses=(NOWHERE,), keeper=keeper))
        for part, piece in enumerate((b"one", b"two")):
            data = base64.b64encode(piece).decode()
            agent.say(FileGiven(request=1, name="manifest", part=part, parts=2, data=data))
        agent.end.close()
        await agent.session.run()

    assert keeper.files == {"manifest": b"onetwo"}

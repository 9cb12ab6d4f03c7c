"""An agent that was taken over gains nothing from the daemon, and costs it nothing."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import ip_address, ip_interface

import attrs
import pytest

from worldvpn_core.agent.messages import (
    AgentMessage,
    Failed,
    ProfileRead,
    ReadProfile,
    Ready,
    Resolve,
    Resolved,
    SocketAsked,
    SocketRefused,
    from_daemon,
    packed,
)
from worldvpn_core.agent.pair import MOST_PACKET_BYTES, Pair
from worldvpn_core.agent.session import MOST_SOCKETS, Session
from worldvpn_core.agent.spec import Bootstrap, SocketKind, SocketWanted, SystemResolvers, Via
from worldvpn_core.config import BootstrapResolver
from worldvpn_core.errors import AgentError, ConfigError
from worldvpn_core.types import Carrier, Endpoint, Profile, Server

pytestmark = pytest.mark.anyio
ADDRESS = ip_address("192.0.2.1")
PROFILE = Profile(
    id="a",
    name="a",
    transport="toy",
    servers=(Server(host="h", port=1),),
    addresses=(ip_interface("10.0.0.2/32"),),
)
PINNED = Bootstrap(resolvers=(BootstrapResolver(host=ADDRESS, server_name="dns.example"),))
SYSTEM = SystemResolvers()


def wanted(
    kind: str = "dns", host: str = "192.0.2.1", port: int = 53, by: str = "udp"
) -> SocketWanted:
    return SocketWanted(
        kind=SocketKind(kind),
        endpoint=Endpoint(host=ip_address(host), port=port, carrier=Carrier(by)),
    )


@attrs.define
class StandIn:
    """The other end of a session's pair: says whatever a test wants said."""

    session: Session
    end: socket.socket
    admitted: list[SocketWanted]
    asking: list[asyncio.Task[object]] = attrs.field(factory=list)

    async def asked(self, via: Via | None = None) -> asyncio.Task[object]:
        """Ask the session for something, and wait until the stand-in has heard of it."""
        asking: asyncio.Task[object] = asyncio.create_task(self.ask(via))
        self.asking.append(asking)
        await self.hear()
        return asking

    async def ask(self, via: Via | None) -> object:
        if via:
            return await self.session.ask(Resolve(id=0, name="n"), Resolved, via=via)
        return await self.session.ask(ReadProfile(id=0, name="n"), ProfileRead)

    async def hear(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.end, MOST_PACKET_BYTES)

    def say(self, message: AgentMessage) -> None:
        self.end.send(packed(message))


@pytest.fixture
def stand_in() -> Callable[[], AbstractAsyncContextManager[StandIn]]:
    @asynccontextmanager
    async def make() -> AsyncIterator[StandIn]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        theirs.settimeout(0)
        admitted: list[SocketWanted] = []

        def admit(asked: SocketWanted) -> bool:
            admitted.append(asked)
            return False

        session = Session(Pair(ours), admit)
        with theirs:
            made = StandIn(session, theirs, admitted)
            yield made
            await session.end()
            await asyncio.gather(*made.asking, return_exceptions=True)

    return make


Make = Callable[[], AbstractAsyncContextManager[StandIn]]

MALFORMED = {
    "no_json": b"\xff\xfe",
    "nothing_known": b'{"say":"Format","disk":"/"}',
    "no_object": b"[1]",
    "deeply_nested": b"[" * 100_000,
    "an_unknown_field": b'{"say":"Failed","id":1,"code":"x","message":"y","more":1}',
    "a_boolean_for_a_number": b'{"say":"Failed","id":true,"code":"x","message":"y"}',
    "an_escape_sequence": b'{"say":"Failed","id":1,"code":"x","message":"\\u001b[2J"}',
    "an_endless_sentence": packed(Failed(id=1, code="x", message="y")).replace(b"y", b"y" * 2_000),
    "a_number_beyond_measure": b'{"say":"Failed","id":1e999,"code":"x","message":"y"}',
    "not_a_number": b'{"say":"Failed","id":NaN,"code":"x","message":"y"}',
    "the_daemons_own_words": packed(SocketRefused(id=1, reason="x")),
    "no_addresses": b'{"say":"Resolved","id":1,"addresses":[]}',
    "many_addresses": b'{"say":"Resolved","id":1,"addresses":['
    + b'"1.1.1.1",' * 99
    + b'"1.1.1.1"]}',
    "a_multicast_address": b'{"say":"Resolved","id":1,"addresses":["224.0.0.1"]}',
    "a_scoped_address": b'{"say":"Resolved","id":1,"addresses":["fe80::1%lo"]}',
    "an_address_as_number": b'{"say":"Resolved","id":1,"addresses":[16843009]}',
    "a_port_out_of_range": packed(ProfileRead(id=1, profile=PROFILE)).replace(
        b'"port":1', b'"port":65536'
    ),
    "an_unknown_carrier": packed(ProfileRead(id=1, profile=PROFILE)).replace(b'"udp"', b'"sctp"'),
    "an_identifier_with_a_slash": packed(ProfileRead(id=1, profile=PROFILE)).replace(
        b'"id":"a"', b'"id":"../a"'
    ),
    "ready_twice": packed(Ready(readers=())),
}


@pytest.mark.parametrize("packet", MALFORMED.values(), ids=MALFORMED)
async def test_session_ends_at_a_packet_with(packet: bytes, stand_in: Make) -> None:
    async with stand_in() as agent:
        asking = await agent.asked()
        agent.end.send(packet)

        with pytest.raises(AgentError):
            await agent.session.run()
        with pytest.raises(AgentError, match="try again"):
            await asking


async def test_session_ends_at_an_oversized_packet(stand_in: Make) -> None:
    async with stand_in() as agent:
        agent.end.send(b" " * (MOST_PACKET_BYTES + 1))

        with pytest.raises(AgentError, match=f"over {MOST_PACKET_BYTES} bytes"):
            await agent.session.run()


async def test_session_takes_no_descriptors_and_leaves_none_open(stand_in: Make) -> None:
    async with stand_in() as agent:
        hear, say = os.pipe()
        socket.send_fds(agent.end, [packed(Ready(readers=()))], [say])
        os.close(say)

        with pytest.raises(AgentError, match="descriptors nobody asked for"):
            await agent.session.run()
        # The end of file shows that the last writing end is closed.
        assert os.read(hear, 1) == b""
        os.close(hear)


async def test_session_ends_at_an_answer_nobody_asked_for(stand_in: Make) -> None:
    async with stand_in() as agent:
        await agent.asked()
        agent.say(Resolved(id=2, addresses=(ADDRESS,)))

        with pytest.raises(AgentError, match="answered what nobody asked"):
            await agent.session.run()


async def test_session_ends_at_a_second_answer(stand_in: Make) -> None:
    async with stand_in() as agent:
        asking = await agent.asked()
        agent.say(ProfileRead(id=1, profile=PROFILE))
        agent.say(ProfileRead(id=1, profile=PROFILE))

        with pytest.raises(AgentError, match="answered what nobody asked"):
            await agent.session.run()
        assert await asking == ProfileRead(id=1, profile=PROFILE)


async def test_session_ends_at_an_answer_to_another_question(stand_in: Make) -> None:
    async with stand_in() as agent:
        asking = await agent.asked()
        agent.say(Resolved(id=1, addresses=(ADDRESS,)))

        with pytest.raises(AgentError, match="answered with Resolved"):
            await agent.session.run()
        with pytest.raises(AgentError, match="nonsense"):
            await asking


async def test_late_answer_to_a_cancelled_request_is_dropped(stand_in: Make) -> None:
    async with stand_in() as agent:
        asking = await agent.asked()
        asking.cancel()
        await asyncio.sleep(0)
        agent.say(ProfileRead(id=1, profile=PROFILE))
        agent.end.close()

        await agent.session.run()
        assert asking.cancelled()


async def test_error_of_unknown_code_is_an_error_of_the_agent(stand_in: Make) -> None:
    async with stand_in() as agent:
        asking = await agent.asked()
        agent.say(Failed(id=1, code="protection", message="you are safe"))
        agent.end.close()
        await agent.session.run()

        with pytest.raises(AgentError, match="you are safe"):
            await asking


async def test_error_of_known_code_is_that_error(stand_in: Make) -> None:
    async with stand_in() as agent:
        asking = await agent.asked()
        agent.say(Failed(id=1, code="config", message="line 3: no key"))
        agent.end.close()
        await agent.session.run()

        with pytest.raises(ConfigError, match="line 3: no key"):
            await asking


NEEDLESS = {
    "while_reading_a_profile": (None, wanted()),
    "dns_to_another_port": (SYSTEM, wanted(port=80, by="tcp")),
    "a_bootstrap_socket_for_system_resolvers": (SYSTEM, wanted("bootstrap", port=443, by="tcp")),
    "a_resolver_that_is_not_pinned": (PINNED, wanted("bootstrap", "192.0.2.2", 443, "tcp")),
    "a_pinned_resolver_at_another_port": (PINNED, wanted("bootstrap", port=80, by="tcp")),
    "a_pinned_resolver_by_udp": (PINNED, wanted("bootstrap", port=443)),
    "plain_dns_while_protected": (PINNED, wanted()),
}


@pytest.mark.parametrize(("via", "needless"), NEEDLESS.values(), ids=NEEDLESS)
async def test_session_ends_when_asked_for_a_socket(
    via: Via | None, needless: SocketWanted, stand_in: Make
) -> None:
    async with stand_in() as agent:
        await agent.asked(via)
        agent.say(SocketAsked(id=1, request=1, wanted=needless))

        with pytest.raises(AgentError, match="without need"):
            await agent.session.run()
        assert agent.admitted == []


async def test_session_ends_when_asked_for_a_socket_for_no_request(stand_in: Make) -> None:
    async with stand_in() as agent:
        agent.say(SocketAsked(id=1, request=1, wanted=wanted()))

        with pytest.raises(AgentError, match="without need"):
            await agent.session.run()


async def test_session_ends_when_asked_for_endless_sockets(stand_in: Make) -> None:
    async with stand_in() as agent:
        await agent.asked(SYSTEM)
        running = asyncio.create_task(agent.session.run())
        for number in range(MOST_SOCKETS):
            agent.say(SocketAsked(id=number, request=1, wanted=wanted()))
            await agent.hear()
        agent.say(SocketAsked(id=99, request=1, wanted=wanted()))

        with pytest.raises(AgentError, match=f"over {MOST_SOCKETS} sockets"):
            await running


async def test_socket_that_the_policy_does_not_admit_is_refused(stand_in: Make) -> None:
    async with stand_in() as agent:
        await agent.asked(SYSTEM)
        running = asyncio.create_task(agent.session.run())
        agent.say(SocketAsked(id=7, request=1, wanted=wanted()))

        answer = from_daemon(await agent.hear())

        assert answer == SocketRefused(id=7, reason="this is not let out in the present state")
        assert agent.admitted == [wanted()]
        agent.end.close()
        await running

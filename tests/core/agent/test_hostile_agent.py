"""An agent that was taken over gains nothing from the daemon, and costs it nothing."""

from __future__ import annotations

import asyncio
import os
import socket
from ipaddress import ip_address, ip_interface

import pytest

from tests.core.agent.keeper import FakeKeeper
from tests.core.agent.stand_in import Make, standing_in, wanted
from worldvpn_core.agent.codec import from_daemon, packed
from worldvpn_core.agent.messages import (
    Failed,
    ProfileRead,
    Ready,
    Resolved,
    SocketAsked,
    SocketRefused,
)
from worldvpn_core.agent.pair import MOST_PACKET_BYTES
from worldvpn_core.agent.session import MOST_SOCKETS
from worldvpn_core.agent.spec import (
    Bootstrap,
    Central,
    SocketWanted,
    SystemResolvers,
    Via,
)
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
CENTRAL = Central(
    addresses=(Endpoint(host=ADDRESS, port=8_443, carrier=Carrier.TCP),), keeper=FakeKeeper()
)


@pytest.fixture
def stand_in() -> Make:
    return standing_in


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
    "the_central_server_while_reading": (None, wanted("central", port=8_443, by="tcp")),
    "the_central_server_for_a_name": (PINNED, wanted("central", port=443, by="tcp")),
    "another_central_server": (CENTRAL, wanted("central", "192.0.2.2", 8_443, "tcp")),
    "the_central_server_at_another_port": (CENTRAL, wanted("central", port=443, by="tcp")),
    "the_central_server_by_udp": (CENTRAL, wanted("central", port=8_443)),
    "a_resolver_in_the_central_servers_place": (
        CENTRAL,
        wanted("bootstrap", port=8_443, by="tcp"),
    ),
    "dns_in_the_central_servers_place": (CENTRAL, wanted("dns", port=8_443, by="tcp")),
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

"""An agent that was taken over has nothing signed but statements of this device, of today."""

from __future__ import annotations

import asyncio
import time
from ipaddress import ip_address
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.core.agent.keeper import FakeKeeper
from tests.core.agent.stand_in import StandIn, standing_in, wanted
from worldvpn_core.agent.codec import from_daemon, packed
from worldvpn_core.agent.messages import (
    SignatureAsked,
    SignatureGiven,
    SignatureRefused,
    SocketAsked,
    SocketRefused,
)
from worldvpn_core.agent.spec import Central, SystemResolvers, Via
from worldvpn_core.agent.standing import MOST_A_MINUTE
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.statement import Purpose, Statement
from worldvpn_core.errors import AgentError
from worldvpn_core.types import Carrier, Endpoint

pytestmark = pytest.mark.anyio
ROOT: Final = b"r" * 32
KEYS: Final = DeviceKeys.fresh()
CENTRAL: Final = Central(
    addresses=(Endpoint(host=ip_address("192.0.2.1"), port=8_443, carrier=Carrier.TCP),),
    keeper=FakeKeeper(sign_by=lambda statement: KEYS.sign(statement, ROOT, time.time())),
)


def asked(*, request: int = 1, later_s: int = 0) -> SignatureAsked:
    statement = Statement(
        purpose=Purpose.REFRESH,
        time_s=int(time.time()) + later_s,
        nonce=b"n" * 16,
        about=b"a" * 32,
    )
    return SignatureAsked(id=7, request=request, statement=statement)


async def answer_to(agent: StandIn, question: SignatureAsked | SocketAsked) -> object:
    await agent.asked(CENTRAL)
    running = asyncio.create_task(agent.session.run())
    agent.say(question)
    answer = from_daemon(await agent.hear())
    agent.end.close()
    await running
    return answer


async def test_statement_of_this_device_is_signed() -> None:
    question = asked()
    async with standing_in() as agent:
        answer = await answer_to(agent, question)

    assert isinstance(answer, SignatureGiven)
    said = question.statement
    numbers = bytes([said.purpose]) + said.time_s.to_bytes(8)
    signed = b"worldvpn/device-proof/v1\0" + ROOT + numbers + said.nonce + said.about
    Ed25519PublicKey.from_public_bytes(KEYS.ed25519_public).verify(answer.signature, signed)


async def test_statement_for_next_week_is_refused_and_the_session_goes_on() -> None:
    async with standing_in() as agent:
        answer = await answer_to(agent, asked(later_s=7 * 86_400))

    assert isinstance(answer, SignatureRefused)
    assert "clock" in answer.reason


@pytest.mark.parametrize("via", [None, SystemResolvers()], ids=["reading", "resolving"])
async def test_session_ends_when_a_signature_is_asked_for_while(via: Via | None) -> None:
    async with standing_in() as agent:
        await agent.asked(via)
        agent.say(asked())

        with pytest.raises(AgentError, match="SignatureAsked without need"):
            await agent.session.run()


async def test_session_ends_when_a_signature_is_asked_for_without_a_request() -> None:
    async with standing_in() as agent:
        await agent.asked(CENTRAL)
        agent.say(asked(request=2))

        with pytest.raises(AgentError, match="SignatureAsked without need"):
            await agent.session.run()


async def test_session_ends_when_asked_for_endless_signatures() -> None:
    async with standing_in() as agent:
        await agent.asked(CENTRAL)
        for _ in range(MOST_A_MINUTE + 1):
            agent.say(asked())

        with pytest.raises(AgentError, match=f"over {MOST_A_MINUTE} signatures"):
            await agent.session.run()


MALFORMED: Final = {
    "another_purpose": (b'"purpose":2', b'"purpose":3'),
    "no_purpose_known": (b'"purpose":2', b'"purpose":99'),
    "a_purpose_as_text": (b'"purpose":2', b'"purpose":"2"'),
    "a_purpose_that_is_true": (b'"purpose":2', b'"purpose":true'),
    "a_short_nonce": (b"6e" * 16, b"6e" * 15),
    "a_long_nonce": (b"6e" * 16, b"6e" * 17),
    "a_nonce_in_capitals": (b"6e" * 16, b"6E" * 16),
    "more_than_a_hash": (b"61" * 32, b"61" * 33),
    "a_whole_message_to_sign": (b"61" * 32, b"61" * 4_000),
    "half_a_byte": (b"61" * 32, b"61" * 31 + b"6"),
    "a_time_before_1970": (b'"time_s":', b'"time_s":-'),
    "a_tag_of_its_own": (b'"purpose":2', b'"purpose":2,"tag":"worldvpn/receipt"'),
    "a_root_key_of_its_own": (b'"purpose":2', b'"purpose":2,"root_key":"00"'),
}


@pytest.mark.parametrize(("right", "wrong"), MALFORMED.values(), ids=MALFORMED)
async def test_session_ends_when_asked_to_sign(right: bytes, wrong: bytes) -> None:
    packet = packed(asked())
    assert right in packet
    async with standing_in() as agent:
        await agent.asked(CENTRAL)
        agent.end.send(packet.replace(right, wrong))

        with pytest.raises(AgentError, match="malformed"):
            await agent.session.run()


async def test_central_server_is_not_reached_in_a_state_that_forbids_it() -> None:
    async with standing_in() as agent:
        await agent.asked(CENTRAL)
        running = asyncio.create_task(agent.session.run())
        agent.say(SocketAsked(id=7, request=1, wanted=wanted("central", port=8_443, by="tcp")))

        answer = from_daemon(await agent.hear())

        assert answer == SocketRefused(id=7, reason="this is not let out in the present state")
        agent.end.close()
        await running

"""What the agent wished for and no longer waits for is let go of."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address

import pytest

from worldvpn_core.agent.messages import SocketGiven
from worldvpn_core.agent.pair import Packet
from worldvpn_core.agent.spec import SocketKind, SocketWanted
from worldvpn_core.agent.wishes import Asking, Wishes
from worldvpn_core.types import Carrier, Endpoint

pytestmark = pytest.mark.anyio

WANTED = SocketWanted(
    kind=SocketKind.CENTRAL,
    endpoint=Endpoint(host=ip_address("192.0.2.1"), port=443, carrier=Carrier.TCP),
)


@pytest.mark.parametrize("is_late", [True, False], ids=["after", "in the same turn"])
async def test_socket_that_comes_when_nobody_waits_is_closed(*, is_late: bool) -> None:
    said: asyncio.Queue[Asking] = asyncio.Queue()
    ours, theirs = socket.socketpair()

    wishes = Wishes(said.put)
    waiting = asyncio.create_task(wishes.socket(1, WANTED))
    asked = await said.get()
    packet = Packet(data=b"", descriptors=(ours.detach(),))

    if is_late:
        waiting.cancel()
        await asyncio.wait({waiting})
    wishes.take(SocketGiven(id=asked.id), packet)
    waiting.cancel()
    await asyncio.wait({waiting})

    with theirs:
        assert waiting.cancelled()
        assert theirs.recv(1) == b""

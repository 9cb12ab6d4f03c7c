"""An agent's end of a session, that says whatever a test wants said."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import ip_address

import attrs

from worldvpn_core.agent.codec import packed
from worldvpn_core.agent.messages import (
    AgentMessage,
    ProfileRead,
    ReadProfile,
    Resolve,
    Resolved,
)
from worldvpn_core.agent.pair import MOST_PACKET_BYTES, Pair
from worldvpn_core.agent.session import Session
from worldvpn_core.agent.spec import SocketKind, SocketWanted, Via
from worldvpn_core.types import Carrier, Endpoint


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


@asynccontextmanager
async def standing_in() -> AsyncIterator[StandIn]:
    """A session whose agent is a stand-in; it admits nothing, and notes what it was asked."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.settimeout(0)
    admitted: list[SocketWanted] = []

    def admit(asked: SocketWanted) -> None:
        admitted.append(asked)

    session = Session(Pair(ours), admit)
    with theirs:
        made = StandIn(session, theirs, admitted)
        yield made
        await session.end()
        await asyncio.gather(*made.asking, return_exceptions=True)


Make = Callable[[], AbstractAsyncContextManager[StandIn]]

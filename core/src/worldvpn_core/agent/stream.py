"""An exchange's stream as the daemon has it: the agent reads it, the daemon hears frames."""

from __future__ import annotations

import socket
from collections.abc import Callable

import attrs

from worldvpn_core.agent.frame_messages import FrameGiven, FramesOver, ReadFrames, StreamHung
from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.session import Session
from worldvpn_core.agent.spec import Ears


@attrs.frozen
class Stream:
    """The way back on one stream."""

    _session: Session
    _request: int

    async def send(self, data: bytes) -> None:
        """Send one frame; a stream that is gone takes nothing."""
        await self._session.tell(FrameGiven(request=self._request, data=data))

    async def hang(self) -> None:
        """End it, once what was sent before is on its way."""
        await self._session.tell(StreamHung(request=self._request))


async def read_frames(
    agent: AgentLink,
    sock: socket.socket,
    *,
    is_nodes: bool,
    heard: Callable[[bytes], None],
    begun: Callable[[Stream], None],
) -> None:
    """Have ``agent`` read whole frames from ``sock``, connected, until the stream ends.

    ``is_nodes``: this is a node's end, a guest speaks. ``begun`` gets the way back before
    ``heard`` gets the first frame.

    Raises:
        AgentError: the agent was lost meanwhile.
    """
    session = await agent.session()
    await session.ask(
        ReadFrames(id=0, is_nodes=is_nodes),
        FramesOver,
        via=Ears(heard=heard),
        descriptors=[sock.fileno()],
        begun=lambda request: begun(Stream(session, request)),
    )

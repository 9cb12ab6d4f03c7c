"""The agent's side of exchanges of receipts: what strangers send is read here, frame by frame."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Final

from worldvpn_core.agent.frame_messages import (
    FrameGiven,
    FrameRead,
    FramesOver,
    ReadFrames,
    StreamHung,
)
from worldvpn_core.agent.standing import Allowance
from worldvpn_core.credit.frames import FROM_GUEST, FROM_NODE, LONGEST_BYTES, FrameError, read
from worldvpn_core.credit.frames import written as frame_of
from worldvpn_core.errors import AgentError

#: A claim for each MiB at a gigabit a second, and its answer.
FRAMES_A_MINUTE: Final = 16_384

Say = Callable[[FrameRead], Awaitable[None]]


class FramesSide:
    """Reads whole frames from the streams that the daemon hands over; ``say`` hands them on."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._streams: dict[int, asyncio.StreamWriter] = {}

    async def serve(self, request: ReadFrames, descriptor: int) -> FramesOver:
        """Read until the stream ends, breaks the protocol, or is hung up."""
        reader, writer = await asyncio.open_connection(
            sock=socket.socket(fileno=os.dup(descriptor))
        )
        self._streams[request.id] = writer
        try:
            await self._follow(request, reader)
        except (OSError, FrameError, AgentError):
            # Whatever a stranger did to it: the stream is over.
            pass
        finally:
            del self._streams[request.id]
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        return FramesOver(id=request.id)

    def give(self, given: FrameGiven) -> None:
        """Send what the daemon says; a stream that is gone takes nothing."""
        writer = self._streams.get(given.request)
        if writer is not None:
            writer.write(given.data)

    def hang(self, hung: StreamHung) -> None:
        """End a stream once all that was said before is sent."""
        writer = self._streams.get(hung.request)
        if writer is not None:
            writer.close()

    async def _follow(self, request: ReadFrames, reader: asyncio.StreamReader) -> None:
        kinds = FROM_GUEST if request.is_nodes else FROM_NODE
        frames = Allowance("frames", FRAMES_A_MINUTE)
        unread = b""
        while data := await reader.read(LONGEST_BYTES):
            whole, unread = read(unread + data, kinds)
            for frame in whole:
                frames.take()
                await self._say(FrameRead(request=request.id, data=frame_of(frame)))

"""The agent's side of exchanges of receipts: what strangers send is read here, frame by frame."""

from __future__ import annotations

import asyncio
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
from worldvpn_core.credit.frames import FROM_GUEST, FROM_NODE, LONGEST_BYTES, read, written

#: A claim for each MiB at a gigabit a second, and its answer.
FRAMES_A_MINUTE: Final = 16_384

Say = Callable[[FrameRead], Awaitable[None]]


class FramesSide:
    """Reads whole frames from the streams that the daemon hands over; ``say`` hands them on."""

    def __init__(self, say: Say) -> None:
        self._say = say
        #: What is to be sent on each; None: nothing more, and it ends then.
        self._outboxes: dict[int, asyncio.Queue[bytes | None]] = {}

    def begin(self, request: ReadFrames) -> None:
        """Take what is said on the stream of ``request`` from now on: it is served in a moment."""
        self._outboxes[request.id] = asyncio.Queue()

    async def serve(self, request: ReadFrames, descriptor: int) -> FramesOver:
        """Read until the stream, which was begun, ends, breaks the protocol, or is hung up."""
        with socket.socket(fileno=os.dup(descriptor)) as sock:
            sock.settimeout(0)
            outbox = self._outboxes[request.id]
            reading = asyncio.create_task(self._read(request, sock))
            writing = asyncio.create_task(_write(sock, outbox))
            try:
                await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                del self._outboxes[request.id]
                reading.cancel()
                writing.cancel()
                # Whatever a stranger did to it: the stream is over.
                await asyncio.gather(reading, writing, return_exceptions=True)
        return FramesOver(id=request.id)

    def give(self, given: FrameGiven) -> None:
        """Send what the daemon says; a stream that is gone takes nothing."""
        if given.request in self._outboxes:
            self._outboxes[given.request].put_nowait(given.data)

    def hang(self, hung: StreamHung) -> None:
        """End a stream once all that was said before is sent."""
        if hung.request in self._outboxes:
            self._outboxes[hung.request].put_nowait(None)

    async def _read(self, request: ReadFrames, sock: socket.socket) -> None:
        kinds = FROM_GUEST if request.is_nodes else FROM_NODE
        frames = Allowance("frames", FRAMES_A_MINUTE)
        unread = b""
        while data := await asyncio.get_running_loop().sock_recv(sock, LONGEST_BYTES):
            whole, unread = read(unread + data, kinds)
            for frame in whole:
                frames.take()
                await self._say(FrameRead(request=request.id, data=written(frame)))


async def _write(sock: socket.socket, outbox: asyncio.Queue[bytes | None]) -> None:
    while (data := await outbox.get()) is not None:
        await asyncio.get_running_loop().sock_sendall(sock, data)

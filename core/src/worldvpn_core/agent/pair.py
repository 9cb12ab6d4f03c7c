"""The socket pair between daemon and agent: one packet, one message, plus descriptors."""

from __future__ import annotations

import array
import asyncio
import os
import socket
from collections.abc import Sequence
from typing import Final

import attrs

from worldvpn_core.errors import AgentError

#: The largest packet either side sends, in bytes; a larger one breaks the protocol.
MOST_PACKET_BYTES: Final = 131_072
_INT_BYTES: Final = array.array("i").itemsize


@attrs.frozen(kw_only=True)
class Packet:
    """One packet. Its receiver owns ``descriptors`` and closes them."""

    data: bytes
    descriptors: tuple[int, ...] = ()


class Pair:
    """One end of a SEQPACKET pair (unix(7)). Its owner closes it."""

    def __init__(self, sock: socket.socket, *, most_descriptors: int = 0) -> None:
        sock.settimeout(0)
        self._socket = sock
        self._ancillary_bytes = socket.CMSG_SPACE(most_descriptors * _INT_BYTES)
        self._sending = asyncio.Lock()

    async def receive(self) -> Packet | None:
        """Return the next packet, or None when the other side is gone.

        Raises:
            AgentError: the packet is too large, or has more descriptors than are
                expected here; none of them stays open.
        """
        while True:
            try:
                data, ancillary, flags, _ = self._socket.recvmsg(
                    MOST_PACKET_BYTES, self._ancillary_bytes, socket.MSG_CMSG_CLOEXEC
                )
            except BlockingIOError:
                await self._ready(writing=False)
                continue
            except OSError:
                return None
            break
        packet = Packet(data=data, descriptors=_descriptors(ancillary))
        if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            close_all(packet.descriptors)
            raise AgentError(
                f"a packet is over {MOST_PACKET_BYTES} bytes, or has descriptors nobody asked for"
            )
        if not data:
            close_all(packet.descriptors)
            return None
        return packet

    async def send(self, data: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send one packet; the caller keeps, and closes, its ``descriptors``.

        Raises:
            AgentError: the other side is gone, or the packet is too large.
        """
        if len(data) > MOST_PACKET_BYTES:
            raise AgentError(f"a packet of {len(data)} bytes is over {MOST_PACKET_BYTES}")
        async with self._sending:
            while True:
                try:
                    if descriptors:
                        socket.send_fds(self._socket, [data], list(descriptors))
                    else:
                        # Not sendmsg: the agent's filter cannot see whom that addresses.
                        self._socket.send(data)
                except BlockingIOError:
                    await self._ready(writing=True)
                    continue
                except OSError as error:
                    raise AgentError(f"the other side of the pair is gone: {error}") from error
                return

    def close(self) -> None:
        """Close this end; whoever waits in ``receive`` must be cancelled before."""
        self._socket.close()

    async def _ready(self, *, writing: bool) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        add, remove = (
            (loop.add_writer, loop.remove_writer)
            if writing
            else (loop.add_reader, loop.remove_reader)
        )
        add(self._socket, _settle, ready)
        try:
            await ready
        finally:
            if self._socket.fileno() >= 0:
                remove(self._socket)


def close_all(descriptors: Sequence[int]) -> None:
    """Close descriptors that were received and are not wanted."""
    for descriptor in descriptors:
        os.close(descriptor)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _descriptors(ancillary: Sequence[tuple[int, int, bytes]]) -> tuple[int, ...]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % _INT_BYTES])
    return tuple(found)

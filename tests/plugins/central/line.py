"""A relay on loopback between a client and its server, which can lose what comes back."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self

import attrs

_CHUNK = 65_536


@attrs.define(eq=False)
class Line:
    """Relays bytes. ``cuts``: how many connections end when their first answer comes back.

    TLS's own handshake is no answer: what counts is what comes after the client has sent twice.
    """

    target: tuple[str, int]
    cuts: int = 0
    cut: int = 0
    sent: bytearray = attrs.field(factory=bytearray)
    address: str = ""
    _server: asyncio.Server | None = None
    is_down: bool = False
    _serving: set[asyncio.Task[None]] = attrs.field(factory=set)
    _writers: set[asyncio.StreamWriter] = attrs.field(factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()
        if self._serving:
            await asyncio.wait(self._serving)

    def hang_up(self) -> None:
        """End every connection."""
        for writer in tuple(self._writers):
            writer.close()

    async def _serve(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        if self.is_down:
            near_out.close()
            return
        try:
            far_in, far_out = await asyncio.open_connection(*self.target)
        except OSError:
            near_out.close()
            return
        self._writers |= {near_out, far_out}
        state = {"flights": 0}
        up = asyncio.create_task(self._up(near_in, far_out, state))
        down = asyncio.create_task(self._down(far_in, near_out, state))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.wait({up, down})
            for writer in (near_out, far_out):
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
                self._writers.discard(writer)

    async def _up(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, state: dict[str, int]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(_CHUNK):
                self.sent += data
                # Records of type 23 carry data: the first is the client's Finished.
                state["flights"] += _records(data)
                sink.write(data)
                await sink.drain()

    async def _down(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, state: dict[str, int]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(_CHUNK):
                if state["flights"] > 1 and self.cut < self.cuts and len(data) > 600:
                    self.cut += 1
                    return
                sink.write(data)
                await sink.drain()


def _records(data: bytes) -> int:
    """Count the records of application data (RFC 8446 section 5.1) that begin in ``data``."""
    count = at = 0
    while at + 5 <= len(data):
        count += data[at] == 23
        at += 5 + int.from_bytes(data[at + 3 : at + 5])
    return count

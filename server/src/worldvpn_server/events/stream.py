"""One client's stream: what is sent, in which order, and when it is over.

Nothing of it runs while nothing happens: a stream that waits is one task awaiting the client's
end, and a few small values.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import attrs
from litestar.types import Receive, Send

from worldvpn_server.accounts.values import Caller
from worldvpn_server.events.fanout import Queue
from worldvpn_server.events.values import Cursor

KEEPALIVE_S: Final = 15.0
#: A client that takes nothing for this long is let go.
STALLED_S: Final = 20.0
#: Bytes handed to the connection at once: what a client that stops reading can hold of ours.
_CHUNK_BYTES: Final = 32_768
_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


@attrs.define(eq=False, kw_only=True)
class Stream:
    """One client of /v1/events; ``sent`` is the place up to which it has everything."""

    caller: Caller
    sent: Cursor
    _queue: Queue
    _head: Callable[[], Cursor]
    _send: Send
    _spoke_s: float = attrs.field(factory=time.monotonic)
    _writing: asyncio.Task[None] | None = None
    _serving: asyncio.Task[None] | None = None
    _over: bool = False
    _dropped: bool = False
    #: The response is complete, or nobody is there to read it.
    _finished: bool = False

    async def serve(self, opening: Iterable[bytes], receive: Receive) -> None:
        """Send ``opening``, then what comes, until the client goes or the stream is over."""
        self._serving = asyncio.current_task()
        try:
            await self._send(
                {"type": "http.response.start", "status": 200, "headers": list(_HEADERS)}
            )
            await self._write(opening)
            self._queue.wake = self.wake
            self.wake()
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not self._dropped:
                raise
        finally:
            self._finished = True
            self._queue.close()

    def wake(self) -> None:
        """Send what waits, unless that is being done."""
        if self._writing is None and not self._finished:
            self._writing = asyncio.get_running_loop().create_task(self._flush())

    def end(self) -> None:
        """Send nothing more, and let the client know that this is all."""
        self._over = True
        self.wake()

    def look(self, now_s: float) -> None:
        """Keep the connection alive, or drop it if nothing can be written."""
        silent_s = now_s - self._spoke_s
        if silent_s > STALLED_S + KEEPALIVE_S or (self._writing and silent_s > STALLED_S):
            self._drop()
        elif silent_s >= KEEPALIVE_S:
            self.wake()

    async def _flush(self) -> None:
        try:
            while not self._over and not self._queue.ended:
                # One step: all that is at or before the head is in what was taken.
                news, head = self._queue.take(), self._head()
                frames = [each.frame for each in news if each.cursor > self.sent]
                self.sent = max(self.sent, head)
                if frames:
                    await self._write(frames)
                elif time.monotonic() - self._spoke_s >= KEEPALIVE_S:
                    await self._write((mark(self.sent),))
                elif not news:
                    return
            self._finished = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            self._drop()
        finally:
            self._writing = None

    async def _write(self, frames: Iterable[bytes]) -> None:
        for chunk in _chunks(frames):
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
            self._spoke_s = time.monotonic()

    def _drop(self) -> None:
        self._dropped = self._finished = True
        for task in (self._writing, self._serving):
            if task is not None:
                task.cancel()


def mark(place: Cursor) -> bytes:
    """Return a comment that moves Last-Event-ID to ``place`` and is no event (HTML, 9.2.6)."""
    return b":\nid: %s\n\n" % str(place).encode()


def told(kind: str, body: bytes) -> bytes:
    """Return an event without a place of its own."""
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), body)


def _chunks(frames: Iterable[bytes]) -> Iterator[bytes]:
    chunk: list[bytes] = []
    size = 0
    for frame in frames:
        if size + len(frame) > _CHUNK_BYTES and chunk:
            yield b"".join(chunk)
            chunk, size = [], 0
        chunk.append(frame)
        size += len(frame)
    if chunk:
        # A single frame is sent as the one object that all streams share.
        yield chunk[0] if len(chunk) == 1 else b"".join(chunk)

"""A client of /v1/events: reads server-sent events (HTML 9.2.6), and may go at any time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self, cast

import attrs
from litestar import Litestar


@attrs.frozen
class Heard:
    """One event as a client gets it."""

    kind: str
    data: str


@attrs.define(eq=False)
class Parser:
    """Turns bytes into events; ``last_id`` is what a client sends when it comes back."""

    last_id: str = ""
    _rest: bytes = b""

    def feed(self, chunk: bytes) -> list[Heard]:
        """Return the events that ``chunk`` completes."""
        *blocks, self._rest = (self._rest + chunk).split(b"\n\n")
        heard = []
        for block in blocks:
            fields = dict(
                line.split(": ", 1) for line in block.decode().splitlines() if ": " in line
            )
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                heard.append(Heard(fields["event"], fields["data"]))
        return heard


@attrs.define(eq=False)
class Ear:
    """A client without a socket; while ``hears`` is not set, nothing can be written to it."""

    parser: Parser = attrs.field(factory=Parser)
    status: int = 0
    raw: bytes = b""
    hears: asyncio.Event = attrs.field(factory=asyncio.Event)
    ended: asyncio.Event = attrs.field(factory=asyncio.Event)
    #: Messages after the last one: a server refuses them.
    late: int = 0
    _gone: asyncio.Event = attrs.field(factory=asyncio.Event)
    _heard: asyncio.Queue[Heard] = attrs.field(factory=asyncio.Queue)
    _asked: bool = False

    def __attrs_post_init__(self) -> None:
        self.hears.set()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, app: Litestar, token: str, last_id: str | None = None, method: str = "GET"
    ) -> AsyncIterator[Self]:
        """Ask ``app`` for events until left."""
        ear = cls(Parser(last_id or ""))
        headers = [(b"authorization", b"Bearer " + token.encode())]
        if last_id is not None:
            headers.append((b"last-event-id", last_id.encode()))
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": "/v1/events",
            "raw_path": b"/v1/events",
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("203.0.113.7", 40_000),
            "server": ("central.test", 443),
            "state": {},
        }
        task = asyncio.create_task(cast("Any", app)(scope, ear._receive, ear._send))
        try:
            yield ear
        finally:
            ear._gone.set()
            ear.hears.set()
            async with asyncio.timeout(20):
                await task
            await asyncio.sleep(0)
            assert ear.late == 0

    async def next(self) -> Heard:
        """Return the next event."""
        async with asyncio.timeout(20):
            return await self._heard.get()

    async def until(self, kind: str) -> list[Heard]:
        """Return what comes, the first of ``kind`` last."""
        heard = [await self.next()]
        while heard[-1].kind != kind:
            heard.append(await self.next())
        return heard

    def rest(self) -> list[Heard]:
        """Return what has come and was not asked for."""
        return [self._heard.get_nowait() for _ in range(self._heard.qsize())]

    async def end(self) -> None:
        """Wait until the server has ended the stream."""
        async with asyncio.timeout(20):
            await self.ended.wait()

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        waiting = [asyncio.create_task(each.wait()) for each in (self._gone, self.ended)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self.hears.wait()
        if self.ended.is_set():
            self.late += 1
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        body = message.get("body", b"")
        self.raw += body
        for each in self.parser.feed(body):
            self._heard.put_nowait(each)
        if not message.get("more_body", False):
            self.ended.set()

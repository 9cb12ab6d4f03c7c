"""What goes around every request: streams that end politely, and HEAD of one that would not end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from litestar import Litestar, get
from litestar.response import ServerSentEvent
from litestar.types import HTTPReceiveMessage, Message, Scope

from worldvpn_server.http.edge import Edge

pytestmark = pytest.mark.anyio


@get("/stream")
async def stream() -> ServerSentEvent:
    """Say one thing, and wait for ever."""

    async def words() -> AsyncIterator[str]:
        yield "hello"
        await asyncio.Event().wait()

    return ServerSentEvent(words())


class _Client:
    """One request, without a socket; what was answered is in ``answered``."""

    def __init__(self, edge: Edge, method: str) -> None:
        self.answered: list[Message] = []
        self.news = asyncio.Event()
        self._asked = False
        scope = cast(
            "Any",
            {
                "type": "http",
                "asgi": {"version": "3.0"},
                "http_version": "1.1",
                "method": method,
                "path": "/stream",
                "raw_path": b"/stream",
                "query_string": b"",
                "headers": [],
                "client": ("192.0.2.1", 1),
                "server": ("192.0.2.2", 443),
                "scheme": "https",
                "root_path": "",
                "state": {},
            },
        )
        self.task = asyncio.create_task(self._serve(edge, scope))

    async def _serve(self, edge: Edge, scope: Scope) -> None:
        await edge(scope, self._receive, self._send)

    async def _receive(self) -> HTTPReceiveMessage:
        if self._asked:
            await asyncio.Event().wait()
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Message) -> None:
        self.answered.append(message)
        self.news.set()

    def bodies(self) -> bytes:
        return b"".join(
            each["body"] for each in self.answered if each["type"] == "http.response.body"
        )


@pytest.fixture
def edge() -> Edge:
    return Edge(cast("Any", Litestar([stream], openapi_config=None, logging_config=None)))


async def test_stream_ends_with_a_hint_to_come_back_when_the_server_stops(edge: Edge) -> None:
    client = _Client(edge, "GET")
    async with asyncio.timeout(5):
        while b"hello" not in client.bodies():
            client.news.clear()
            await client.news.wait()
        await edge.close_streams()
        await client.task

    assert client.bodies().endswith(b"retry: 1000\n\n")
    assert cast("Any", client.answered[-1])["more_body"] is False


async def test_head_of_a_stream_ends(edge: Edge) -> None:
    client = _Client(edge, "HEAD")
    async with asyncio.timeout(5):
        await client.task

    assert client.bodies() == b""
    assert cast("Any", client.answered[-1])["more_body"] is False

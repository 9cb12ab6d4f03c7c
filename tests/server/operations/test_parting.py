"""A server that stops lets its connections go: answers arrive, and nobody is waited for in vain."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest
import uvicorn
from litestar import Litestar, asgi, get
from litestar.types import Receive, Scope, Send

from worldvpn_server.clock import SystemClock
from worldvpn_server.http.edge import Edge
from worldvpn_server.keys.certificate import certificate
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.operations.connection import GuardedProtocol

pytestmark = pytest.mark.anyio

_LARGE = b"x" * 8_000_000
_REQUEST = b"GET /%b HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


@attrs.define(eq=False)
class House:
    """A server over TLS, and how it is entered."""

    server: uvicorn.Server
    edge: Edge
    serving: asyncio.Task[None]
    client: ssl.SSLContext
    asked: asyncio.Event
    may_answer: asyncio.Event

    @property
    def port(self) -> int:
        port: int = self.server.servers[0].sockets[0].getsockname()[1]
        return port

    async def enter(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self.client)

    async def asleep(self, path: bytes, *, buffer_bytes: int | None = None) -> socket.socket:
        """Ask for ``path`` on a connection on which nobody reads or says anything any more."""
        raw = socket.socket()
        if buffer_bytes is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)

        def ask() -> socket.socket:
            raw.connect(("127.0.0.1", self.port))
            inside = self.client.wrap_socket(raw, server_hostname="127.0.0.1")
            inside.sendall(_REQUEST % path)
            inside.recv(4)
            return inside

        return await asyncio.to_thread(ask)

    async def stopped(self) -> None:
        self.server.should_exit = True
        async with asyncio.timeout(60):
            await self.edge.close_streams()
            await self.serving


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    asked, may_answer = asyncio.Event(), asyncio.Event()

    @get("/small")
    async def small() -> str:
        return "small"

    @get("/large", media_type="application/octet-stream")
    async def large() -> bytes:
        return _LARGE

    @get("/late")
    async def late() -> str:
        asked.set()
        await may_answer.wait()
        return "late"

    @asgi("/stream", copy_scope=False)
    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while True:
            await send({"type": "http.response.body", "body": b":\n" * 50_000, "more_body": True})
            await asyncio.sleep(0)  # what is sent to nobody takes no turn

    clock = SystemClock()
    ring = KeyRing.open(tmp_path / "keys", clock)
    own = certificate(ring, tmp_path / "tls", ["127.0.0.1"], clock)
    edge = Edge(Litestar([small, large, late, stream], openapi_config=None, logging_config=None))
    config = uvicorn.Config(
        edge,
        host="127.0.0.1",
        port=0,
        http=GuardedProtocol,
        ws="none",
        log_config=None,
        ssl_certfile=own.certificate,
        ssl_keyfile=own.key,
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.01)
    client = ssl.create_default_context(cafile=own.certificate)
    made = House(server, edge, serving, client, asked, may_answer)
    yield made
    may_answer.set()
    await made.stopped()


def ran_out(caplog: pytest.LogCaptureFixture) -> bool:
    """Say whether the server gave up waiting."""
    return any("exceeded" in each.getMessage() for each in caplog.records)


async def test_connection_that_nobody_reads_any_more_does_not_hold_the_stop_up(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    idle = await house.asleep(b"small")
    await house.stopped()
    idle.close()

    assert not ran_out(caplog)


@pytest.mark.parametrize("path", [b"large", b"stream"])
async def test_answer_that_nobody_takes_does_not_hold_the_stop_up(
    house: House, caplog: pytest.LogCaptureFixture, path: bytes
) -> None:
    vanished = await house.asleep(path, buffer_bytes=4_096)
    await house.stopped()
    vanished.close()

    assert not ran_out(caplog)


async def test_answer_that_is_being_made_arrives_after_idle_connections_are_gone(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    idle = await house.asleep(b"small")
    reader, writer = await house.enter()
    writer.write(_REQUEST % b"late")
    await house.asked.wait()
    house.server.should_exit = True
    async with asyncio.timeout(60):
        while len(house.server.server_state.connections) > 1:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    house.may_answer.set()
    said = await reader.read()
    await house.stopped()
    writer.close()
    idle.close()

    assert said.endswith(b"\r\n\r\nlate")
    assert not ran_out(caplog)


async def test_large_answer_arrives_whole_however_slowly_it_is_taken(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await house.enter()
    writer.write(_REQUEST % b"large")
    said = await reader.readexactly(100_000)
    house.server.should_exit = True
    while part := await reader.read(100_000):
        said += part
        await asyncio.sleep(0.02)
    await house.stopped()
    writer.close()

    assert said.endswith(b"\r\n\r\n" + _LARGE)
    assert not ran_out(caplog)


async def test_client_that_reads_is_told_goodbye(house: House) -> None:
    reader, writer = await house.enter()
    writer.write(_REQUEST % b"small")
    await reader.readuntil(b"\r\n\r\nsmall")
    house.server.should_exit = True

    assert await reader.read() == b""  # TLS cut short, or a reset, would raise
    writer.close()


async def test_connection_that_is_lost_at_once_is_looked_at_no_more(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    _, writer = await house.enter()
    writer.write(_REQUEST % b"late")
    await house.asked.wait()
    house.server.should_exit = True
    await asyncio.sleep(0)
    writer.transport.abort()
    house.may_answer.set()
    await house.stopped()

    assert [each for each in caplog.records if each.name == "asyncio"] == []

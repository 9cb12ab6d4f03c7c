"""Connections that are slow, endless or many: cut with a sentence, and the server goes on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import uvicorn
from litestar import Litestar, get

from worldvpn_server.operations import connection
from worldvpn_server.operations.connection import MOST_HEADER_BYTES, GuardedProtocol

pytestmark = pytest.mark.anyio

_QUICK_S = 0.3


@get("/")
async def hello() -> str:
    return "hello"


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Where a server listens that has little patience."""
    monkeypatch.setattr(connection, "REQUEST_S", _QUICK_S)
    app = Litestar([hello], openapi_config=None, logging_config=None)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, http=GuardedProtocol, ws="none", log_config=None
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def _said(port: int, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """Send ``parts`` with pauses; return all that the server says until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    # Read meanwhile: what is sent to a closed connection makes the kernel forget what came of it.
    reading = asyncio.create_task(reader.read())
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)
    try:
        async with asyncio.timeout(10):
            return await reading
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_connection_that_says_nothing_is_closed(port: int) -> None:
    assert (await _said(port)).startswith(b"HTTP/1.1 408 ")


async def test_headers_that_trickle_are_cut(port: int) -> None:
    trickle = [b"GET / HTTP/1.1\r\n", *(b"x-%d: 1\r\n" % number for number in range(40))]

    assert (await _said(port, *trickle, pause_s=0.05)).startswith(b"HTTP/1.1 408 ")


async def test_body_that_trickles_is_cut(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n"
    said = await _said(port, head, *[b"x"] * 40, pause_s=0.05)

    assert b"200 OK" not in said  # and it ended, or reading would not have


@pytest.mark.parametrize("pieces", [1, 200])
async def test_headers_without_end_are_cut(port: int, pieces: int) -> None:
    piece = b"x: " + b"y" * (2 * MOST_HEADER_BYTES // pieces) + b"\r\n"
    said = await _said(port, b"GET / HTTP/1.1\r\n", *[piece] * pieces, b"\r\n")

    assert said == b"" or said.startswith(b"HTTP/1.1 431 ")


async def test_one_header_without_end_is_cut(port: int) -> None:
    said = await _said(port, b"GET / HTTP/1.1\r\nx: ", *[b"y" * 8192] * 6)

    assert said == b"" or said.startswith(b"HTTP/1.1 431 ")


async def test_what_is_no_http_is_told_so_in_json(port: int) -> None:
    said = await _said(port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")

    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.endswith(b'{"error":"the request is not valid HTTP/1.1"}')


async def test_connection_beyond_the_most_is_told_to_come_back(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = await _said(port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    first = await reader.read()
    writer.close()

    assert said.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: " in said
    assert first.endswith(b"hello")


async def test_kept_alive_connection_is_served_again_and_again(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"hello" in await reader.readuntil(b"hello")
        await asyncio.sleep(_QUICK_S)  # a pause between requests is not slowness
    writer.close()

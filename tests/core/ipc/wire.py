"""Both ends of the local API for tests: a server with a recording daemon, and a raw client."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Self

from worldvpn_core.ipc.messages import Request
from worldvpn_core.ipc.protocol import MAX_LINE_BYTES, PROTOCOL_VERSION
from worldvpn_core.ipc.rights import Caller
from worldvpn_core.ipc.server import LocalServer

#: No test waits longer for an answer: a server that hangs fails instead.
PATIENCE_S = 20.0


class RecordingDaemon:
    """Answers every request with {} and remembers it; ``acts`` may do more."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.callers: list[Caller] = []
        self.acts: Callable[[Request], Awaitable[Mapping[str, object]]] | None = None
        #: Whoever runs the tests: not always root.
        self.owner_uid: int | None = os.getuid()
        self.state: Mapping[str, object] = {"version": 1}

    async def dispatch(self, caller: Caller, request: Request) -> Mapping[str, object]:
        self.requests.append(request)
        self.callers.append(caller)
        return {} if self.acts is None else await self.acts(request)

    def server(self, path: Path, *, group_gid: int | None = None) -> LocalServer:
        return LocalServer(
            path,
            dispatch=self.dispatch,
            owner_uid=lambda: self.owner_uid,
            group_gid=group_gid,
            snapshot=lambda: self.state,
        )


@contextlib.asynccontextmanager
async def serving(
    daemon: RecordingDaemon,
    path: Path,
    *,
    group_gid: int | None = None,
) -> AsyncIterator[LocalServer]:
    server = daemon.server(path, group_gid=group_gid)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


class Wire:
    """A client that can send anything."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(
        cls,
        path: Path,
        *,
        greet: bool = True,
        limit_bytes: int = 4 * MAX_LINE_BYTES,
    ) -> Self:
        """Connect; beyond twice ``limit_bytes`` unread, nothing more is taken from the kernel."""
        reader, writer = await asyncio.open_unix_connection(path, limit=limit_bytes)
        wire = cls(reader, writer)
        if greet:
            await wire.ask("hello", {"version": PROTOCOL_VERSION})
        return wire

    def send(self, line: bytes) -> None:
        self._writer.write(line)

    def request(self, method: str, params: object = None, request_id: object = 1) -> None:
        self.send(line(method, params, request_id))

    async def ask(self, method: str, params: object = None) -> dict[str, Any]:
        self.request(method, params)
        return await self.next()

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            raw = await self._reader.readuntil(b"\n")
        message: dict[str, Any] = json.loads(raw)
        return message

    async def rest(self) -> bytes:
        """Read until the server ends the connection, by dropping it or in good order."""
        chunks = []
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionError):
                while chunk := await self._reader.read(MAX_LINE_BYTES):
                    chunks.append(chunk)
        return b"".join(chunks)

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def line(method: str, params: object = None, request_id: object = 1) -> bytes:
    message = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params or {}}
    return json.dumps(message).encode() + b"\n"


def code_of(message: Mapping[str, Any]) -> str:
    return str(message["error"]["data"]["code"])


async def until(holds: Callable[[], bool]) -> None:
    """Wait until ``holds``, letting the server run."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - a log has no event to wait for
            await asyncio.sleep(0.01)

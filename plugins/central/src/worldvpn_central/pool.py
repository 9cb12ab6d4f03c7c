"""httpx over the desk's connections: a pool that can be let go of."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import Final

import attrs
import httpcore
import httpx

from worldvpn_central.backend import Connections, DeskBackend

IDLE_S: Final = 60.0


class Body(httpx.AsyncByteStream):
    """An answer's body, as it comes."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._answer.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()


class PoolTransport(httpx.AsyncBaseTransport):
    """Sends httpx's requests over a pool of httpcore's, whose errors are left as they are."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        answer = await self._pool.handle_async_request(sent)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=Body(answer),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


@attrs.frozen
class Pool:
    """A client, and its connections, which the pool forgets when closed amid connecting."""

    client: httpx.AsyncClient
    connections: Connections

    @classmethod
    def made(cls, url: str, backend: DeskBackend, unused: ssl.SSLContext) -> Pool:
        """Return one without a connection. ``unused``: those of ``backend`` have their own."""
        connections = Connections(backend)
        pool = httpcore.AsyncConnectionPool(
            ssl_context=unused,
            http2=True,
            keepalive_expiry=IDLE_S,
            network_backend=connections,
        )
        client = httpx.AsyncClient(
            transport=PoolTransport(pool),
            base_url=url,
            headers={"user-agent": "worldvpn", "accept-encoding": "identity"},
            trust_env=False,
        )
        return cls(client, connections)

    async def aclose(self) -> None:
        """Close every connection."""
        await self.connections.aclose()
        await self.client.aclose()

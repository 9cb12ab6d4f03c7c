"""What goes around every request: its id, its time limit, its figures, its line in the log.

Plain ASGI outside of the framework, so that unknown paths and refused methods are in it too, and
because it costs each request.
"""

from __future__ import annotations

import asyncio
import functools
import random
import time
from typing import Final

import attrs
from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from worldvpn_server.operations import measures
from worldvpn_server.operations.access import AccessLog
from worldvpn_server.operations.logs import request_id

#: What every answer carries. It is an API: nothing of it is to be framed, run or kept.
_SECURITY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
_NO_STORE: Final = (b"cache-control", b"no-store")
_STREAM: Final = b"text/event-stream"
#: The field of server-sent events that says when to come back: elsewhere, in a moment.
_FAREWELL: Final = b"retry: 1000\n\n"
_NOWHERE: Final = "(none)"


@attrs.define(eq=False)
class Edge:
    """The outermost application."""

    _app: ASGIApp
    log: AccessLog = attrs.field(factory=AccessLog)
    _streams: dict[asyncio.Task[object], _Exchange] = attrs.field(factory=dict, init=False)
    closing: bool = attrs.field(default=False, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != ScopeType.HTTP:
            return  # no request: we have no web sockets
        exchange = _Exchange(edge=self, scope=scope, send=send)
        request_id.set(exchange.id)
        inner = scope
        if exchange.is_head:  # what GET would answer, without its content (RFC 9110 section 9.3.2)
            inner = HTTPScope(**{**scope, "method": HttpMethod.GET})
        try:
            await self._app(inner, receive, exchange.forward)
        except asyncio.CancelledError:
            if not exchange.is_over:  # otherwise it was us: the answer is complete
                raise
        finally:
            exchange.end(inner)

    async def close_streams(self) -> None:
        """End every event stream with a hint to come back, for others serve on."""
        self.closing = True
        streams = list(self._streams.items())
        # At once: one that cannot be written to must not keep the others waiting.
        await asyncio.gather(*(each.finish(task, _FAREWELL) for task, each in streams))

    def opened(self, exchange: _Exchange) -> None:
        """Take note of a stream, which this task serves."""
        task = asyncio.current_task()
        if task is not None:
            self._streams[task] = exchange
            measures.STREAMS.inc()

    def ended(self) -> None:
        """Take note that the stream of this task has ended."""
        task = asyncio.current_task()
        if task is not None and self._streams.pop(task, None) is not None:
            measures.STREAMS.dec()


@attrs.define(eq=False, kw_only=True)
class _Exchange:
    """One request and its answer."""

    edge: Edge
    scope: HTTPScope
    send: Send
    #: Tells requests apart, and keeps nothing secret.
    id: str = attrs.field(factory=lambda: f"{random.getrandbits(64):016x}")
    _begun_s: float = attrs.field(factory=time.perf_counter)
    _status: int = 0
    _is_stream: bool = False
    is_over: bool = False
    is_head: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.is_head = self.scope["method"] == "HEAD"

    async def forward(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = list(message["headers"])
            named = {name for name, _ in headers}
            self._is_stream = any(
                name == b"content-type" and value.startswith(_STREAM) for name, value in headers
            )
            headers += _SECURITY
            headers.append((b"x-request-id", self.id.encode()))
            if b"cache-control" not in named:
                headers.append(_NO_STORE)
            if self.scope["scheme"] == "https":
                headers.append(_HSTS)
            message["headers"] = headers
            if self._is_stream and not self.is_head:
                self.edge.opened(self)
        elif self.is_head:
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        elif self._is_stream and not message.get("more_body", False):
            self.is_over = True
        await self.send(message)
        if not self._is_stream or not (self.is_head or self.edge.closing) or self.is_over:
            return
        if task := asyncio.current_task():
            await self.finish(task, b"" if self.is_head else _FAREWELL)

    async def finish(self, task: asyncio.Task[object], last: bytes) -> None:
        """Complete the answer, and end the ``task`` that would go on with it. Idempotent."""
        if self.is_over:
            return
        self.is_over = True
        await self.send({"type": "http.response.body", "body": last, "more_body": False})
        task.cancel()

    def end(self, scope: HTTPScope) -> None:
        took_s = time.perf_counter() - self._begun_s
        route = scope.get("path_template") or _NOWHERE
        method = self.scope["method"]
        _count(method, route, self._status).inc()
        if self._is_stream:
            self.edge.ended()
        else:
            _clock(route).observe(took_s)
        self.edge.log.add(self.id, method, route, self._status, took_s)


@functools.cache
def _count(method: str, route: str, status: int) -> Counter:
    # What strangers write is not in it: methods are few, and a route is a template.
    return measures.REQUESTS.labels(method, route, status)


@functools.cache
def _clock(route: str) -> Histogram:
    return measures.SECONDS.labels(route)

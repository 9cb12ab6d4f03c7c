"""Requests over HTTP/2, or 1.1 where there is no other, on connections that can be made anew.

Bounded in time and size, whatever is answered.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Final

import attrs
import httpcore
import httpx

from worldvpn_central.backend import DeskBackend
from worldvpn_central.errors import BrokenError
from worldvpn_central.pool import Pool
from worldvpn_core.errors import CentralOfflineError

#: All of a request and its answer; the server waits a few seconds for a node.
REQUEST_S: Final = 30.0
#: The server says something every 15 s.
SILENCE_S: Final = 40.0
MOST_ANSWER_BYTES: Final = 1 << 20
#: Imported by httpcore and anyio when they are first used, which is too late for us.
_LATE: Final = (
    *("anyio._backends._asyncio", "h2.config", "h2.connection", "h2.events"),
    *("httpcore._async.http2", "httpcore._async.http11", "httpcore._async.connection"),
    *("hpack.hpack", "hyperframe.frame", "encodings.idna", "encodings.ascii"),
)
#: They tell every header at DEBUG, tokens too.
_TALKERS: Final = ("hpack", "h2", "httpcore")


@attrs.frozen(kw_only=True)
class Answer:
    """A whole answer."""

    status: int
    retry_after_s: int | None = None
    etag: str | None = None
    body: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Question:
    """A request. ``again``: it may be sent twice, when a connection broke."""

    method: str
    path: str
    body: Mapping[str, object] | None = attrs.field(default=None, repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    again: bool = True


class Http:
    """Asks one server."""

    def __init__(self, url: str, backend: DeskBackend) -> None:
        for name in _LATE:
            import_module(name)
        for name in _TALKERS:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._url = url.rstrip("/")
        self._backend = backend
        # httpcore wants one; the backend's connections have theirs already.
        self._unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._pool: Pool | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def renew(self) -> None:
        """Let go of every connection: the next request makes its own."""
        if self._pool is not None:
            closing = asyncio.get_running_loop().create_task(self._pool.aclose())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            self._pool = None

    async def aclose(self) -> None:
        """Close every connection, and wait until they are."""
        self.renew()
        await asyncio.gather(*self._closing)

    async def ask(self, question: Question) -> Answer:
        """Return the answer to ``question``.

        Raises:
            BrokenError: it was perhaps received, but not answered.
            CentralOfflineError: it was not sent.
        """
        if not question.again:
            async with self._fresh() as client:
                return await self._asked(client, question)
        used = self._pool = self._pool or self._made()
        try:
            return await self._asked(used.client, question)
        except BrokenError:
            if self._pool is used:
                self.renew()
            used = self._pool = self._pool or self._made()
            return await self._asked(used.client, question)

    @asynccontextmanager
    async def stream(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """Give an answer that does not end, on a connection of its own; errors as ``ask``."""
        limits = httpx.Timeout(REQUEST_S, read=SILENCE_S)
        try:
            async with (
                self._fresh() as client,
                client.stream("GET", path, headers=_headers(headers), timeout=limits) as answer,
            ):
                yield answer
        except _TROUBLE as error:
            raise _broken(error) from None

    async def _asked(self, client: httpx.AsyncClient, question: Question) -> Answer:
        content = None if question.body is None else json.dumps(question.body).encode()
        headers = dict(question.headers)
        if content is not None:
            headers["content-type"] = "application/json"
        try:
            async with (
                asyncio.timeout(REQUEST_S),
                client.stream(
                    question.method,
                    question.path,
                    headers=_headers(headers),
                    content=content,
                    timeout=REQUEST_S,
                ) as answer,
            ):
                return Answer(
                    status=answer.status_code,
                    etag=answer.headers.get("etag"),
                    retry_after_s=_retry_after_s(answer),
                    body=await whole(answer, MOST_ANSWER_BYTES),
                )
        except _TROUBLE as error:
            raise _broken(error) from None

    @asynccontextmanager
    async def _fresh(self) -> AsyncIterator[httpx.AsyncClient]:
        made = self._made()
        try:
            yield made.client
        finally:
            await made.aclose()

    def _made(self) -> Pool:
        return Pool.made(self._url, self._backend, self._unused)


_TROUBLE: Final = (
    httpx.HTTPError,
    httpx.StreamError,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.ConnectionNotAvailable,
    TimeoutError,
    BrokenError,
)


def _broken(error: Exception) -> BrokenError:
    if isinstance(error, BrokenError):
        return error
    if isinstance(error, httpx.TimeoutException | httpcore.TimeoutException | TimeoutError):
        return BrokenError("the central server did not answer in time")
    return BrokenError("the connection to the central server broke")


async def whole(answer: httpx.Response, most_bytes: int) -> bytes:
    """Return all of ``answer``. Raises CentralOfflineError where it does not end in time."""
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part
        if len(body) > most_bytes:
            raise CentralOfflineError(
                f"the central server's answer is longer than {most_bytes:,} bytes"
            )
    return bytes(body)


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    return {"accept": "application/json", **given}


def _retry_after_s(answer: httpx.Response) -> int | None:
    text = answer.headers.get("retry-after", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= 6  # noqa: PLR2004 - eleven days
    return int(text) if is_number else None

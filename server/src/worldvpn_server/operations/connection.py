"""uvicorn's HTTP/1.1 connection with limits it does not have: time, header bytes, how many.

uvicorn bounds only the pause between two requests. Who opens a connection and says nothing, or a
byte a minute ("slowloris"), or headers without end, would hold it for ever.
"""

from __future__ import annotations

import asyncio
import http
from typing import Final, cast

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from worldvpn_server.operations import measures
from worldvpn_server.operations.parting import Parting

#: From the connection, or a request's first byte, to its last.
REQUEST_S: Final = 20.0
#: Of one request: its line and all of its headers.
MOST_HEADER_BYTES: Final = 16_384
#: Of one process. A stream takes one each.
MOST_CONNECTIONS: Final = 20_000

_MALFORMED: Final = (400, "the request is not valid HTTP/1.1")
_SLOW: Final = (408, f"the request did not arrive whole within {REQUEST_S:.0f} s")
_LARGE: Final = (431, f"the request line and headers are longer than {MOST_HEADER_BYTES} bytes")
_BUSY: Final = (503, "too many connections: try again in a moment")


class GuardedProtocol(HttpToolsProtocol):
    """One connection."""

    _deadline: asyncio.TimerHandle | None = None
    _in_headers: bool = True
    _header_bytes: int = 0
    _refusal: tuple[int, str] = _MALFORMED
    _parting: Parting | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(_BUSY)
        else:
            self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        if self._parting is not None:
            self._parting.end()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._parting = Parting(self.transport, self._is_answering)
        super().shutdown()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_headers and not self.transport.is_closing():
            self._header_bytes += len(data)
            if self._header_bytes > MOST_HEADER_BYTES:
                self._refuse(_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        length = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if length > MOST_HEADER_BYTES:
            self._refusal = _LARGE
            raise ValueError("ends the parser, which calls send_400_response")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._end()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not ours
        self._refuse(self._refusal)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _begin(self) -> None:
        self._end()
        self._in_headers, self._header_bytes = True, 0
        self._deadline = self.loop.call_later(REQUEST_S, self._refuse, _SLOW)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, refusal: tuple[int, str]) -> None:
        """Say why and close, unless an answer is under way, which would be garbled."""
        status, why = refusal
        measures.CONNECTIONS_CUT.labels(status).inc()
        self._end()
        if self.transport.is_closing():
            return
        if not self._is_answering():
            body = msgspec.json.encode({"error": why})
            phrase = http.HTTPStatus(status).phrase
            head = (
                f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\nretry-after: 5\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode("ascii") + body)
        self.transport.close()

"""As much of HTTP/2 (RFC 9113) as DNS over HTTPS needs: POSTs out, bodies back. Pure.

RFC 8484 §5.2 makes HTTP/2 the least a resolver speaks, and some speak nothing older.
Header fields that come back are not read: the body must be the DNS answer to what was
asked, whatever stands above it, so no HPACK decoder is at a stranger's mercy.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from worldvpn_core.agent.wire import MOST_MESSAGE_BYTES, ServerFailedError

#: RFC 9113 §4.2: the largest frame a peer may send who was not told otherwise.
MOST_FRAME_BYTES: Final = 16_384
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEADER: Final = struct.Struct(">HBBBI")
#: Frame types (RFC 9113 §6).
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PUSH_PROMISE, _PING, _GOAWAY = 0, 1, 3, 4, 5, 6, 7
_ACK = _END_STREAM = 0x1
_END_HEADERS = 0x4
_PADDED = 0x8
#: SETTINGS_ENABLE_PUSH = 0.
_NO_PUSH: Final = struct.pack(">HI", 2, 0)
_MOST_FIELD_BYTES: Final = 126


class Exchange:
    """One connection on which every body is posted at once and every answer collected.

    Feed it what arrives; send what it returns. Done when ``answers`` is not None.
    """

    def __init__(self, authority: str, path: str, bodies: Sequence[bytes]) -> None:
        self._buffer = b""
        #: RFC 9113 §5.1.1: a client's streams are odd.
        self._bodies = {2 * at + 1: b"" for at in range(len(bodies))}
        self._open = set(self._bodies)
        self._requests = b"".join(
            _request(stream, authority, path, body)
            for stream, body in zip(self._bodies, bodies, strict=True)
        )

    @property
    def opening(self) -> bytes:
        """What to send first: preface, settings and every request."""
        return _PREFACE + _frame(_SETTINGS, 0, 0, _NO_PUSH) + self._requests

    @property
    def answers(self) -> tuple[bytes, ...] | None:
        """The bodies in the order of the requests, or None while one is incomplete."""
        return None if self._open else tuple(self._bodies.values())

    def feed(self, data: bytes) -> bytes:
        """Take ``data`` as it arrived and return what to send back ("" for nothing).

        Raises:
            ServerFailedError: the server refused, or does not speak HTTP/2.
        """
        self._buffer += data
        reply = b""
        while len(self._buffer) >= _HEADER.size:
            high, low, kind, flags, stream = _HEADER.unpack_from(self._buffer)
            length = high << 8 | low
            if length > MOST_FRAME_BYTES:
                raise ServerFailedError("does not speak HTTP/2")
            end = _HEADER.size + length
            if len(self._buffer) < end:
                break
            payload, self._buffer = self._buffer[_HEADER.size : end], self._buffer[end:]
            reply += self._take(kind, flags, stream & 0x7FFFFFFF, payload)
        return reply

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> bytes:
        if kind == _SETTINGS and not flags & _ACK:
            return _frame(_SETTINGS, _ACK, 0, b"")
        if kind == _PING and not flags & _ACK:
            return _frame(_PING, _ACK, 0, payload)
        if kind in (_RST_STREAM, _GOAWAY, _PUSH_PROMISE):
            raise ServerFailedError("refused the question")
        if kind == _DATA and stream in self._open:
            self._bodies[stream] += _unpadded(payload) if flags & _PADDED else payload
            if len(self._bodies[stream]) > MOST_MESSAGE_BYTES:
                raise ServerFailedError("sent more than a DNS message")
        if kind in (_DATA, _HEADERS) and flags & _END_STREAM:
            self._open.discard(stream)
        return b""


def _request(stream: int, authority: str, path: str, body: bytes) -> bytes:
    """Return HEADERS and DATA of one POST (RFC 8484 §4.1)."""
    # Fields by number are those of HPACK's static table (RFC 7541, appendix A).
    block = (
        b"\x83\x87"  # :method POST, :scheme https
        + _field(b"\x01", authority)
        + _field(b"\x04", path)
        + _field(b"\x0f\x04", "application/dns-message")  # accept
        + _field(b"\x0f\x10", "application/dns-message")  # content-type
        + _field(b"\x0f\x0d", str(len(body)))  # content-length
    )
    headers = _frame(_HEADERS, _END_HEADERS, stream, block)
    return headers + _frame(_DATA, _END_STREAM, stream, body)


def _field(name: bytes, value: str) -> bytes:
    """Return a literal field that is not to be indexed (RFC 7541 §6.2.2)."""
    text = value.encode("ascii", "replace")[:_MOST_FIELD_BYTES]
    return name + bytes([len(text)]) + text


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    length = len(payload)
    return _HEADER.pack(length >> 8, length & 0xFF, kind, flags, stream) + payload


def _unpadded(payload: bytes) -> bytes:
    if not payload or payload[0] >= len(payload):
        raise ServerFailedError("does not speak HTTP/2")
    return payload[1 : len(payload) - payload[0]]

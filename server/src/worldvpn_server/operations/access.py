"""The line that each request leaves in the log, written a few at a time.

Python's logging looks at the stack and takes a lock for each record: more than all the rest of what
goes around a request. What is lost with a killed process is a twentieth of a second.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Final, TextIO

import attrs
import msgspec

from worldvpn_server.operations import logs

_PAUSE_S: Final = 0.05


class Line(msgspec.Struct, frozen=True):
    """One request: no address, no query, no path but the route's template."""

    at: str
    request: str
    method: str
    route: str
    status: int
    ms: float
    level: str = "info"
    what: str = "request"


@attrs.define(eq=False)
class AccessLog:
    """Lines that wait to be written to ``stream``."""

    _stream: TextIO = attrs.field(factory=lambda: sys.stderr)
    _waiting: list[bytes] = attrs.field(factory=list, init=False)
    _encode: msgspec.json.Encoder = attrs.field(factory=msgspec.json.Encoder, init=False)

    def add(self, request: str, method: str, route: str, status: int, took_s: float) -> None:
        """Take a line; call it in the event loop."""
        line = Line(
            at=logs.stamp(time.time()),
            request=request,
            method=method,
            route=route,
            status=status,
            ms=round(took_s * 1000, 1),
        )
        if not self._waiting:
            asyncio.get_running_loop().call_later(_PAUSE_S, self.flush)
        self._waiting.append(self._encode.encode(line))

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            text = b"\n".join(self._waiting).decode()
            self._waiting.clear()
            self._stream.write(f"{text}\n")
            self._stream.flush()

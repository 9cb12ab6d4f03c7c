"""Server-sent events (HTML 9.2.6), as bytes come in. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from worldvpn_core.errors import CentralOfflineError

#: One event is a small object; a line that does not end is an attack.
MOST_EVENT_BYTES: Final = 65_536
_MOST_ID_CHARACTERS: Final = 64
_MOST_DIGITS: Final = 6


@attrs.frozen
class Event:
    """An event; ``data`` is JSON."""

    kind: str
    data: str = attrs.field(repr=False)


class Reader:
    """Takes bytes, gives events; ``retry_ms``: when the server wants its clients back."""

    def __init__(self) -> None:
        self.retry_ms: int | None = None
        self._buffer = b""
        self._kind = ""
        self._data: list[str] = []
        self._id: str | None = None
        self._size = 0

    def feed(self, data: bytes) -> Iterator[tuple[Event | None, str | None]]:
        """Yield each event that ends in ``data``, None for a mere mark, with its place.

        Raises:
            CentralOfflineError: an event is larger than any of the server's.
        """
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        for raw in lines:
            self._size += len(raw)
            self._refuse_beyond_limits()
            line = raw.rstrip(b"\r").decode("utf-8", "replace")
            if line:
                self._take(line)
                continue
            yield self._dispatched(), self._id
            self._kind, self._data, self._size = "", [], 0
        self._refuse_beyond_limits()

    def _refuse_beyond_limits(self) -> None:
        if self._size + len(self._buffer) > 2 * MOST_EVENT_BYTES or self._size > MOST_EVENT_BYTES:
            raise CentralOfflineError("the central server sent an event without an end")

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._kind = value
            case "data":
                self._data.append(value)
            case "id" if len(value) <= _MOST_ID_CHARACTERS and value.isascii():
                self._id = value if value.isprintable() else self._id
            case "retry" if value.isdecimal() and value.isascii() and len(value) <= _MOST_DIGITS:
                self.retry_ms = int(value)
            case _:
                pass

    def _dispatched(self) -> Event | None:
        return Event(self._kind, "\n".join(self._data)) if self._data else None

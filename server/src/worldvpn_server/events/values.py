"""Values of the outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cached_property
from typing import Final, Protocol, Self
from uuid import UUID

import attrs

#: What clients are told; every other kind is between server processes.
CLIENT_KINDS: Final = frozenset(
    {"balance", "session", "guest", "notice", "directory", "probe", "punch"}
)


@attrs.frozen(kw_only=True, order=True)
class Cursor:
    """A place in the outbox: what is at or before it has been read. Text: ``position-id``."""

    position: int
    id: int

    def __str__(self) -> str:
        return f"{self.position}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` wrote. Raises ValueError on anything else."""
        position, separator, number = text.partition("-")
        if not (separator and position.isdecimal() and number.isdecimal() and text.isascii()):
            raise ValueError(f"not a cursor: {text[:40]!r}")
        return cls(position=int(position), id=int(number))


@attrs.frozen(kw_only=True)
class Event:
    """News on a topic: an account, a session, or ``ids.EVERYBODY``; ``body`` is JSON."""

    topic: UUID
    kind: str
    body: bytes
    device: UUID | None = None


@attrs.frozen(kw_only=True)
class Delivered:
    """An event, and its place."""

    cursor: Cursor
    event: Event

    @cached_property
    def frame(self) -> bytes:
        """The bytes every stream sends for it: made once, shared by all of them."""
        head = f"id: {self.cursor}\nevent: {self.event.kind}\ndata: "
        return head.encode() + self.event.body + b"\n\n"


class Subscription(Protocol):
    """A queue of one reader. A reader that falls too far behind is ended, never waited for."""

    def __aiter__(self) -> AsyncIterator[Delivered]:
        """Yield events as they come; ends when the reader fell behind or the server stops."""

    def close(self) -> None:
        """Stop receiving. Idempotent."""

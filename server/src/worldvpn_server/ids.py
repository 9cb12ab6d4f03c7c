"""Identifiers that sort by the time they were made (RFC 9562 section 5.7)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

#: The topic of events for everybody.
EVERYBODY: Final = UUID(int=0)


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    return uuid7()

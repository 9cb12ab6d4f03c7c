"""What a stream begins with: each area's things of one caller, as events without a place."""

from __future__ import annotations

from typing import Protocol

from worldvpn_server.accounts.values import Caller


class Snapshot(Protocol):
    """One area's part of it."""

    async def __call__(self, caller: Caller, /) -> tuple[tuple[str, bytes], ...]:
        """Return (kind, JSON) of all that is ``caller``'s now."""


class Holder(Protocol):
    """Tells whether a token that was verified still holds; ``accounts.tokens`` has it."""

    def holds(self, caller: Caller) -> bool:
        """Return False once it has expired or was revoked. Answers from memory."""

"""Who asks: what a token says, once it is verified and not revoked."""

from __future__ import annotations

import enum
from typing import Protocol
from uuid import UUID

import attrs


class Audience(enum.StrEnum):
    """What a token is good for: the compatible routes, or /v1. Never both."""

    COMPAT = "compat"
    V1 = "v1"


@attrs.frozen(kw_only=True)
class Caller:
    """The account behind a request; ``device`` is None for a compatible client."""

    account: UUID
    username: str
    sid: UUID
    device: UUID | None
    audience: Audience
    expires_s: int


class Verifier(Protocol):
    """Tells who a token is; ``accounts.tokens`` has it."""

    async def verify(self, token: str, audience: Audience) -> Caller:
        """Return who asks.

        Raises:
            UnauthorizedError: forged, expired, for another audience, or revoked.
        """

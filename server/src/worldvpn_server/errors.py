"""What the server answers instead of what was asked: one tree, each with its HTTP status.

ApiError
├── MalformedError        400  the body is no JSON
├── UnauthorizedError     401  who asks is not known, or no longer
├── CreditError           402  not enough credits
├── ForbiddenError        403  known, but it is not theirs to do
├── NotFoundError         404
├── ConflictError         409
├── TooLargeError         413
├── MediaTypeError        415
├── InvalidError          422  a field is missing, mistyped or senseless
├── ThrottledError        429  with Retry-After
└── UnavailableError      503  the database or a node is away; with Retry-After
StartError                the server cannot start; its message says what to do
LedgerError               an invariant of the ledger would break: a fault of ours
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class ApiError(Exception):
    """Base of every refusal. ``extra`` are further keys of the answer beside ``error``."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(self, text: str, **extra: object) -> None:
        super().__init__(text)
        self.text = text
        self.extra: Mapping[str, object] = extra


class MalformedError(ApiError):
    """The body cannot be read at all."""

    status = 400
    code = "malformed"


class UnauthorizedError(ApiError):
    """No token, or one that does not hold (any more)."""

    status = 401
    code = "unauthorized"


class CreditError(ApiError):
    """Not enough credits."""

    status = 402
    code = "credit"


class ForbiddenError(ApiError):
    """It is not theirs to do."""

    status = 403
    code = "forbidden"


class NotFoundError(ApiError):
    """There is no such thing, or it is not theirs to know of."""

    status = 404
    code = "not-found"


class ConflictError(ApiError):
    """Not possible beside what is there already."""

    status = 409
    code = "conflict"


class TooLargeError(ApiError):
    """The body is larger than the route takes."""

    status = 413
    code = "too-large"


class MediaTypeError(ApiError):
    """The body is not JSON by its content type."""

    status = 415
    code = "media-type"


class InvalidError(ApiError):
    """A field is missing, mistyped or senseless."""

    status = 422
    code = "invalid"


class ThrottledError(ApiError):
    """Too often; ``retry_after_s`` becomes the header Retry-After (RFC 9110 section 10.2.3)."""

    status = 429
    code = "throttled"

    def __init__(self, text: str, *, retry_after_s: int, **extra: object) -> None:
        super().__init__(text, **extra)
        self.retry_after_s = retry_after_s


class UnavailableError(ApiError):
    """What is needed is away for a moment; ``retry_after_s`` becomes Retry-After."""

    status = 503
    code = "unavailable"

    def __init__(self, text: str, *, retry_after_s: int = 5, **extra: object) -> None:
        super().__init__(text, **extra)
        self.retry_after_s = retry_after_s


class StartError(Exception):
    """The server cannot start; the message says why and what to do."""


class LedgerError(Exception):
    """What was asked of the ledger would break an invariant; nothing was posted."""

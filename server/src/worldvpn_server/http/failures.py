"""Every failure as ``{"error": text}``, with the status the API promises and nothing of ours."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    SerializationException,
    ValidationException,
)

from worldvpn_server.errors import (
    ApiError,
    InvalidError,
    MalformedError,
    ThrottledError,
    UnavailableError,
)

_log = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]


def answer(error: ApiError) -> Response[bytes]:
    """Return the response that says ``error``. Pure."""
    headers: dict[str, str] = {}
    if isinstance(error, (ThrottledError, UnavailableError)):
        headers["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:  # noqa: PLR2004 - RFC 9110 section 15.5.2 asks for the header
        headers["WWW-Authenticate"] = "Bearer"
    return _json(error.status, {"error": error.text, **error.extra}, headers)


def refused(_: AnyRequest, error: ApiError) -> Response[bytes]:
    """Answer one of our own refusals."""
    return answer(error)


def malformed(_: AnyRequest, error: ClientException) -> Response[bytes]:
    """Tell what cannot be read (400) from what does not fit (422)."""
    cause = error.__cause__
    if isinstance(error, ValidationException):
        return answer(InvalidError("; ".join(_fields(error)) or "the request does not fit"))
    if isinstance(error, SerializationException) and isinstance(cause, msgspec.ValidationError):
        return answer(InvalidError(str(cause)))
    if isinstance(error, SerializationException):
        return answer(MalformedError("the body is not valid JSON"))
    return http(_, error)


def http(_: AnyRequest, error: HTTPException) -> Response[bytes]:
    """Answer what the framework refuses: unknown paths, methods, sizes."""
    return _json(error.status_code, {"error": error.detail}, dict(error.headers or {}))


def unexpected(_: AnyRequest, error: Exception) -> Response[bytes]:
    """Answer a fault of ours without a word about it; the log has the rest."""
    _log.error("unexpected %s", type(error).__name__, exc_info=error)
    return _json(500, {"error": "the server made a mistake: it has been logged"}, {})


def _fields(error: ValidationException) -> list[str]:
    extra = error.extra if isinstance(error.extra, list) else []
    return [
        f"{each.get('key', 'body')}: {each.get('message', 'invalid')}"
        for each in extra
        if isinstance(each, Mapping)
    ]


def _json(status: int, body: Mapping[str, object], headers: Mapping[str, str]) -> Response[bytes]:
    return Response(
        content=msgspec.json.encode(body),
        status_code=status,
        media_type=MediaType.JSON,
        headers=dict(headers),
    )

"""Every failure as ``{"error": text}``, with the status the API promises and nothing of ours."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

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

#: What litestar says of a missing body is the name of its own argument.
_LITESTARS_NO_BODY: Final = "'data'"
_NO_BODY: Final = "the body is missing"

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
    cause = _parsers_word(error)
    if isinstance(error, ValidationException):
        return answer(InvalidError("; ".join(_fields(error)) or "the request does not fit"))
    if isinstance(cause, msgspec.ValidationError):
        return answer(InvalidError(str(cause)))
    if isinstance(error, SerializationException) or cause is not None:
        return unreadable(_, error)
    return http(_, error)


def unreadable(_: AnyRequest, error: Exception) -> Response[bytes]:
    """Answer a body that is no JSON, is no UTF-8, or is nested beyond what a parser follows."""
    if isinstance(error, RecursionError):
        return answer(MalformedError("the body is nested too deep"))
    if isinstance(error, UnicodeDecodeError):
        return answer(MalformedError("the body is not valid JSON: it is not UTF-8"))
    cause = _parsers_word(error)
    return answer(MalformedError(f"the body is not valid JSON{f': {cause}' if cause else ''}"))


def _parsers_word(error: BaseException) -> msgspec.DecodeError | None:
    """Return what the parser said, however often the framework has wrapped it."""
    cause = error.__cause__
    while cause is not None and not isinstance(cause, msgspec.DecodeError):
        cause = cause.__cause__
    return cause


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
        _NO_BODY if message == _LITESTARS_NO_BODY else f"{each.get('key', 'body')}: {message}"
        for each in extra
        if isinstance(each, Mapping)
        for message in [each.get("message", "invalid")]
    ]


def _json(status: int, body: Mapping[str, object], headers: Mapping[str, str]) -> Response[bytes]:
    return Response(
        content=msgspec.json.encode(body),
        status_code=status,
        media_type=MediaType.JSON,
        headers=dict(headers),
    )

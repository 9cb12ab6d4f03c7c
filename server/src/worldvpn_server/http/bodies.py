"""What a body must be before it is read: JSON by its own word (RFC 9110 section 15.5.16)."""

from __future__ import annotations

import contextlib
from typing import Any, Final

import msgspec
from litestar import Request

from worldvpn_server.errors import InvalidError, MediaTypeError

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


async def check(request: Request[Any, Any, Any]) -> None:
    """Refuse a body that is no JSON, or not of its route's types; runs after the guards.

    Raises:
        MediaTypeError: it says that it is something else, or nothing.
        InvalidError: a field is missing or mistyped.
    """
    if request.method in _WITH_BODY:
        _check_media_type(request)
        await _check_types(request)


def _check_media_type(request: Request[Any, Any, Any]) -> None:
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return
    said, _, parameters = headers.get("content-type", "").partition(";")
    if said.strip().lower() != "application/json":
        raise MediaTypeError("the body must be JSON: send Content-Type: application/json")
    charset = parameters.partition("charset=")[2].strip(' "').lower()
    if charset not in {"", "utf-8", "utf8"}:
        raise MediaTypeError("JSON is UTF-8 (RFC 8259 section 8.1)")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaTypeError("the body must not be compressed")


async def _check_types(request: Request[Any, Any, Any]) -> None:
    """Read the body once more than the framework does: for it, "1" in quotes is a number."""
    field = request.route_handler.parsed_data_field
    body = b"" if field is None else await request.body()
    if field is None or not body:
        return
    # What cannot be read at all, the framework says better.
    with contextlib.suppress(RecursionError, UnicodeDecodeError):
        try:
            msgspec.json.decode(body, type=field.annotation)
        except msgspec.ValidationError as error:
            raise InvalidError(str(error)) from None
        except msgspec.DecodeError:
            return

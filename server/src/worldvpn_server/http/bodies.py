"""What a body must be before it is read: JSON by its own word (RFC 9110 section 15.5.16)."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request

from worldvpn_server.errors import MediaTypeError

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


async def check_media_type(request: Request[Any, Any, Any]) -> None:
    """Refuse a body that does not say that it is JSON; runs after the guards.

    Raises:
        MediaTypeError: it says something else, or nothing.
    """
    if request.method not in _WITH_BODY:
        return
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

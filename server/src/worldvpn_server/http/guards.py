"""Who asks is settled before a byte of the body is read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from worldvpn_server.accounts.values import Audience, Caller, Verifier
from worldvpn_server.errors import UnauthorizedError

_CALLER: Final = "caller"
_SCHEME: Final = b"Bearer "

Asking = ASGIConnection[BaseRouteHandler, Any, Any, Any]


def signed_in(audience: Audience) -> Guard:
    """Return a guard that lets only holders of a token for ``audience`` through."""

    async def guard(connection: Asking, _: BaseRouteHandler) -> None:
        # Raw headers and raw state: litestar makes its views of them anew for each request.
        header = _authorization(connection.scope["headers"])
        if header is None:
            raise UnauthorizedError("Missing Authorization header")
        if not header.startswith(_SCHEME):
            raise UnauthorizedError("Invalid Authorization format")
        verifier: Verifier = connection.app.state.services.tokens
        token = header.removeprefix(_SCHEME).decode("latin-1")
        connection.scope["state"][_CALLER] = await verifier.verify(token, audience)

    return guard


def _authorization(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    return next((value for name, value in headers if name == b"authorization"), None)


async def caller(request: Request[Any, Any, Any]) -> Caller:
    """Return whom ``signed_in`` let through: a dependency of every guarded route."""
    found: Caller = request.scope["state"][_CALLER]
    return found

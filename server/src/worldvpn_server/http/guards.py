"""Who asks is settled before a byte of the body is read."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from worldvpn_server.accounts.values import Audience, Caller, Verifier
from worldvpn_server.errors import UnauthorizedError

_CALLER: Final = "caller"
_SCHEME: Final = "Bearer "

Asking = ASGIConnection[BaseRouteHandler, Any, Any, Any]


def signed_in(audience: Audience) -> Guard:
    """Return a guard that lets only holders of a token for ``audience`` through."""

    async def guard(connection: Asking, _: BaseRouteHandler) -> None:
        header = connection.headers.get("authorization")
        if header is None:
            raise UnauthorizedError("Missing Authorization header")
        if not header.startswith(_SCHEME):
            raise UnauthorizedError("Invalid Authorization format")
        verifier: Verifier = connection.app.state.services.tokens
        token = header.removeprefix(_SCHEME)
        connection.state[_CALLER] = await verifier.verify(token, audience)

    return guard


async def caller(request: Request[Any, Any, Any]) -> Caller:
    """Return whom ``signed_in`` let through: a dependency of every guarded route."""
    found: Caller = request.state[_CALLER]
    return found

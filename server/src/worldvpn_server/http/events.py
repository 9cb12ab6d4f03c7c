"""GET /v1/events: what concerns the caller, as it happens (server-sent events, HTML 9.2).

The stream opens with ``snapshot``, the caller's own things, and ``current``; a client that names
in Last-Event-ID what it had last gets what it missed, then ``current``. It is a bare ASGI handler:
ten thousand of them wait at a time, and a request object each would be most of their cost.
"""

from __future__ import annotations

import contextlib
from typing import Final, cast

from litestar import asgi
from litestar.enums import ScopeType
from litestar.exceptions import MethodNotAllowedException
from litestar.types import Receive, Scope, Send

from worldvpn_server.accounts.values import Audience
from worldvpn_server.events.values import Cursor
from worldvpn_server.http.guards import signed_in

_LAST: Final = b"last-event-id"


@asgi("/v1/events", guards=[signed_in(Audience.V1)], copy_scope=False)
async def events(scope: Scope, receive: Receive, send: Send) -> None:
    """Stream events until the client goes, or its token no longer holds."""
    if scope["type"] != ScopeType.HTTP or scope["method"] != "GET":
        raise MethodNotAllowedException
    streams = scope["litestar_app"].state.services.streams
    resume = _resumed(scope)
    # The token alone is most of a KiB, and nobody reads it again while the stream lasts.
    cast("list[object]", scope["headers"]).clear()
    await streams.serve(scope["state"]["caller"], resume, receive, send)


def _resumed(scope: Scope) -> Cursor | None:
    for name, value in scope["headers"]:
        if name == _LAST:
            with contextlib.suppress(ValueError):
                return Cursor.parse(value.decode("ascii"))
    return None


ROUTES: Final = (events,)

"""The application: every group of routes, and what all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from litestar import Litestar, MediaType
from litestar.config.response_cache import ResponseCacheConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import ClientException, HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

from worldvpn_server.config import VERSION
from worldvpn_server.errors import ApiError
from worldvpn_server.http import (
    account,
    auth,
    auth_compat,
    bodies,
    credits,  # noqa: A004 - the group of routes is called so
    devices,
    directory,
    events,
    failures,
    guards,
    health,
    keys,
    ledger,
    metrics,
    nodes,
    nodes_compat,
    reach,
    receipts,
    sessions,
    transparency,
    vpn,
    wallet,
)
from worldvpn_server.http.flood import FloodGate
from worldvpn_server.services import Services

#: No body is larger; a route that takes many things at once says so (``request_max_body_size``).
MOST_BODY_BYTES: Final = 65_536

#: What litestar answers under /schema: the document, and no page that would load what is elsewhere.
_OPENAPI: Final = OpenAPIConfig(
    title="WorldVPN central server",
    version=VERSION,
    path="/schema",
    render_plugins=[JsonRenderPlugin(path="/", media_type=MediaType.JSON)],
    use_handler_docstrings=True,
    components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
)


def build(services: Services, more_routes: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """Return the application over ``services``, without what goes around it (``http.edge``)."""
    return Litestar(
        route_handlers=[
            *more_routes,
            *account.ROUTES,
            *auth.ROUTES,
            *auth_compat.ROUTES,
            *credits.ROUTES,
            *devices.ROUTES,
            *directory.ROUTES,
            *events.ROUTES,
            *health.ROUTES,
            *keys.ROUTES,
            *ledger.ROUTES,
            *metrics.ROUTES,
            *nodes.ROUTES,
            *nodes_compat.ROUTES,
            *reach.ROUTES,
            *receipts.ROUTES,
            *wallet.ROUTES,
            *sessions.ROUTES,
            *transparency.ROUTES,
            *vpn.ROUTES,
        ],
        state=State({"services": services}),
        dependencies={"caller": Provide(guards.caller)},
        exception_handlers={
            ApiError: failures.refused,
            ClientException: failures.malformed,
            HTTPException: failures.http,
            UnicodeDecodeError: failures.unreadable,
            RecursionError: failures.unreadable,
            Exception: failures.unexpected,
        },
        middleware=[FloodGate(services.config.lab_ranges)],
        before_request=bodies.check,
        openapi_config=_OPENAPI,
        request_max_body_size=MOST_BODY_BYTES,
        response_cache_config=ResponseCacheConfig(default_expiration=None),
        logging_config=None,
    )

"""The application: every group of routes, and what all of them share."""

from __future__ import annotations

from typing import Final

from litestar import Litestar
from litestar.config.response_cache import ResponseCacheConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import ClientException, HTTPException
from litestar.openapi import OpenAPIConfig

from worldvpn_server.config import VERSION
from worldvpn_server.errors import ApiError
from worldvpn_server.http import events, failures, guards, health, keys
from worldvpn_server.services import Services

#: No body is larger; routes that need less say so.
MOST_BODY_BYTES: Final = 262_144


def build(services: Services) -> Litestar:
    """Return the application over ``services``."""
    return Litestar(
        route_handlers=[
            *events.ROUTES,
            *health.ROUTES,
            *keys.ROUTES,
        ],
        state=State({"services": services}),
        dependencies={"caller": Provide(guards.caller)},
        exception_handlers={
            ApiError: failures.refused,
            ClientException: failures.malformed,
            HTTPException: failures.http,
            Exception: failures.unexpected,
        },
        openapi_config=OpenAPIConfig(title="WorldVPN central server", version=VERSION),
        request_max_body_size=MOST_BODY_BYTES,
        response_cache_config=ResponseCacheConfig(default_expiration=None),
        logging_config=None,
    )

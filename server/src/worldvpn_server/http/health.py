"""Whether the server is up: what load balancers and people ask first."""

from __future__ import annotations

from typing import Final

import msgspec
from litestar import get
from litestar.datastructures import State

from worldvpn_server.config import VERSION


class Health(msgspec.Struct, frozen=True):
    """The answer of /health."""

    status: str
    service: str
    version: str


class Ready(msgspec.Struct, frozen=True):
    """The answer of /health/ready."""

    status: str


@get("/health", tags=["compatible"])
async def health() -> Health:
    """Say that the process runs."""
    return Health(status="ok", service="worldvpn-server", version=VERSION)


@get("/health/ready", tags=["operations"])
async def ready(state: State) -> Ready:
    """Say whether requests can be served: 503 while the database is away."""
    async with state.services.database.read() as sql:
        await sql.fetchval("SELECT 1")
    return Ready(status="ready")


ROUTES: Final = (health, ready)

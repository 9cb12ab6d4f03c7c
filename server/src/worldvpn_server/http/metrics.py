"""Figures for Prometheus, summed over the processes of this machine; with the operator's token."""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from litestar import Response, get
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from worldvpn_server.errors import UnauthorizedError
from worldvpn_server.operations import secret

_SCHEME: Final = "Bearer "
_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


def operator(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Let only the holder of the operator's token through: figures tell who is awake, and when."""
    header = connection.headers.get("authorization")
    if header is None:
        raise UnauthorizedError("Missing Authorization header")
    if not header.startswith(_SCHEME):
        raise UnauthorizedError("Invalid Authorization format")
    token = secret.read(connection.app.state.services.config.keys)
    said = header.removeprefix(_SCHEME).encode("utf-8", "surrogateescape")
    if token is None or not hmac.compare_digest(said, token.encode()):
        raise UnauthorizedError("Invalid or expired token")


@get("/metrics", guards=[operator], tags=["operations"], media_type="text/plain")
async def metrics() -> Response[bytes]:
    """Return what is measured, in Prometheus' text format."""
    content = await asyncio.to_thread(_gathered)
    return Response(content, headers={"content-type": CONTENT_TYPE_LATEST})


def _gathered() -> bytes:
    if _FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    registry.register(_Summed())
    return generate_latest(registry)


class _Summed(Collector):
    """The figures that all processes wrote into their common folder."""

    def collect(self) -> Iterable[Metric]:
        folder = Path(os.environ[_FOLDER])
        files = [str(each) for each in folder.glob("*.db")]
        merge: Callable[[list[str]], Iterable[Metric]] = MultiProcessCollector.merge
        return merge(files)


ROUTES: Final = (metrics,)

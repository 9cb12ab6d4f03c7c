"""Serves the application in this process, with its background jobs, until SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Generator
from typing import Final

import uvicorn
import uvloop

from worldvpn_server.clock import SystemClock
from worldvpn_server.compose import opened
from worldvpn_server.errors import StartError
from worldvpn_server.http.app import build
from worldvpn_server.http.edge import Edge
from worldvpn_server.operations import lags
from worldvpn_server.operations.child import READY, Orders
from worldvpn_server.operations.connection import GuardedProtocol
from worldvpn_server.operations.runner import Runner
from worldvpn_server.operations.tls import Tls
from worldvpn_server.reach.listening import listening

_log = logging.getLogger(__name__)

#: How long requests may take to finish once the server stops.
GRACE_S: Final = 10
_KEEP_ALIVE_S: Final = 30
_LOOK_S: Final = 0.02


class _Server(uvicorn.Server):
    """uvicorn's, without its signals: ours do more."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def serve(orders: Orders) -> None:
    """Serve on the inherited socket.

    Raises:
        StartError: keys or certificate cannot be used.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(_serve(orders))


async def _serve(orders: Orders) -> None:
    config, clock = orders.config, SystemClock()
    async with opened(config, orders.dsn, clock) as services, listening(services.holes):
        edge = Edge(build(services))
        tls = Tls.of(config, services.keys, clock) if config.tls else None
        server = _Server(_uvicorn(edge, tls))
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGHUP, _reload, tls)
        own = lags.jobs(services.database)
        jobs = (*services.jobs, *own, *(() if tls is None else tls.jobs()))
        working = asyncio.create_task(Runner(dsn=orders.dsn, jobs=jobs).run())
        listener = socket.socket(fileno=orders.descriptor)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not (server.started or serving.done()):  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(_LOOK_S)
        gc.freeze()  # what is loaded stays: the collector need not look at it again
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()
        await asyncio.wait(
            {serving, working, asyncio.create_task(stop.wait())},
            return_when=asyncio.FIRST_COMPLETED,
        )
        server.should_exit = True
        await edge.close_streams()
        await serving
        edge.log.flush()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def _uvicorn(edge: Edge, tls: Tls | None) -> uvicorn.Config:
    made = uvicorn.Config(
        edge,
        http=GuardedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # http.source reads them, by its own rules
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    made.load()
    if tls is not None:
        made.ssl = tls.context
    return made


def _reload(tls: Tls | None) -> None:
    if tls is not None:
        try:
            tls.reload()
        except StartError as error:
            _log.error("%s", error)

"""The parent: owns PostgreSQL and the socket, keeps the workers running, and stops all in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final

import attrs

from worldvpn_server.config import ServerConfig
from worldvpn_server.errors import StartError
from worldvpn_server.operations import folder, notify, storage
from worldvpn_server.operations.child import Child, Orders
from worldvpn_server.operations.logs import fields
from worldvpn_server.operations.restarts import Restarts

_log = logging.getLogger(__name__)

_BACKLOG: Final = 4096
#: Workers end their requests within less; see ``worker.GRACE_S``.
_UNACKNOWLEDGED_MS: Final = 30_000
_GRACE_S: Final = 20.0


async def run(
    config: ServerConfig, prepare: Callable[[], Sequence[str]], say: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT.

    ``prepare`` makes the keys, once the folder is ours, and returns what ``say`` tells a person.

    Raises:
        StartError: it cannot; the message says why and what to do.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with folder.held(config.data), contextlib.closing(_listening(config)) as listener:
        _fresh_metrics(config)
        for line in prepare():
            say(line)
        async with storage.opened(config) as reached:
            orders = Orders(
                config=config,
                dsn=reached.server,
                descriptor=listener.fileno(),
                supervisor=os.getpid(),
            )
            await _supervise(orders, stop, lambda: say(_address(config, listener)))
    notify.tell("STOPPING=1")


async def _supervise(orders: Orders, stop: asyncio.Event, announce: Callable[[], None]) -> None:
    slots = [_Slot(orders) for _ in range(orders.config.workers)]
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, _hang_up, slots)
    keeping = [asyncio.create_task(each.keep()) for each in slots]
    ready = asyncio.create_task(_all_ready(slots))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            announce()
            notify.tell("READY=1")
        await stopped
        notify.tell("STOPPING=1")
        _log.info("stopping")
    finally:
        for task in (ready, *keeping):
            task.cancel()
        await asyncio.gather(ready, *keeping, return_exceptions=True)
        await asyncio.gather(*(each.stop() for each in slots))


async def _all_ready(slots: Sequence[_Slot]) -> None:
    for each in slots:
        await each.ready.wait()


def _hang_up(slots: Sequence[_Slot]) -> None:
    for each in slots:
        each.hang_up()


@attrs.define(eq=False)
class _Slot:
    """The place of one worker: filled again whenever it is empty."""

    _orders: Orders
    _child: Child | None = None
    ready: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def keep(self) -> None:
        restarts = Restarts()
        while True:
            begun_s = time.monotonic()
            self._child = child = await Child.start(self._orders)
            if await child.ready():
                self.ready.set()
                _log.info("a worker answers", extra=fields(worker=child.pid))
            status = await child.ended()
            _forget_gauges(self._orders.config, child.pid)
            restarts = restarts.after(time.monotonic() - begun_s)
            _log.error("a worker ended", extra=fields(worker=child.pid, status=status))
            await asyncio.sleep(restarts.wait_s)

    def hang_up(self) -> None:
        """Have it read its keys again."""
        if self._child is not None:
            self._child.signal(signal.SIGHUP)

    async def stop(self) -> None:
        """End what runs in it."""
        if self._child is not None:
            await self._child.stop(_GRACE_S)


def _listening(config: ServerConfig) -> socket.socket:
    """Return the one socket that all workers take connections from."""
    try:
        family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
        both = config.host == "::" and socket.has_dualstack_ipv6()
        listener = socket.create_server(
            (config.host, config.port), family=family, backlog=_BACKLOG, dualstack_ipv6=both
        )
    except OSError as error:
        raise StartError(
            f"cannot listen on {config.host} port {config.port}: {error.strerror}; "
            "stop what listens there, or give others by --host and --port"
        ) from error
    # Inherited by every connection: a stream whose client went without a word ends when its
    # keep-alive is not acknowledged, and not after the quarter of an hour that tcp(7) allows.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
    return listener


def _address(config: ServerConfig, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"listening on {'https' if config.tls else 'http'}://{shown}:{port}"


def _forget_gauges(config: ServerConfig, pid: int) -> None:
    """Remove what was true of a process only as long as it lived; its counts stay."""
    for each in config.metrics.glob(f"gauge_live*_{pid}.db"):
        each.unlink(missing_ok=True)


def _fresh_metrics(config: ServerConfig) -> None:
    shutil.rmtree(config.metrics, ignore_errors=True)
    config.metrics.mkdir(mode=0o700, parents=True)

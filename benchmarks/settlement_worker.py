"""One process of a server that settles: its share of the clients, begun when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Final

import attrs
import uvloop

from worldvpn_server.clock import SystemClock
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.services import Services
from worldvpn_server.settlement.values import Outcome

#: The signed receipts of both ends of a session.
Pair = Sequence[bytes]

_STOP_S: Final = 20.0
_PATIENCE_S: Final = 60.0
_READY: Final = "ready"


@attrs.frozen(kw_only=True)
class Span:
    """From the first submission to the last commit, by a clock that processes share."""

    begun_s: float
    ended_s: float
    cpu_s: float


@attrs.frozen
class Worker:
    """A process of its own. Made by ``started``."""

    _pipe: Connection

    @classmethod
    @contextlib.contextmanager
    def started(cls, config: ServerConfig, dsn: str) -> Iterator[Worker]:
        """Run one until left."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, config, dsn))
        process.start()
        theirs.close()
        try:
            yield cls(ours)
        finally:
            ours.close()
            process.join(_STOP_S)

    def prepare(self, pairs: Sequence[Pair], clients: int) -> None:
        """Hand over what ``clients`` will submit; return when it is there."""
        self._pipe.send((pairs, clients))
        if self._answer() != _READY:
            raise SystemExit("a process that settles is not ready")

    def begin(self) -> None:
        """Begin."""
        self._pipe.send(None)

    def ended(self) -> Span:
        """Wait until all of it is committed. Raises SystemExit when a receipt was not accepted."""
        span = self._answer()
        if not isinstance(span, Span):
            raise SystemExit(span)
        return span

    def _answer(self) -> object:
        if not self._pipe.poll(_PATIENCE_S):
            raise SystemExit(f"a process that settles said nothing for {_PATIENCE_S:g} s")
        return self._pipe.recv()


def _work(pipe: Connection, config: ServerConfig, dsn: str) -> None:
    # The server's own loop.
    uvloop.run(_main(pipe, config, dsn))


async def _main(pipe: Connection, config: ServerConfig, dsn: str) -> None:
    async with opened(config, dsn, SystemClock()) as services:
        # It ends when the other side of the pipe is closed.
        with contextlib.suppress(EOFError):
            while True:
                pairs, clients = await asyncio.to_thread(pipe.recv)
                pipe.send(_READY)
                await asyncio.to_thread(pipe.recv)
                pipe.send(await _settle(services, list(pairs), clients))


async def _settle(services: Services, waiting: list[Pair], clients: int) -> Span | str:
    refused: list[str] = []

    async def client() -> None:
        while waiting and not refused:
            outcomes = await services.settlement.submit(waiting.pop())
            if set(outcomes) != {Outcome.ACCEPTED}:
                refused.append(f"a receipt was not accepted: {outcomes}")

    begun_s, cpu_s = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(clients):
            tasks.create_task(client())
    if refused:
        return refused[0]
    return Span(begun_s=begun_s, ended_s=time.perf_counter(), cpu_s=time.process_time() - cpu_s)

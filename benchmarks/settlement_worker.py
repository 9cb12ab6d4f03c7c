"""A server's process that settles what it is handed, from as many clients as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from multiprocessing.connection import Connection

import uvloop

import root  # noqa: F401 - before the server is imported
from worldvpn_server.clock import SystemClock
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.services import Services
from worldvpn_server.settlement.values import Outcome

Pair = Sequence[bytes]


def work(config: ServerConfig, dsn: str, clients: int, orders: Connection) -> None:
    """Settle list after list of pairs: say "ready" for each, wait for the word, say "done"."""
    # The server's own loop.
    uvloop.run(_work(config, dsn, clients, orders))


async def _work(config: ServerConfig, dsn: str, clients: int, orders: Connection) -> None:
    async with opened(config, dsn, SystemClock()) as services:
        while pairs := await asyncio.to_thread(orders.recv):
            orders.send("ready")
            await asyncio.to_thread(orders.recv)
            await _settle(services, pairs, clients)
            orders.send("done")


async def _settle(services: Services, pairs: list[Pair], clients: int) -> None:
    async def client() -> None:
        while pairs:
            outcomes = await services.settlement.submit(pairs.pop())
            if set(outcomes) != {Outcome.ACCEPTED}:
                raise SystemExit(f"a receipt was not accepted: {outcomes}")

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())

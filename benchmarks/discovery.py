"""How long finding a node among 100,000 takes while 3,300 of them beat every second.

``python benchmarks/discovery.py`` starts a PostgreSQL, fills it with synthetic nodes, half of them
of compatible clients, and runs the server's application in this process with its jobs of the
directory. Beats come in as the routes hand them over, paced by the clock; HTTP around each of them
is not part of it (balance.py shows what that costs). Meanwhile discovery is asked with every kind
of filter, in turns by its route, by the directory alone and by the bare statement on a connection
of its own. Exit status 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

import asyncpg
import attrs
import httpx
import uvloop

from bench import Bar, report
from worldvpn_server.accounts.values import Audience
from worldvpn_server.clock import SystemClock
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.database.migrate import migrate
from worldvpn_server.directory import search
from worldvpn_server.directory.seed import seed
from worldvpn_server.directory.values import Group, Protocol, Query
from worldvpn_server.http.app import build
from worldvpn_server.ids import new_id
from worldvpn_server.operations.jobs import Job
from worldvpn_server.services import Services

_BEATS_S: Final = 3_300
#: How often beats are handed over: as a socket would, a few at a time.
_STEP_S: Final = 0.01
_LIMIT_MS: Final = 10.0
_WARM: Final = 50
_ASKING: Final = UUID(int=1)
_JOBS: Final = ("presence-", "directory-")

_QUERIES: Final[Sequence[dict[str, Any]]] = (
    {},
    {"country": "DE"},
    {"country": "MT"},
    {"protocol": Protocol.WIREGUARD},
    {"protocol": Protocol.VLESS},
    {"min_bandwidth_mbps": 1_000},
    {"min_bandwidth_mbps": 50_000},
    {"group": Group.COMMUNITY},
    {"group": Group.PUBLIC},
    {"country": "US", "protocol": Protocol.SHADOWSOCKS, "min_bandwidth_mbps": 300, "limit": 50},
)
_NAMES: Final = {"min_bandwidth_mbps": "min_bandwidth", "group": "node_group"}
_SCANS: Final = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'node'"


@attrs.define
class Beats:
    """What was handed over, and how it went."""

    taken: int = 0
    answered: int = 0
    began_s: float = attrs.field(factory=time.perf_counter)

    @property
    def per_s(self) -> float:
        """Beats a second that were answered."""
        return self.answered / (time.perf_counter() - self.began_s)


def main() -> int:
    """Measure; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=45)
    said = parser.parse_args()
    # The server's own loop.
    return uvloop.run(_main(said.nodes, said.seconds))


async def _main(nodes: int, seconds: int) -> int:
    with tempfile.TemporaryDirectory(prefix="wv-bench-", ignore_cleanup_errors=True) as name:
        await asyncio.to_thread(Path(name).chmod, 0o755)
        cluster = await Cluster.start(Path(name) / "pg")
        try:
            await migrate(cluster.dsn())
            began_s = time.perf_counter()
            await seed(cluster.dsn(), nodes=nodes)
            seeded_s = time.perf_counter() - began_s
            config = ServerConfig(data=Path(name) / "data", dsn=cluster.dsn())
            async with opened(config, cluster.dsn(), SystemClock()) as services:
                bars = await _measure(services, cluster.dsn(), seconds)
        finally:
            await cluster.stop()
    bars.append(Bar(name="seeding", figure=seeded_s, unit="s"))
    return report(f"discovery: {nodes} nodes, {seconds} s", bars)


async def _measure(services: Services, dsn: str, seconds: int) -> list[Bar]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        nodes = await pool.fetch("SELECT id, account, device FROM node")
        transport = httpx.ASGITransport(app=cast("Any", build(services)))
        async with httpx.AsyncClient(transport=transport, base_url="http://central") as http:
            sides = _sides(services, http, pool)
            for side, query in itertools.product(sides.values(), list(_QUERIES) * (_WARM // 10)):
                await side(query)
            for job in _jobs(services):
                await job.work()
            before = await _scans(pool)
            async with _running(services, nodes) as beats:
                taken = await _ask(sides, seconds)
                per_s = beats.per_s
            scans = await _scans(pool) - before
    bars = [
        Bar(name="beats answered", figure=per_s, unit="/s", limit=_BEATS_S * 0.99, at_least=True)
    ]
    for name, times in taken.items():
        cuts = statistics.quantiles(times, n=20)
        limit = None if name == "bare statement" else _LIMIT_MS
        bars += [
            Bar(name=f"{name}: asked", figure=len(times)),
            Bar(name=f"{name}: p50", figure=statistics.median(times), unit="ms"),
            Bar(name=f"{name}: p95", figure=cuts[-1], unit="ms", limit=limit),
        ]
    bars.append(Bar(name="sequential scans of node", figure=scans, limit=0))
    return bars


Side = Callable[[dict[str, Any]], Awaitable[object]]


def _sides(
    services: Services, http: httpx.AsyncClient, pool: asyncpg.Pool[asyncpg.Record]
) -> dict[str, Side]:
    token = services.tokens.issue(
        account=_ASKING, username="bench", sid=new_id(), audience=Audience.COMPAT
    )
    headers = {"Authorization": f"Bearer {token}"}

    async def by_route(query: dict[str, Any]) -> object:
        asked = {_NAMES.get(name, name): str(value) for name, value in query.items()}
        answer = await http.get("/nodes/discover", params=asked, headers=headers)
        return answer.raise_for_status()

    async def by_directory(query: dict[str, Any]) -> object:
        return await services.directory.find(Query(asking=_ASKING, compatible=True, **query))

    async def bare(query: dict[str, Any]) -> object:
        asked = Query(asking=_ASKING, compatible=True, **query)
        statement, values = search.listing(asked, datetime.now(UTC))
        async with pool.acquire() as connection:
            prepared = await connection.prepare(statement)
            return await prepared.fetch(*values)

    return {"route": by_route, "directory": by_directory, "bare statement": bare}


async def _ask(sides: dict[str, Side], seconds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in sides}
    until_s = time.perf_counter() + seconds
    for number in itertools.count():
        query = _QUERIES[number % len(_QUERIES)]
        names = list(sides)
        for name in names[number % 3 :] + names[: number % 3]:
            began_s = time.perf_counter()
            await sides[name](query)
            taken[name].append((time.perf_counter() - began_s) * 1e3)
        if time.perf_counter() > until_s:
            return taken
        await asyncio.sleep(0.005)
    return taken


@contextlib.asynccontextmanager
async def _running(services: Services, nodes: Sequence[asyncpg.Record]) -> AsyncIterator[Beats]:
    beats = Beats()
    tasks = [asyncio.create_task(_repeat(job)) for job in _jobs(services)]
    tasks.append(asyncio.create_task(_beat(services, nodes, beats)))
    try:
        yield beats
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(job: Job) -> None:
    while True:
        await asyncio.sleep(job.interval_s)
        await job.work()


async def _beat(services: Services, nodes: Sequence[asyncpg.Record], beats: Beats) -> None:
    order = list(nodes)
    random.Random(5).shuffle(order)  # noqa: S311 - no secret
    turn = itertools.cycle(order)
    under_way: set[asyncio.Task[None]] = set()
    while True:
        due = int((time.perf_counter() - beats.began_s) * _BEATS_S)
        for node in itertools.islice(turn, max(0, due - beats.taken)):
            beats.taken += 1
            if node["device"] is None:
                task = asyncio.create_task(_one(services, node["account"], beats))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            else:
                services.presence.beat(node["id"], 0)
                beats.answered += 1
        await asyncio.sleep(_STEP_S)


async def _one(services: Services, account: UUID, beats: Beats) -> None:
    if await services.heartbeats.beat(account) is not None:
        beats.answered += 1


def _jobs(services: Services) -> list[Job]:
    return [each for each in services.jobs if each.name.startswith(_JOBS)]


async def _scans(pool: asyncpg.Pool[asyncpg.Record]) -> int:
    await asyncio.sleep(1.5)  # statistics arrive a moment later
    return int(await pool.fetchval(_SCANS))


if __name__ == "__main__":
    sys.exit(main())

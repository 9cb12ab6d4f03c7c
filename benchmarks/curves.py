"""What the server costs as it grows: by nodes, and by users.

``python benchmarks/curves.py`` fills one database with synthetic nodes and another with synthetic
users, step by step, and measures each step: bytes on disk, finding nodes, writing the signed
directory, reading a balance, posting a journal. It prints a table, and ``--plot FILE`` draws it.
There is no bar: these are the figures from which an operator takes sizes.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import uvloop

import root  # noqa: F401 - before the tests' rig is imported
from curves_plot import Curve, drawn
from tests.server.settlement.rig import grant
from worldvpn_server.clock import SystemClock
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.database.migrate import migrate
from worldvpn_server.directory.seed import seed
from worldvpn_server.directory.values import Protocol, Query
from worldvpn_server.services import Services

_NODES: Final = (1_000, 10_000, 100_000)
_USERS: Final = (100_000, 1_000_000)
_ASKED: Final = 200
#: Plans are made and pages read by then.
_WARM: Final = 50
_ASKING: Final = UUID(int=1)
_QUERIES: Final = (
    Query(asking=_ASKING, compatible=True),
    Query(asking=_ASKING, compatible=True, country="DE"),
    Query(asking=_ASKING, compatible=True, protocol=Protocol.WIREGUARD),
    Query(asking=_ASKING, compatible=True, min_bandwidth_mbps=1_000),
)
_NODE_BYTES: Final = """
SELECT sum(pg_total_relation_size(name::regclass))::bigint
FROM unnest('{node,presence,node_endpoint,device}'::text[]) AS own (name)
"""
_FILES: Final = "SELECT sum(length(body))::bigint FROM directory_file WHERE since = 0"
_SHOWN: Final = "SELECT count(*) FROM node WHERE node_shown(node)"
_SOME: Final = "SELECT id FROM account ORDER BY random() LIMIT $1"

Rows = dict[str, list[float]]


def main() -> int:
    """Measure, print, draw; return the exit status."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--nodes", type=int, nargs="+", default=_NODES)
    words.add_argument("--users", type=int, nargs="+", default=_USERS)
    words.add_argument("--plot", type=Path)
    said = words.parse_args()
    # The server's own loop.
    nodes, users = uvloop.run(_main(said.nodes, said.users))
    _show("nodes", said.nodes, nodes)
    _show("users", said.users, users)
    if said.plot:
        curves = [Curve(name, said.nodes, values) for name, values in nodes.items()]
        curves += [Curve(name, said.users, values) for name, values in users.items()]
        said.plot.write_text(drawn(curves), "utf-8")
    return 0


async def _main(nodes: Sequence[int], users: Sequence[int]) -> tuple[Rows, Rows]:
    with tempfile.TemporaryDirectory(prefix="wv-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o755)
        cluster = await Cluster.start(folder / "pg")
        try:
            return (
                await _steps(cluster, folder, "nodes", nodes, _by_nodes),
                await _steps(cluster, folder, "users", users, _by_users),
            )
        finally:
            await cluster.stop()


Measure = Callable[
    [Services, "asyncpg.Connection[asyncpg.Record]", int], Awaitable[dict[str, float]]
]


async def _steps(
    cluster: Cluster, folder: Path, what: str, counts: Sequence[int], measure: Measure
) -> Rows:
    connection = await asyncpg.connect(cluster.dsn())
    await connection.execute(f"CREATE DATABASE {what}")
    await connection.close()
    dsn, had, rows = cluster.dsn(what), 0, Rows()
    await migrate(dsn)
    connection = await asyncpg.connect(dsn)
    empty_bytes = await connection.fetchval("SELECT pg_database_size(current_database())")
    for count in counts:
        more = count - had
        await seed(dsn, nodes=more if what == "nodes" else 0, users=more if what == "users" else 0)
        had = count
        config = ServerConfig(data=folder / what, dsn=dsn)
        async with opened(config, dsn, SystemClock()) as services:
            figures = await measure(services, connection, empty_bytes)
        per = figures.pop("bytes") / count
        for name, figure in {"disk, B each": per, **figures}.items():
            rows.setdefault(name, []).append(figure)
    await connection.close()
    return rows


async def _by_nodes(
    services: Services, connection: asyncpg.Connection[asyncpg.Record], _: int
) -> dict[str, float]:
    (publish,) = (each for each in services.jobs if each.name == "directory-publish")
    # A whole file is due again after a while only: as on a server that starts anew.
    await connection.execute("TRUNCATE directory_file, directory_head")
    began_s = time.perf_counter()
    await publish.work()
    whole_ms = (time.perf_counter() - began_s) * 1e3

    async def find(number: int) -> None:
        await services.directory.find(_QUERIES[number % len(_QUERIES)])

    return {
        "bytes": await connection.fetchval(_NODE_BYTES),
        "finding nodes, p95 ms": await _p95_ms(find),
        "directory, nodes shown in it": await connection.fetchval(_SHOWN),
        "directory, ms to write": whole_ms,
        "directory, KiB signed": await connection.fetchval(_FILES) / 1024,
    }


async def _by_users(
    services: Services, connection: asyncpg.Connection[asyncpg.Record], empty_bytes: int
) -> dict[str, float]:
    size = await connection.fetchval("SELECT pg_database_size(current_database())")
    accounts = [row["id"] for row in await connection.fetch(_SOME, _ASKED)]

    async def read(number: int) -> None:
        await services.ledger.balance(accounts[number])

    async def post(number: int) -> None:
        journal = grant(accounts[number], 1)
        await services.database.run(lambda tx: services.ledger.post(tx, journal))

    return {
        "bytes": size - empty_bytes,
        "reading a balance, p95 ms": await _p95_ms(read),
        "a journal committed, p95 ms": await _p95_ms(post),
    }


async def _p95_ms(ask: Callable[[int], Awaitable[None]]) -> float:
    times = []
    for number in range(_WARM):
        await ask(number)
    for number in range(_ASKED):
        began_s = time.perf_counter()
        await ask(number)
        times.append((time.perf_counter() - began_s) * 1e3)
    return statistics.quantiles(times, n=20)[-1]


def _show(what: str, counts: Sequence[int], rows: Rows) -> None:
    print(f"{what:<30}" + "".join(f"{count:>12,}" for count in counts))
    for name, figures in rows.items():
        print(f"  {name:<28}" + "".join(f"{figure:>12,.1f}" for figure in figures))


if __name__ == "__main__":
    sys.exit(main())

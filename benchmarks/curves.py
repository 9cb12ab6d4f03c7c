"""What grows with nodes and users, and how: sizes on disk, and what the usual questions take.

``python benchmarks/curves.py`` fills one PostgreSQL step by step with synthetic nodes and users
(labelled so, as ``worldvpn-server seed`` makes them) and measures after each step. It prints a
table for docs/operating.md, and draws docs/images/curves.svg when told to (``--draw``). Nothing
here has a target: what grows faster than its cause shows as a line that rises.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

import asyncpg
import attrs
import uvloop

from curves_plot import Panel, drawn
from worldvpn_server.clock import SystemClock
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.database.migrate import migrate
from worldvpn_server.directory.seed import seed
from worldvpn_server.directory.values import Protocol, Query
from worldvpn_server.services import Services

#: (nodes, users) after each step: every node has an owner, who is a user.
_STEPS: Final = ((1_000, 1_000), (10_000, 10_000), (100_000, 100_000), (100_000, 1_000_000))
_PICTURE: Final = Path(__file__).parents[1] / "docs" / "images" / "curves.svg"
_ASKED: Final = 200
_ROUNDS: Final = 7
#: A node beats every 30 s, beats are written every 10.
_BEATING_SHARE: Final = 3
#: Of the nodes of the directory, how many change between two editions.
_CHANGING_SHARE: Final = 100
_NODE_TABLES: Final = ("node", "presence", "device")
_USER_TABLES: Final = ("account", "wallet", "journal", "posting")
_ASKING: Final = UUID(int=1)
_QUERIES: Final = (
    Query(asking=_ASKING, compatible=True),
    Query(asking=_ASKING, compatible=True, country="DE"),
    Query(asking=_ASKING, compatible=True, country="MT"),
    Query(asking=_ASKING, compatible=True, protocol=Protocol.VLESS),
    Query(asking=_ASKING, compatible=True, min_bandwidth_mbps=1_000),
)

Asked = TypeVar("Asked")

_SIZE: Final = "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest($1::text[]) AS name"
_WHOLES: Final = """
SELECT sum(length(body)) AS bytes, max(length(body)) AS largest
FROM directory_file WHERE since = 0
"""
_DELTAS: Final = "SELECT coalesce(sum(length(body)), 0) FROM directory_file WHERE since <> 0"
#: Every hundredth of those that the directory shows.
_CHANGE: Final = """
UPDATE node SET bandwidth_mbps = bandwidth_mbps + 1 WHERE id IN (
    SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM node
        WHERE node_shown(node)) AS shown WHERE number % $1 = 0
)
"""
_UNPUBLISH: Final = "DELETE FROM directory_file; DELETE FROM directory_head"


@attrs.frozen(kw_only=True)
class Row:
    """What was measured after one step."""

    nodes: int
    users: int
    node_bytes: float
    user_bytes: float
    beat_us: float
    search_ms: float
    build_s: float
    directory_bytes: float
    largest_bytes: int
    delta_s: float
    delta_bytes: float
    balance_ms: float


def main() -> int:
    """Measure, print, draw if told to; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draw", action="store_true", help=f"write {_PICTURE.name}")
    draw = parser.parse_args().draw
    # The server's own loop.
    rows = uvloop.run(_main())
    print(_table(rows))
    if draw:
        _PICTURE.write_text(drawn(_panels(rows)), encoding="utf-8")
    return 0


async def _main() -> list[Row]:
    rows, have = [], (0, 0)
    with tempfile.TemporaryDirectory(prefix="wv-bench-", ignore_cleanup_errors=True) as name:
        await asyncio.to_thread(Path(name).chmod, 0o755)
        cluster = await Cluster.start(Path(name) / "pg")
        try:
            await migrate(cluster.dsn())
            for nodes, users in _STEPS:
                more = nodes - have[0]
                await seed(cluster.dsn(), nodes=more, users=users - have[1] - more)
                have = nodes, users
                rows.append(await _measure(cluster.dsn(), Path(name) / "data", nodes, users))
                print(f"measured {nodes:,} nodes and {users:,} users", file=sys.stderr)
        finally:
            await cluster.stop()
    return rows


async def _measure(dsn: str, data: Path, nodes: int, users: int) -> Row:
    owner = await asyncpg.connect(dsn)
    try:
        await owner.execute("VACUUM ANALYZE")
        await owner.execute("CHECKPOINT")
        node_bytes = int(await owner.fetchval(_SIZE, _NODE_TABLES))
        user_bytes = int(await owner.fetchval(_SIZE, _USER_TABLES))
        config = ServerConfig(data=data, dsn=dsn)
        async with opened(config, dsn, SystemClock()) as services:
            search_ms = await _p95_ms(services.directory.find, _QUERIES)
            some = await owner.fetch("SELECT id FROM account ORDER BY random() LIMIT $1", _ASKED)
            balance_ms = await _p95_ms(services.ledger.balance, [each["id"] for each in some])
            beat_us = await _beats_us(services, owner)
            await owner.execute(_UNPUBLISH)
            build_s = await _publish_s(services)
            (wholes,) = await owner.fetch(_WHOLES)
            changed = await owner.execute(_CHANGE, _CHANGING_SHARE)
            delta_s = await _publish_s(services)
            delta_bytes = await owner.fetchval(_DELTAS)
    finally:
        await owner.close()
    return Row(
        nodes=nodes,
        users=users,
        node_bytes=node_bytes / nodes,
        user_bytes=user_bytes / users,
        beat_us=beat_us,
        search_ms=search_ms,
        build_s=build_s,
        directory_bytes=int(wholes["bytes"]),
        largest_bytes=wholes["largest"],
        delta_s=delta_s,
        delta_bytes=int(delta_bytes) / max(1, int(changed.split()[-1])),
        balance_ms=balance_ms,
    )


async def _p95_ms(ask: Callable[[Asked], Awaitable[object]], asked: Sequence[Asked]) -> float:
    """Return the median of the rounds' p95: what else the computer does comes and goes."""
    rounds = []
    for number in range(_ROUNDS + 1):
        taken = []
        for each in range(_ASKED):
            began_s = time.perf_counter()
            await ask(asked[each % len(asked)])
            taken.append((time.perf_counter() - began_s) * 1e3)
        # The first one only warms up.
        if number:
            rounds.append(statistics.quantiles(taken, n=20)[-1])
    return statistics.median(rounds)


async def _beats_us(services: Services, owner: asyncpg.Connection[asyncpg.Record]) -> float:
    """Return what writing a beat costs: those of ten seconds are written together."""
    ids = [row["id"] for row in await owner.fetch("SELECT node AS id FROM presence")]
    random.Random(5).shuffle(ids)  # noqa: S311 - no secret
    count = len(ids) // _BEATING_SHARE
    taken = []
    for turn in range(_BEATING_SHARE):
        for each in ids[turn * count : (turn + 1) * count]:
            services.presence.beat(each, 0)
        began_s = time.perf_counter()
        await services.presence.flush()
        taken.append((time.perf_counter() - began_s) / count)
    return statistics.median(taken) * 1e6


async def _publish_s(services: Services) -> float:
    (publish,) = (each.work for each in services.jobs if each.name == "directory-publish")
    began_s = time.perf_counter()
    await publish()
    return time.perf_counter() - began_s


def _table(rows: Sequence[Row]) -> str:
    """Return the rows in Markdown. Pure."""
    lines: list[tuple[str, Callable[[Row], str]]] = [
        ("disk per node, indexes included", lambda row: f"{row.node_bytes:,.0f} B"),
        ("disk per user, indexes included", lambda row: f"{row.user_bytes:,.0f} B"),
        ("writing a beat", lambda row: f"{row.beat_us:.1f} µs"),
        ("search, p95", lambda row: f"{row.search_ms:.1f} ms"),
        ("building all of the directory", lambda row: f"{row.build_s:.2f} s"),
        ("the directory / its largest file", _sizes),
        ("an edition with 1 % changed", lambda row: f"{row.delta_s:.2f} s"),
        ("delta per changed node", lambda row: f"{row.delta_bytes:,.0f} B"),
        ("balance read, p95", lambda row: f"{row.balance_ms:.1f} ms"),
    ]
    head = ["nodes / users", *(f"{row.nodes:,} / {row.users:,}" for row in rows)]
    text = [head, ["---"] * len(head)]
    text += [[name, *(shown(row) for row in rows)] for name, shown in lines]
    return "\n".join(f"| {' | '.join(each)} |" for each in text)


def _sizes(row: Row) -> str:
    return f"{row.directory_bytes / 1024:,.0f} / {row.largest_bytes / 1024:,.0f} KiB"


def _panels(rows: Sequence[Row]) -> list[Panel]:
    # Steps that add users alone say nothing new about nodes, and the other way round.
    by_nodes = [row for row in rows if row.nodes == row.users]
    over_nodes, over_users = "nodes", "users"
    return [
        Panel(
            "disk per node", "B", over_nodes, [(each.nodes, each.node_bytes) for each in by_nodes]
        ),
        Panel("disk per user", "B", over_users, [(each.users, each.user_bytes) for each in rows]),
        Panel("search, p95", "ms", over_nodes, [(each.nodes, each.search_ms) for each in by_nodes]),
        Panel(
            "balance read, p95", "ms", over_users, [(each.users, each.balance_ms) for each in rows]
        ),
        Panel(
            "writing a beat", "µs", over_nodes, [(each.nodes, each.beat_us) for each in by_nodes]
        ),
        Panel(
            "building, per node",
            "µs",
            over_nodes,
            [(each.nodes, each.build_s / each.nodes * 1e6) for each in by_nodes],
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())

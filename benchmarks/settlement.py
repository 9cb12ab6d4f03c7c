"""How many sessions settle a second, against pgbench's bank on the same PostgreSQL.

``python benchmarks/settlement.py`` starts a PostgreSQL that writes to the disk in earnest. One
side submits signed pairs of receipts, each of a session, a payer and two keys of its own, from
as many clients at once as the other has: their signatures are checked, and each client has its
commit before it goes on. The other is pgbench's "TPC-B (sort of)": three balances changed, one
row of history, one commit, in as many clients. Both take turns. Exit status 1 when the median
ratio of pairs is below its target.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncpg
import uvloop

import root  # noqa: F401 - before the tests' rig is imported
from bench import Bar, interval, report
from tests.server.settlement.rig import Opened, Rig
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.clock import SystemClock
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.database.making import program
from worldvpn_server.database.migrate import migrate
from worldvpn_server.services import Services
from worldvpn_server.settlement.values import Outcome

_PAIRS: Final = 5
_CLIENTS: Final = 64
_LASTING_S: Final = 3
_RATIO: Final = 0.5
#: A bank of ten branches has one row for ten clients to fight over; ours has none at all.
_SCALE: Final = 100
_NODES: Final = 50
_SESSIONS: Final = 1_500
_BYTES: Final = MEBIBYTE
_OURS: Final = "settlement"
_THEIRS: Final = "bank"


def main() -> int:
    """Measure; return the exit status."""
    # The server's own loop.
    return uvloop.run(_main())


async def _main() -> int:
    with tempfile.TemporaryDirectory(prefix="wv-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o755)
        cluster = await Cluster.start(folder / "pg")
        try:
            await _make(cluster)
            return await _measure(cluster, folder)
        finally:
            await cluster.stop()


async def _make(cluster: Cluster) -> None:
    connection = await asyncpg.connect(cluster.dsn())
    for each in (_OURS, _THEIRS):
        await connection.execute(f"CREATE DATABASE {each}")
    await connection.close()
    await migrate(cluster.dsn(_OURS))
    await asyncio.to_thread(_pgbench, cluster, "--initialize", f"--scale={_SCALE}", "--quiet")


async def _measure(cluster: Cluster, folder: Path) -> int:
    ours, theirs = [], []
    config = ServerConfig(data=folder, dsn=cluster.dsn(_OURS))
    async with opened(config, cluster.dsn(_OURS), SystemClock()) as services:
        rig = Rig(services.database, services.ledger, services.clock)
        for number in range(_PAIRS):
            sessions = await _sessions(rig)
            for side in (0, 1) if number % 2 else (1, 0):
                if side:
                    theirs.append(await asyncio.to_thread(_bank, cluster))
                else:
                    ours.append(await _settle(services, sessions))
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    low, high = interval(ratios)
    bars = [
        Bar(name="settlements", figure=statistics.median(ours), unit="/s"),
        Bar(name="pgbench tpcb-like", figure=statistics.median(theirs), unit="/s"),
        Bar(name="ratio of pairs", figure=statistics.median(ratios), limit=_RATIO, at_least=True),
        Bar(name="95 % interval from", figure=low),
        Bar(name="95 % interval to", figure=high),
    ]
    title = f"settlement: {_CLIENTS} clients, {_PAIRS} interleaved pairs, medians"
    return report(title, bars)


async def _sessions(rig: Rig) -> list[Opened]:
    """Open sessions of as many payers, at nodes of as many owners as there are nodes."""
    owners = [await rig.person() for _ in range(_NODES)]
    nodes = [await rig.node(owner) for owner in owners]

    async def one(number: int) -> Opened:
        place = number % _NODES
        return await rig.session(
            await rig.person(), nodes[place], owners[place], subsidised_bytes=16 * MEBIBYTE
        )

    made = []
    for first in range(0, _SESSIONS, 8):
        made += await asyncio.gather(*(one(each) for each in range(first, first + 8)))
    # Bytes are worth the time they took at the node's rate: let a moment pass.
    await asyncio.sleep(0.1)
    return made


async def _settle(services: Services, sessions: Sequence[Opened]) -> float:
    """Return how many sessions settle a second."""
    waiting = [each.pair(_BYTES) for each in sessions]
    count = len(waiting)

    async def client() -> None:
        while waiting:
            outcomes = await services.settlement.submit(waiting.pop())
            if set(outcomes) != {Outcome.ACCEPTED}:
                raise SystemExit(f"a receipt was not accepted: {outcomes}")

    started = time.perf_counter()
    async with asyncio.TaskGroup() as clients:
        for _ in range(_CLIENTS):
            clients.create_task(client())
    lasted_s = time.perf_counter() - started
    async with services.database.read() as sql:
        settled = await sql.fetchval(
            "SELECT count(*) FROM session WHERE id = ANY ($1) AND settled_bytes = $2",
            [each.id for each in sessions],
            _BYTES,
        )
    if settled != count:
        raise SystemExit(f"{settled} of {count} sessions are settled")
    return count / lasted_s


def _bank(cluster: Cluster) -> float:
    """Return how many transactions pgbench makes a second."""
    said = _pgbench(
        cluster,
        *("--builtin=tpcb-like", f"--client={_CLIENTS}", "--jobs=2", "--protocol=prepared"),
        *(f"--time={_LASTING_S}", "--no-vacuum"),
    )
    found = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    if found is None:
        raise SystemExit(f"pgbench said no figure: {said}")
    return float(found[1])


def _pgbench(cluster: Cluster, *options: str) -> str:
    done = subprocess.run(
        [
            *(program("pgbench"), *options),
            *(f"--host={cluster.folder / 'run'}", "--username=postgres", _THEIRS),
        ],
        capture_output=True,
        check=False,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    if done.returncode:
        raise SystemExit(f"pgbench failed: {done.stderr.strip()[-300:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

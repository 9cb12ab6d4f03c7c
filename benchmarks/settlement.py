"""How many sessions settle a second, against pgbench's bank on the same PostgreSQL.

``python benchmarks/settlement.py`` starts a PostgreSQL that writes to the disk in earnest. One
side submits signed pairs of receipts, each of a session, a payer and two keys of its own, from
as many clients at once as the other has, to the server's parts in two processes, as
``--workers 2`` runs them: their signatures are checked, and each client has its commit before it
goes on. The other is pgbench's "TPC-B (sort of)": three balances changed, one
row of history, one commit, in as many clients. Both take turns. Exit status 1 when the median
ratio of pairs is below its target.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import asyncpg

import root  # noqa: F401 - before the tests' rig is imported
from bench import Bar, interval, report
from settlement_worker import work
from tests.server.settlement.rig import Opened, Rig
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.clock import SystemClock
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.database.making import program
from worldvpn_server.database.migrate import migrate

_PAIRS: Final = 5
_CLIENTS: Final = 64
_LASTING_S: Final = 3
_RATIO: Final = 0.5
#: A bank of ten branches has one row for ten clients to fight over; ours has none at all.
_SCALE: Final = 100
_NODES: Final = 50
_SESSIONS: Final = 1_500
_BYTES: Final = MEBIBYTE
_LEAVING_S: Final = 20
_OURS: Final = "settlement"
_THEIRS: Final = "bank"


def main() -> int:
    """Measure; return the exit status."""
    words = argparse.ArgumentParser(description="settlements against pgbench")
    words.add_argument("--workers", type=int, default=2, help="processes (default: %(default)s)")
    return asyncio.run(_main(words.parse_args().workers))


async def _main(workers: int) -> int:
    with tempfile.TemporaryDirectory(prefix="wv-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o755)
        cluster = await Cluster.start(folder / "pg")
        try:
            await _make(cluster)
            return await _measure(cluster, folder, workers)
        finally:
            await cluster.stop()


async def _make(cluster: Cluster) -> None:
    connection = await asyncpg.connect(cluster.dsn())
    for each in (_OURS, _THEIRS):
        await connection.execute(f"CREATE DATABASE {each}")
    await connection.close()
    await migrate(cluster.dsn(_OURS))
    await asyncio.to_thread(_pgbench, cluster, "--initialize", f"--scale={_SCALE}", "--quiet")


async def _measure(cluster: Cluster, folder: Path, workers: int) -> int:
    ours, theirs = [], []
    config, dsn = ServerConfig(data=folder, dsn=cluster.dsn(_OURS)), cluster.dsn(_OURS)
    sessions = await _sessions(config, dsn)
    with _working(config, dsn, workers) as crew:
        for number in range(_PAIRS):
            for side in (0, 1) if number % 2 else (1, 0):
                if side:
                    theirs.append(await asyncio.to_thread(_bank, cluster))
                else:
                    ours.append(await asyncio.to_thread(_settle, crew, sessions))
                    await _verify(dsn, sessions)
            if number + 1 < _PAIRS:
                sessions = await _sessions(config, dsn)
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    low, high = interval(ratios)
    bars = [
        Bar(name="settlements", figure=statistics.median(ours), unit="/s"),
        Bar(name="pgbench tpcb-like", figure=statistics.median(theirs), unit="/s"),
        Bar(name="ratio of pairs", figure=statistics.median(ratios), limit=_RATIO, at_least=True),
        Bar(name="95 % interval from", figure=low),
        Bar(name="95 % interval to", figure=high),
    ]
    title = (
        f"settlement: {workers} processes, {_CLIENTS} clients, {_PAIRS} interleaved pairs, medians"
    )
    return report(title, bars)


async def _sessions(config: ServerConfig, dsn: str) -> list[Opened]:
    """Open sessions of as many payers, at nodes of as many owners as there are nodes."""
    async with opened(config, dsn, SystemClock()) as services:
        rig = Rig(services.database, services.ledger, services.clock)
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


@contextlib.contextmanager
def _working(config: ServerConfig, dsn: str, workers: int) -> Iterator[Sequence[Connection]]:
    """Run so many processes of the server's parts, with their share of the clients each."""
    spawning, crew = multiprocessing.get_context("spawn"), []
    for _ in range(workers):
        ours, its = spawning.Pipe()
        arguments = (config, dsn, _CLIENTS // workers, its)
        spawning.Process(target=work, args=arguments, daemon=True).start()
        its.close()
        crew.append(ours)
    try:
        yield crew
    finally:
        for each in crew:
            # An empty list ends it; one that has died is waited for no longer.
            with contextlib.suppress(OSError):
                each.send([])
        for process in multiprocessing.active_children():
            process.join(_LEAVING_S)


def _settle(crew: Sequence[Connection], sessions: Sequence[Opened]) -> float:
    """Return how many sessions settle a second."""
    pairs = [each.pair(_BYTES) for each in sessions]
    for number, each in enumerate(crew):
        each.send(pairs[number :: len(crew)])
    for each in crew:
        each.recv()
    started = time.perf_counter()
    for each in crew:
        each.send("go")
    for each in crew:
        each.recv()
    return len(pairs) / (time.perf_counter() - started)


async def _verify(dsn: str, sessions: Sequence[Opened]) -> None:
    connection = await asyncpg.connect(dsn)
    settled = await connection.fetchval(
        "SELECT count(*) FROM session WHERE id = ANY ($1) AND settled_bytes = $2",
        [each.id for each in sessions],
        _BYTES,
    )
    await connection.close()
    if settled != len(sessions):
        raise SystemExit(f"{settled} of {len(sessions)} sessions are settled")


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

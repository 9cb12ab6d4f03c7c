"""How many sessions settle a second, against pgbench's bank on the same PostgreSQL.

``python benchmarks/settlement.py`` starts a PostgreSQL that writes to the disk in earnest. One
side submits signed pairs of receipts, each of a session, a payer and two keys of its own, from
as many clients at once as the other has: their signatures are checked, and each client has its
commit before it goes on. The clients are divided between as many processes as the computer has
cores, as ``worldvpn-server --workers`` and pgbench's ``--jobs`` divide them; what one process
does alone is shown beside. The other is pgbench's "TPC-B (sort of)": three balances changed, one
row of history, one commit, in as many clients. All take turns. Exit status 1 when the median
ratio of pairs is below its target.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncpg
import attrs
import uvloop

import root  # noqa: F401 - before the tests' rig is imported
from bench import Bar, interval, report
from settlement_worker import Worker
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
_PROCESSES: Final = os.cpu_count() or 1
_LASTING_S: Final = 3
_RATIO: Final = 0.5
#: A bank of ten branches has one row for ten clients to fight over; ours has none at all.
_SCALE: Final = 100
_NODES: Final = 50
_SESSIONS: Final = 1_500
_BYTES: Final = MEBIBYTE
_OURS: Final = "settlement"
#: What stays of a settlement for good; its session and receipts go, and so do its events.
_KEPT: Final = "SELECT pg_total_relation_size('journal') + pg_total_relation_size('posting')"
_THEIRS: Final = "bank"


@attrs.frozen(kw_only=True)
class Took:
    """What one side did in one turn; ``cpu_us``: of one settlement or transaction, all told."""

    per_s: float
    cpu_us: float


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
    taken: dict[str, list[Took]] = {name: [] for name in ("alone", "ours", "theirs")}
    kept = []
    config, dsn = ServerConfig(data=folder, dsn=cluster.dsn(_OURS)), cluster.dsn(_OURS)
    # The first one makes the keys that all of them use.
    async with opened(config, dsn, SystemClock()):
        pass
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker.started(config, dsn)) for _ in range(_PROCESSES)]
        for number in range(_PAIRS):
            first, second = await _prepared(config, dsn), await _prepared(config, dsn)
            for side in list(taken) if number % 2 else reversed(taken):
                if side == "alone":
                    took = await _settle(cluster, workers[:1], first)
                elif side == "ours":
                    before = await _kept_bytes(dsn)
                    took = await _settle(cluster, workers, second)
                    kept.append((await _kept_bytes(dsn) - before) / len(second))
                else:
                    took = await asyncio.to_thread(_bank, cluster)
                taken[side].append(took)
    return report(
        f"settlement: {_CLIENTS} clients, {_PAIRS} interleaved pairs, medians",
        [*_bars(**taken), Bar(name="disk kept of a settlement", figure=statistics.mean(kept))],
    )


def _bars(alone: Sequence[Took], ours: Sequence[Took], theirs: Sequence[Took]) -> list[Bar]:
    pairs = list(zip(ours, theirs, strict=True))
    ratios = [one.per_s / other.per_s for one, other in pairs]
    singles = [one.per_s / other.per_s for one, other in zip(alone, theirs, strict=True)]
    low, high = interval(ratios)
    ours_s, theirs_s = (statistics.median(each.per_s for each in side) for side in (ours, theirs))
    costs = [statistics.median(each.cpu_us for each in side) for side in (ours, theirs)]
    shares = [other.cpu_us / one.cpu_us for one, other in pairs]
    return [
        Bar(name=f"settlements, {_PROCESSES} processes", figure=ours_s, unit="/s"),
        Bar(name="pgbench tpcb-like", figure=theirs_s, unit="/s"),
        Bar(name="ratio of pairs", figure=statistics.median(ratios), limit=_RATIO, at_least=True),
        Bar(name="95 % interval from", figure=low),
        Bar(name="95 % interval to", figure=high),
        Bar(name="ratio of one process", figure=statistics.median(singles)),
        # What other programs take of the cores is not in it.
        Bar(name="a settlement's CPU, clients too", figure=costs[0], unit="µs"),
        Bar(name="a transaction's", figure=costs[1], unit="µs"),
        Bar(name="ratio, were CPU all", figure=statistics.median(shares)),
    ]


async def _kept_bytes(dsn: str) -> int:
    sql = await asyncpg.connect(dsn)
    try:
        return int(await sql.fetchval(_KEPT))
    finally:
        await sql.close()


async def _prepared(config: ServerConfig, dsn: str) -> list[Opened]:
    async with opened(config, dsn, SystemClock()) as services:
        return await _sessions(Rig(services.database, services.ledger, services.clock))


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


async def _settle(cluster: Cluster, workers: Sequence[Worker], sessions: Sequence[Opened]) -> Took:
    """Return how ``sessions`` settled."""
    pairs = [each.pair(_BYTES) for each in sessions]
    for number, worker in enumerate(workers):
        worker.prepare(pairs[number :: len(workers)], _CLIENTS // len(workers))
    cpu_s = _cpu_s(cluster)
    for worker in workers:
        worker.begin()
    spans = [worker.ended() for worker in workers]
    cpu_s = _cpu_s(cluster) - cpu_s + sum(each.cpu_s for each in spans)
    lasted_s = max(each.ended_s for each in spans) - min(each.begun_s for each in spans)
    sql = await asyncpg.connect(cluster.dsn(_OURS))
    settled = await sql.fetchval(
        "SELECT count(*) FROM session WHERE id = ANY ($1) AND settled_bytes = $2",
        [each.id for each in sessions],
        _BYTES,
    )
    await sql.close()
    if settled != len(sessions):
        raise SystemExit(f"{settled} of {len(sessions)} sessions are settled")
    count = len(sessions)
    return Took(per_s=count / lasted_s, cpu_us=cpu_s / count * 1e6)


def _bank(cluster: Cluster) -> Took:
    """Return how pgbench's transactions went."""
    cpu_s = _cpu_s(cluster)
    said = _pgbench(
        cluster,
        *("--builtin=tpcb-like", f"--client={_CLIENTS}", f"--jobs={_PROCESSES}"),
        *("--protocol=prepared", f"--time={_LASTING_S}", "--no-vacuum"),
    )
    cpu_s = _cpu_s(cluster) - cpu_s
    rate = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    count = re.search(r"actually processed: (\d+)", said)
    if rate is None or count is None:
        raise SystemExit(f"pgbench said no figure: {said}")
    return Took(per_s=float(rate[1]), cpu_us=cpu_s / int(count[1]) * 1e6)


def _cpu_s(cluster: Cluster) -> float:
    """Return what PostgreSQL and the programs that ended here took of the cores so far."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks, first = 0, str(cluster.pid)
    for each in (first, *Path(f"/proc/{first}/task/{first}/children").read_text().split()):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            # proc(5): utime, stime, and of the postmaster those of backends that ended.
            ticks += sum(int(field) for field in fields[11 : 15 if each == first else 13])
    return ticks / os.sysconf("SC_CLK_TCK") + ended.ru_utime + ended.ru_stime


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

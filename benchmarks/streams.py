"""What a waiting client costs the server, and how soon it hears of a change of its balance.

``python benchmarks/streams.py`` starts the server with one worker, opens 10,000 streams of 1,000
accounts over plain HTTP, then commits, from another process, changes of single accounts, while the
directory is announced to all of them; then that alone, to 10 and to 10,000. ``--clients N``.
Exit status 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import attrs

from bench import Bar, report
from streams_crowd import Crowd
from worldvpn_server.accounts.revocations import Revocations
from worldvpn_server.accounts.tokens import Tokens
from worldvpn_server.accounts.values import Audience
from worldvpn_server.clock import SystemClock
from worldvpn_server.database.making import dsn
from worldvpn_server.database.pool import Database
from worldvpn_server.events.bus import PostgresBus
from worldvpn_server.events.values import Event
from worldvpn_server.ids import EVERYBODY, new_id
from worldvpn_server.keys.ring import KeyRing

_PER_ACCOUNT: Final = 10
_CHANGES: Final = 400
_PAUSE_S: Final = 0.03
#: Five regions, each announced every 10 s.
_ANNOUNCED_EVERY: Final = round(2.0 / _PAUSE_S)
_BROADCASTS: Final = 5
_CALM_S: Final = 3.0
_PATIENCE_S: Final = 60.0
_MOST_KIB: Final = 20.0
_MOST_MS: Final = 50.0


@attrs.frozen(kw_only=True)
class Server:
    """A server under test."""

    host: str
    port: int
    worker: int
    data: Path


@attrs.define
class Speaker:
    """Commits events and remembers when each was committed, by its number."""

    bus: PostgresBus
    database: Database
    said_s: dict[int, float] = attrs.field(factory=dict)

    async def say(self, topic: UUID, kind: str) -> int:
        """Commit one event; return its number."""
        number = len(self.said_s) + 1
        async with self.database.transaction() as tx:
            body = b'{"n":%d}' % number
            await self.bus.publish(tx, Event(topic=topic, kind=kind, body=body))
        self.said_s[number] = time.perf_counter()
        return number


def main() -> int:
    """Measure; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=10_000)
    clients: int = parser.parse_args().clients
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="wv-bench-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        with _started(Path(name)) as server:
            bars = asyncio.run(_measured(server, clients))
    return report(f"streams: {clients} clients of one process", bars)


async def _measured(server: Server, clients: int) -> list[Bar]:
    target = dsn(server.data / "postgres", "worldvpn", "worldvpn_server")
    database = await Database.open(target)
    async with PostgresBus.opened(database, target) as bus:
        speaker = Speaker(bus, database)
        accounts = [new_id() for _ in range(max(1, clients // _PER_ACCOUNT))]
        tokens = await _tokens(server, database, bus, accounts)
        with Crowd.gathered(server.host, server.port, tokens[:10]) as few:  # code is warm
            await asyncio.sleep(_CALM_S)
            small = await _broadcast(server, speaker, few)
        before = _rss_kib(server.worker)
        with Crowd.gathered(server.host, server.port, tokens) as crowd:
            await asyncio.sleep(_CALM_S)
            each_kib = (_rss_kib(server.worker) - before) / len(tokens)
            calm_ms = await _changes(speaker, crowd, accounts, announced_every=_CHANGES + 1)
            busy_ms = await _changes(speaker, crowd, accounts, announced_every=_ANNOUNCED_EVERY)
            large = await _broadcast(server, speaker, crowd)
            after_kib = (_rss_kib(server.worker) - before) / len(tokens)
            ended = crowd.ended
    await database.close()
    return [
        Bar(name="memory of a waiting client", figure=each_kib, unit="KiB", limit=_MOST_KIB),
        Bar(name="... after all events", figure=after_kib, unit="KiB", limit=_MOST_KIB),
        Bar(name="balance, p50", figure=_share(calm_ms, 0.5), unit="ms"),
        Bar(name="balance, p99", figure=_share(calm_ms, 0.99), unit="ms", limit=_MOST_MS),
        Bar(name="balance beside announcements, p50", figure=_share(busy_ms, 0.5), unit="ms"),
        Bar(name="balance beside announcements, p99", figure=_share(busy_ms, 0.99), unit="ms"),
        *(
            Bar(name=f"directory to {count}: {what}", figure=figure, unit="ms")
            for count, figures in ((10, small), (len(tokens), large))
            for what, figure in zip(("last client", "server's CPU"), figures, strict=True)
        ),
        Bar(name="streams that ended", figure=ended, limit=0),
    ]


def _share(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


async def _changes(
    speaker: Speaker, crowd: Crowd, accounts: Sequence[UUID], *, announced_every: int
) -> list[float]:
    """Return how long after its commit each change was at each of its account's clients."""
    begin = len(crowd.came)
    numbers = set()
    everybody = 0
    for turn in range(_CHANGES):
        if turn % announced_every == announced_every - 1:
            await speaker.say(EVERYBODY, "directory")
            everybody += 1
        account = random.choice(accounts)  # noqa: S311 - no secret
        numbers.add(await speaker.say(account, "balance"))
        await asyncio.sleep(random.uniform(0.5, 1.5) * _PAUSE_S)  # noqa: S311 - no secret
    per_account = len(crowd.sockets) // len(accounts)
    await _until(crowd, begin + everybody * len(crowd.sockets) + len(numbers) * per_account)
    return [
        (came_s - speaker.said_s[number]) * 1e3
        for number, came_s in crowd.came[begin:]
        if number in numbers
    ]


async def _broadcast(server: Server, speaker: Speaker, crowd: Crowd) -> tuple[float, float]:
    """Return when the last client has one event of everybody, and the server's time for it."""
    last_ms: dict[int, list[float]] = defaultdict(list)
    begin, cpu_s = len(crowd.came), _cpu_s(server.worker)
    for turn in range(1, _BROADCASTS + 1):
        await speaker.say(EVERYBODY, "directory")
        await _until(crowd, begin + turn * len(crowd.sockets))
    for number, came_s in crowd.came[begin:]:
        last_ms[number].append((came_s - speaker.said_s[number]) * 1e3)
    spent_ms = (_cpu_s(server.worker) - cpu_s) / _BROADCASTS * 1e3
    return statistics.median(max(each) for each in last_ms.values()), spent_ms


async def _until(crowd: Crowd, count: int) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while len(crowd.came) < count:  # noqa: ASYNC110 - another thread counts
            await asyncio.sleep(0.01)


async def _tokens(
    server: Server, database: Database, bus: PostgresBus, accounts: Sequence[UUID]
) -> list[str]:
    clock = SystemClock()
    keys = KeyRing.open(server.data / "keys", clock)
    async with Revocations.opened(database, bus, clock) as revocations:
        issuer = Tokens(keys, revocations, clock)
        return [
            issuer.issue(
                account=account, username="streams-bench", sid=new_id(), audience=Audience.V1
            )
            for _ in range(_PER_ACCOUNT)
            for account in accounts
        ]


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[Server]:
    data = folder / "data"
    argv = [sys.executable, "-m", "worldvpn_server", "--data", str(data), "--no-tls"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*argv, "--host", "127.0.0.1", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        if process.stdout is None:
            raise SystemExit("the server has no output")
        said = next(line for line in process.stdout if line.startswith("listening on "))
        url = urlsplit(said.removeprefix("listening on ").strip())
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        (worker,) = (
            int(child)
            for child in children
            if "operations.worker" in Path(f"/proc/{child}/cmdline").read_text()
        )
        yield Server(host=url.hostname or "", port=url.port or 0, worker=worker, data=data)
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)


def _rss_kib(pid: int) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(next(line for line in text.splitlines() if line.startswith("Rss:")).split()[1])


def _cpu_s(pid: int) -> float:
    """Return the CPU seconds a process has used (proc(5), stat: utime, stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    sys.exit(main())

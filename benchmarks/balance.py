"""How many balances a second are read, against a bare handler with the same SELECT and no account.

``python benchmarks/balance.py`` starts the server with one worker, and beside it, on the same
PostgreSQL, one process of Litestar and asyncpg that only runs the SELECT. wrk (Debian: wrk), in
a process of its own, asks both in turns over 64 connections. Then it asks ours while 50 sign-ins a
second are offered. Exit status 1 when a target is missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import asyncpg
import attrs
import httpx

from balance_bare import ACCOUNT_VARIABLE, DSN_VARIABLE
from balance_signin import Offered, offered
from bench import Bar, report
from worldvpn_server.database.making import dsn

_CONNECTIONS: Final = 64
_LASTING_S: Final = 5
_PAIRS: Final = 5
_ROUNDS: Final = 3
_RATIO: Final = 0.6
_TAIL: Final = 5.0
_BUSY_TAIL: Final = 3.0
_PATIENCE_S: Final = 60.0
_USER: Final = {"username": "balance-reader", "password": "nine lamps over harbour"}
_MS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0}
_EX_UNAVAILABLE: Final = 69  # sysexits(3)


@attrs.frozen(kw_only=True)
class Read:
    """What wrk found."""

    per_s: float
    p50_ms: float
    p99_ms: float
    refused: int


@attrs.frozen(kw_only=True)
class Side:
    """A server to ask."""

    url: str
    headers: dict[str, str] = attrs.field(factory=dict)


def main() -> int:
    """Measure; return the exit status."""
    if shutil.which("wrk") is None:
        print("this needs wrk: run 'sudo apt-get install wrk'", file=sys.stderr)
        return _EX_UNAVAILABLE
    with tempfile.TemporaryDirectory(prefix="wv-bench-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        with _server(Path(name)) as (ours, worker), _bare(Path(name), ours) as theirs:
            for side in (ours, theirs):
                _read(side)  # pools are filled, code is warm
            pairs = [_pair(ours, theirs, begin_ours=bool(number % 2)) for number in range(_PAIRS)]
            rounds = [_round(ours, worker) for _ in range(_ROUNDS)]
    return report(
        f"balance: {_CONNECTIONS} connections, {_PAIRS} interleaved pairs of {_LASTING_S} s",
        [*_idle_bars(pairs), *_busy_bars(rounds)],
    )


def _pair(ours: Side, theirs: Side, *, begin_ours: bool) -> tuple[Read, Read]:
    if begin_ours:
        mine = _read(ours)
        return mine, _read(theirs)
    other = _read(theirs)
    return _read(ours), other


def _idle_bars(pairs: Sequence[tuple[Read, Read]]) -> list[Bar]:
    ours, theirs = zip(*pairs, strict=True)
    ratio = statistics.median(mine.per_s / other.per_s for mine, other in pairs)
    tail = statistics.median(mine.p99_ms / mine.p50_ms for mine in ours)
    return [
        Bar(name="authenticated reads", figure=_median(ours, "per_s"), unit="/s"),
        Bar(name="bare reads", figure=_median(theirs, "per_s"), unit="/s"),
        Bar(name="ratio", figure=ratio, limit=_RATIO, at_least=True),
        Bar(name="ours, p50", figure=_median(ours, "p50_ms"), unit="ms"),
        Bar(name="ours, p99", figure=_median(ours, "p99_ms"), unit="ms"),
        Bar(name="ours, p99 / p50", figure=tail, limit=_TAIL),
        Bar(name="ours, refused", figure=sum(each.refused for each in ours), limit=0),
        Bar(name="bare, p50", figure=_median(theirs, "p50_ms"), unit="ms"),
        Bar(name="bare, p99", figure=_median(theirs, "p99_ms"), unit="ms"),
    ]


def _round(ours: Side, worker: int) -> tuple[Read, Read, Offered]:
    idle = _read(ours)
    with offered(ours.url, worker, _LASTING_S) as sign_ins:
        busy = _read(ours)
    return idle, busy, sign_ins()


def _busy_bars(rounds: Sequence[tuple[Read, Read, Offered]]) -> list[Bar]:
    _, busy, sign_ins = zip(*rounds, strict=True)
    tail = statistics.median(each.p99_ms / idle.p99_ms for idle, each, _ in rounds)
    return [
        Bar(name="sign-ins offered", figure=_median(sign_ins, "per_s"), unit="/s"),
        Bar(name="... of them answered", figure=_median(sign_ins, "answered_per_s"), unit="/s"),
        Bar(
            name="... turned away, p99",
            figure=_median(sign_ins, "refused_p99_ms"),
            unit="ms",
            limit=50.0,
        ),
        Bar(
            name="... hashing",
            figure=_median(sign_ins, "hashing_cores"),
            unit="cores",
            limit=1.0,
        ),
        Bar(name="ours meanwhile", figure=_median(busy, "per_s"), unit="/s"),
        Bar(name="ours meanwhile, refused", figure=sum(each.refused for each in busy), limit=0),
        Bar(name="ours meanwhile, p99", figure=_median(busy, "p99_ms"), unit="ms"),
        Bar(name="... / idle p99", figure=tail, limit=_BUSY_TAIL),
    ]


def _median(reads: Sequence[object], name: str) -> float:
    return float(statistics.median(getattr(each, name) for each in reads))


def _read(side: Side) -> Read:
    said = [f"-H{name}: {value}" for name, value in side.headers.items()]
    argv = [
        "wrk",
        "-t1",
        f"-c{_CONNECTIONS}",
        f"-d{_LASTING_S}s",
        "--latency",
        "--timeout",
        "30s",
        *said,
        side.url,
    ]
    output = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if "Socket errors" in output:
        raise SystemExit(f"not every request was answered:\n{output}")
    shown = {
        name: float(figure) * _MS[unit]
        for name, figure, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)\b", output)
    }
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if rate is None:
        raise SystemExit(f"wrk said nothing to the point:\n{output}")
    return Read(
        per_s=float(rate[1]),
        p50_ms=shown["50"],
        p99_ms=shown["99"],
        refused=int(refused[1]) if refused else 0,
    )


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[tuple[Side, int]]:
    """Start the server; yield it with a signed-in reader, and its worker."""
    argv = [sys.executable, "-m", "worldvpn_server", "--data", str(folder / "data")]
    # Loopback as a lab: otherwise all the sign-ins would be one address's, and throttled as such.
    options = ["--no-tls", "--host", "127.0.0.1", "--port", "0", "--lab-ranges", "127.0.0.0/8"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*argv, *options], stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        if process.stdout is None:
            raise SystemExit("the server has no output")
        said = next(line for line in process.stdout if line.startswith("listening on "))
        url = said.removeprefix("listening on ").strip()
        for path in ("/auth/register", "/auth/login"):
            answer = httpx.post(url + path, json=_USER).raise_for_status()
        token = answer.json()["token"]
        worker = _worker(process.pid)
        yield (
            Side(url=f"{url}/credits/balance", headers={"Authorization": f"Bearer {token}"}),
            worker,
        )
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)


def _worker(supervisor: int) -> int:
    for child in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        if "operations.worker" in Path(f"/proc/{child}/cmdline").read_text():
            return int(child)
    raise SystemExit("the server has no worker")


@contextlib.contextmanager
def _bare(folder: Path, ours: Side) -> Iterator[Side]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    target = dsn(folder / "data" / "postgres", "worldvpn", "worldvpn_server")
    account = asyncio.run(_account(target))
    argv = [sys.executable, str(Path(__file__).with_name("balance_bare.py")), str(port)]
    process = subprocess.Popen(argv, env={DSN_VARIABLE: target, ACCOUNT_VARIABLE: account})
    side = Side(url=f"http://127.0.0.1:{port}/balance")
    try:
        deadline_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline_s:
            with contextlib.suppress(httpx.TransportError):
                mine = httpx.get(ours.url, headers=ours.headers).raise_for_status().json()
                if httpx.get(side.url).raise_for_status().json() == mine:
                    break
            time.sleep(0.1)
        else:
            raise SystemExit("the bare server does not answer the same")
        yield side
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)


async def _account(target: str) -> str:
    connection = await asyncpg.connect(target)
    try:
        return str(await connection.fetchval("SELECT account FROM wallet"))
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main())

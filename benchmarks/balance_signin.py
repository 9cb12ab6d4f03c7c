"""Sign-ins of people who do not know their passwords, at a steady rate, beside a measurement."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import attrs
import httpx

RATE_PER_S: Final = 50
_REFUSED: Final = (429, 503)
_TICK_S: Final = 0.01  # USER_HZ, proc_pid_stat(5)


@attrs.frozen(kw_only=True)
class Offered:
    """What became of them."""

    per_s: float
    answered_per_s: float
    refused_p99_ms: float
    hashing_cores: float


@contextlib.contextmanager
def offered(url: str, worker: int, lasting_s: float) -> Iterator[Callable[[], Offered]]:
    """Offer sign-ins to the server of ``url`` meanwhile; what is yielded tells of it afterwards."""
    found: list[Offered] = []
    login = urlunsplit(urlsplit(url)._replace(path="/auth/login"))
    thread = threading.Thread(
        target=lambda: found.append(asyncio.run(_offer(login, worker, lasting_s)))
    )
    thread.start()
    try:
        yield lambda: found[0]
    finally:
        thread.join()


async def _offer(login: str, worker: int, lasting_s: float) -> Offered:
    before_s, begun_s = _hashing_cpu_s(worker), time.perf_counter()
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(limits=limits, timeout=30.0) as client:
        tasks = []
        for number in range(int(lasting_s * RATE_PER_S)):
            await asyncio.sleep(begun_s + number / RATE_PER_S - time.perf_counter())
            tasks.append(asyncio.create_task(_one(client, login)))
        took_s = time.perf_counter() - begun_s
        hashing_s = _hashing_cpu_s(worker) - before_s
        answers = await asyncio.gather(*tasks)
    refused = sorted(ms for status, ms in answers if status in _REFUSED)
    return Offered(
        per_s=len(answers) / took_s,
        answered_per_s=(len(answers) - len(refused)) / took_s,
        refused_p99_ms=refused[int(len(refused) * 0.99)] if refused else 0.0,
        hashing_cores=hashing_s / took_s,
    )


async def _one(client: httpx.AsyncClient, login: str) -> tuple[int, float]:
    body = {"username": f"user{secrets.token_hex(6)}", "password": secrets.token_hex(8)}
    begun_s = time.perf_counter()
    answer = await client.post(login, json=body)
    return answer.status_code, (time.perf_counter() - begun_s) * 1000


def _hashing_cpu_s(worker: int) -> float:
    """Return the processor time of all of the worker but its event loop.

    argon2 starts a thread for each lane of each hash: those that have ended count in the whole.
    """
    whole, loop = (_cpu_s(Path(f"/proc/{worker}{each}/stat")) for each in ("", f"/task/{worker}"))
    return whole - loop


def _cpu_s(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S

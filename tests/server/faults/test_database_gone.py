"""The database goes and comes back: refused at once meanwhile, nothing lost, no hand needed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.server.faults.conftest import SMALL, Money, back, made, money, started_again
from worldvpn_server.database.circuit import REST_S, Circuit
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.errors import UnavailableError

pytestmark = pytest.mark.anyio


@pytest.fixture
async def running(folder: Path) -> AsyncIterator[list[Cluster]]:
    """The cluster that runs now, as the one item of a list."""
    cluster = await Cluster.start(folder / "pg", options=SMALL)
    await made(cluster)
    now = [cluster]
    yield now
    await now[0].stop()


async def test_holds_that_were_answered_survive_kills_of_the_database(
    running: list[Cluster], folder: Path
) -> None:
    async with money(running[0].dsn("worldvpn"), folder / "keys") as purse:
        for _ in range(3):
            unanswered = 0
            for number in range(20):
                if number == 13:
                    os.kill(running[0].pid, signal.SIGKILL)
                unanswered += await _refused(purse)
            running[0] = await started_again(running[0])
            balance = await back(purse)
            await purse.check(unanswered)
            purse.held_ticks = balance

        assert unanswered > 0


async def test_requests_do_not_pile_up_on_a_database_that_does_not_answer(
    running: list[Cluster], folder: Path
) -> None:
    async with money(running[0].dsn("worldvpn"), folder / "keys") as purse:
        pids = [running[0].pid, *_children(running[0].pid)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            first = await asyncio.gather(*(_refused(purse) for _ in range(30)))
            async with asyncio.timeout(1.0):  # the circuit is open: nobody waits any more
                then = await asyncio.gather(*(_refused(purse) for _ in range(30)))
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        await back(purse)

        assert (sum(first), sum(then)) == (30_000, 30_000)
        await purse.check(60_000)


def test_one_try_at_a_time_finds_out_whether_it_isback() -> None:
    now_s = 100.0
    circuit = Circuit(lambda: now_s)
    circuit.check()
    circuit.failed()
    with pytest.raises(UnavailableError):
        circuit.check()
    now_s += REST_S
    circuit.check()  # this one tries
    with pytest.raises(UnavailableError):
        circuit.check()
    circuit.succeeded()

    circuit.check()
    circuit.check()


async def _refused(purse: Money) -> int:
    """Try a hold; return what it may have held without an answer."""
    try:
        await purse.hold(1000)
    except UnavailableError as refused:
        return 1000 if refused.retry_after_s > 0 else 0
    return 0


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

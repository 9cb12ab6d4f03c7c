"""Background jobs: everywhere or in one process, and none that stops the others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from tests.server.conftest import Fresh
from worldvpn_server.operations.jobs import Job
from worldvpn_server.operations.restarts import Restarts
from worldvpn_server.operations.runner import Runner

pytestmark = pytest.mark.anyio

_OFTEN_S = 0.01


@contextlib.asynccontextmanager
async def _running(dsn: str, *jobs: Job) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(Runner(dsn=dsn, jobs=jobs).run())
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(_OFTEN_S)


def _counting(name: str, runs: list[str], *, alone: bool = True) -> Job:
    async def work() -> None:
        runs.append(name)

    return Job(name=name, interval_s=_OFTEN_S, work=work, alone=alone)


async def test_job_of_one_runs_in_one_process_and_the_others_everywhere(fresh: Fresh) -> None:
    runs: list[str] = []
    both = [
        (_counting(f"alone-{each}", runs), _counting(f"each-{each}", runs, alone=False))
        for each in ("a", "b")
    ]
    async with _running(fresh.dsn, *both[0]), _running(fresh.dsn, *both[1]):
        await _until(lambda: {"each-a", "each-b"} <= set(runs) and len(runs) > 20)
        await _until(lambda: any(each.startswith("alone") for each in runs))

    assert len({each for each in runs if each.startswith("alone")}) == 1


async def test_job_of_one_is_taken_over_when_its_process_dies(fresh: Fresh) -> None:
    runs: list[str] = []
    async with _running(fresh.dsn, _counting("first", runs)) as first:
        await _until(lambda: "first" in runs)
        async with _running(fresh.dsn, _counting("second", runs)):
            first.cancel()
            await _until(lambda: "second" in runs)


async def test_leader_that_loses_its_connection_stops_its_jobs_and_asks_again(
    fresh: Fresh, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="worldvpn_server.operations.runner")
    async with _running(fresh.dsn, _counting("job", [])):
        await _until(lambda: caplog.messages.count("this process leads") == 1)
        connection = await asyncpg.connect(fresh.dsn)
        await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'worldvpn-server jobs' AND datname = current_database()"
        )
        await connection.close()
        await _until(lambda: caplog.messages.count("this process leads") == 2)

    assert caplog.messages[:3] == [
        "this process leads",
        "this process leads no more",
        "this process leads",
    ]


async def test_job_that_fails_is_logged_without_its_words_and_tried_again(
    fresh: Fresh, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []

    async def work() -> None:
        tries.append(1)
        raise ValueError("alice@example.test")

    failing = Job(name="failing", interval_s=_OFTEN_S, work=work, alone=False)
    runs: list[str] = []
    async with _running(fresh.dsn, failing, _counting("other", runs, alone=False)):
        await _until(lambda: len(tries) > 2 and len(runs) > 2)

    assert "a job failed" in caplog.messages
    assert not any("alice" in message for message in caplog.messages)


def test_what_dies_at_once_is_started_less_and_less_often() -> None:
    restarts, waits = Restarts(), []
    for _ in range(10):
        restarts = restarts.after(lived_s=0.5)
        waits.append(restarts.wait_s)

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0.1, 10.0)
    assert restarts.after(lived_s=60).wait_s == 0.1

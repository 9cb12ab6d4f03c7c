"""Runs the background jobs: some in every process, the others where this process leads.

Which process leads is an advisory lock of PostgreSQL, held by a connection of its own: it is free
the moment the connection is gone, and whoever asks next has it. A process cut off from the database
may believe that it leads for ``_ANSWER_S`` more: jobs lock their rows like any other transaction.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import asyncpg
import attrs

from worldvpn_server.database.pool import ROLE
from worldvpn_server.errors import UnavailableError
from worldvpn_server.operations import measures
from worldvpn_server.operations.jobs import Job
from worldvpn_server.operations.logs import fields

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

_log = logging.getLogger(__name__)

_LOCK: Final = 0x5756_4C44
#: How often it is asked for leadership, and the leader for its connection.
_ASK_S: Final = 0.5
_ANSWER_S: Final = 2.0
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


@attrs.frozen(kw_only=True)
class Runner:
    """Runs ``jobs`` until cancelled."""

    dsn: str = attrs.field(repr=False)
    jobs: Sequence[Job]

    async def run(self) -> None:
        """Never returns."""
        async with asyncio.TaskGroup() as group:
            for job in self.jobs:
                if not job.alone:
                    group.create_task(_repeat(job), name=job.name)
            group.create_task(self._lead())

    async def _lead(self) -> None:
        while True:
            try:
                connection = await asyncpg.connect(
                    self.dsn,
                    timeout=_ANSWER_S,
                    command_timeout=_ANSWER_S,
                    server_settings={"role": ROLE, "application_name": "worldvpn-server jobs"},
                )
            except _AWAY:
                await asyncio.sleep(_ASK_S)
                continue
            try:
                await self._ask(connection)
            except _AWAY:
                await asyncio.sleep(_ASK_S)
            finally:
                connection.terminate()

    async def _ask(self, connection: Connection) -> None:
        """Lead whenever nobody else does; raises when the connection is gone."""
        while True:
            if await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
                break
            await asyncio.sleep(_ASK_S)
        _log.info("this process leads")
        measures.LEADING.set(1)
        working = [
            asyncio.create_task(_repeat(job), name=job.name) for job in self.jobs if job.alone
        ]
        try:
            while True:
                await asyncio.sleep(_ASK_S)
                await connection.fetchval("SELECT 1")
        finally:
            measures.LEADING.set(0)
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
            _log.info("this process leads no more")


async def _repeat(job: Job) -> None:
    while True:
        begun_s = time.monotonic()
        outcome = "done"
        try:
            await job.work()
        except UnavailableError:
            outcome = "away"
        except Exception as error:  # noqa: BLE001 - a job may fail in any way, the others go on
            outcome = "failed"
            _log.error("a job failed", exc_info=error, extra=fields(job=job.name))
        took_s = time.monotonic() - begun_s
        measures.JOBS.labels(job.name, outcome).inc()
        measures.JOB_SECONDS.labels(job.name).observe(took_s)
        await asyncio.sleep(max(job.interval_s - took_s, 0.0))

"""The database of a server: ours, embedded and brought back when it dies, or one given by --dsn."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import attrs

from worldvpn_server.config import ServerConfig
from worldvpn_server.database import making
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.database.migrate import migrate
from worldvpn_server.database.pool import ROLE
from worldvpn_server.errors import StartError
from worldvpn_server.operations import folder
from worldvpn_server.operations.logs import fields
from worldvpn_server.operations.restarts import Restarts

_log = logging.getLogger(__name__)

_DATABASE: Final = "worldvpn"
_LOOK_S: Final = 0.05


@attrs.frozen(kw_only=True)
class Reached:
    """Two ways to the same database; with --dsn they are one."""

    #: As the owner of the schema: migrations, audit, an operator's commands.
    owner: str = attrs.field(repr=False)
    #: As the role that may change no journal: what workers have.
    server: str = attrs.field(repr=False)


@contextlib.asynccontextmanager
async def opened(config: ServerConfig) -> AsyncIterator[Reached]:
    """Run or reach the database, migrated; keep ours running until the context ends.

    Raises:
        StartError: it cannot be had; the message says why.
    """
    if config.dsn is not None:
        await _migrated(config.dsn)
        yield Reached(owner=config.dsn, server=config.dsn)
        return
    keeper = _Keeper(config, await Cluster.start(config.postgres))
    try:
        reached = _embedded(config)
        await _made(making.dsn(config.postgres, making.SUPERUSER, making.SUPERUSER))
        await _migrated(reached.owner)
        await _run(reached.owner, f"ALTER ROLE {ROLE} LOGIN")
        keeping = asyncio.create_task(keeper.keep())
        try:
            yield reached
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
    finally:
        await keeper.cluster.stop()


@contextlib.asynccontextmanager
async def borrowed(config: ServerConfig) -> AsyncIterator[Reached]:
    """Reach the database for one command, beside a server that runs or without one."""
    if config.dsn is not None:
        yield Reached(owner=config.dsn, server=config.dsn)
        return
    try:
        with folder.held(config.data):
            async with opened(config) as reached:
                yield reached
    except folder.TakenError:
        yield _embedded(config)


def _embedded(config: ServerConfig) -> Reached:
    return Reached(
        owner=making.dsn(config.postgres, _DATABASE, making.SUPERUSER),
        server=making.dsn(config.postgres, _DATABASE, ROLE),
    )


@attrs.define(eq=False)
class _Keeper:
    """Starts our PostgreSQL again when it dies; the workers come back to it by themselves."""

    _config: ServerConfig
    cluster: Cluster

    async def keep(self) -> None:
        restarts = Restarts()
        while True:
            begun_s = time.monotonic()
            while not self.cluster.exited():  # noqa: ASYNC110 - a process has no event here
                await asyncio.sleep(_LOOK_S)
            while self.cluster.exited():
                restarts = restarts.after(time.monotonic() - begun_s)
                _log.error(
                    "PostgreSQL ended: starting it again", extra=fields(deaths=restarts.deaths)
                )
                await asyncio.sleep(restarts.wait_s)
                begun_s = time.monotonic()
                try:
                    self.cluster = await Cluster.start(self._config.postgres)
                except StartError as error:
                    _log.error("%s", error)
            _log.warning("PostgreSQL is back")


async def _made(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", _DATABASE):
            await connection.execute(f"CREATE DATABASE {_DATABASE}")
    finally:
        await connection.close()


async def _run(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _migrated(dsn: str) -> None:
    try:
        applied = await migrate(dsn)
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as error:
        why = getattr(error, "sqlstate", None) or type(error).__name__
        raise StartError(
            f"the database cannot be reached or migrated ({why}): check --dsn, and that its user "
            "may create tables and roles"
        ) from error
    if applied:
        _log.info("migrated", extra=fields(files=applied))

"""A cluster that may be stopped, killed and filled, and money in it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import attrs
import pytest

from tests.folders import public_folder
from worldvpn_server.clock import SystemClock
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.circuit import REST_S
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.database.migrate import migrate
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import StartError, UnavailableError
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.ledger.welcome import STARTING_TICKS, open_wallet

_TRIES = 100
SMALL = ("shared_buffers=16MB", "max_wal_size=64MB", "min_wal_size=32MB")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the account of PostgreSQL can come to."""
    with public_folder() as made:
        yield made


@attrs.define
class Money:
    """Holds that were answered, against what the database says."""

    database: Database
    ledger: PostgresLedger
    account: UUID
    held_ticks: int = 0

    async def hold(self, ticks: int) -> None:
        """Hold, and remember it once it is answered."""

        async def work(tx: Tx) -> None:
            await self.ledger.hold(tx, self.account, new_id().bytes, ticks)

        await self.database.run(work)
        self.held_ticks += ticks

    async def check(self, unanswered_ticks: int = 0) -> None:
        """Nothing was lost: at most what was asked and not answered is there beside."""
        balance = await self.ledger.balance(self.account)
        assert self.held_ticks <= balance.held_ticks <= self.held_ticks + unanswered_ticks
        assert balance.spendable_ticks + balance.held_ticks == STARTING_TICKS
        async with self.database.read() as sql:
            assert await sql.fetchval("SELECT sum(ticks) FROM posting") == 0
            per_bucket = "SELECT coalesce(sum(ticks), 0) FROM posting WHERE bucket = 3"
            assert await sql.fetchval(per_bucket) == balance.held_ticks


@contextlib.asynccontextmanager
async def money(dsn: str, keys: Path) -> AsyncIterator[Money]:
    """A server's parts on a migrated database, and one account with its welcome."""
    async with opened(ServerConfig(data=keys, dsn=dsn), dsn, SystemClock()) as services:
        account = new_id()

        async def work(tx: Tx) -> None:
            await open_wallet(tx, services.ledger, account)

        await services.database.run(work)
        yield Money(services.database, services.ledger, account)


async def made(cluster: Cluster, name: str = "worldvpn") -> None:
    """Make and migrate a database in ``cluster``."""
    connection = await asyncpg.connect(cluster.dsn())
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    await migrate(cluster.dsn(name))


async def started_again(ended: Cluster) -> Cluster:
    """Start what was killed as soon as it can be, as the supervisor does."""
    for _ in range(_TRIES):
        if not ended.exited():
            await asyncio.sleep(0.1)
            continue
        try:
            return await Cluster.start(ended.folder, options=SMALL)
        except StartError:  # the killed one's children have not all heard of it
            await asyncio.sleep(0.1)
    raise AssertionError("it does not start again")


async def back(purse: Money) -> int:
    """Wait until the server has its database again; return what is held."""
    for _ in range(_TRIES):
        try:
            return (await purse.ledger.balance(purse.account)).held_ticks
        except UnavailableError:
            await asyncio.sleep(REST_S / 2)
    raise AssertionError("it does not come back")

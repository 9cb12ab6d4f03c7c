"""Transactions on PostgreSQL: retried where they may be, refused in one sentence where not."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Final, Self, TypeVar

import asyncpg
import attrs

from worldvpn_server.errors import UnavailableError

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]

#: The role the server works under: it owns nothing and may change no journal.
ROLE: Final = "worldvpn_server"
_MOST_TRIES: Final = 5
_ACQUIRE_S: Final = 2.0
_STATEMENT_MS: Final = 10_000
#: What a retry can mend: nothing was committed.
_PASSING = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
#: The database is away, full, or in recovery.
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.InternalClientError,
)

Answer = TypeVar("Answer")


@attrs.define(eq=False)
class Tx:
    """A transaction under way: SQL goes through ``sql``; ``after_commit`` runs once it holds."""

    sql: Connection
    after_commit: list[Callable[[], None]] = attrs.field(factory=list)


@attrs.define(eq=False)
class Database:
    """A pool of connections under the role ``worldvpn_server``."""

    _pool: Pool

    @classmethod
    async def open(cls, dsn: str, *, most_connections: int = 10) -> Self:
        """Connect to ``dsn``. Raises what asyncpg raises when it is not there."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=most_connections,
            server_settings={
                "role": ROLE,
                "application_name": f"worldvpn-server {os.getpid()}",
                "statement_timeout": str(_STATEMENT_MS),
                "idle_in_transaction_session_timeout": str(_STATEMENT_MS),
                "jit": "off",
            },
        )
        return cls(pool)

    async def close(self) -> None:
        """Let what runs end, then close."""
        await self._pool.close()

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """Lend a connection for single statements.

        Raises:
            UnavailableError: the database is away.
        """
        with _translated():
            async with self._pool.acquire(timeout=_ACQUIRE_S) as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Run one transaction, not retried.

        Raises:
            UnavailableError: the database is away; whether a commit under way held is not known.
        """
        with _translated():
            async with self._pool.acquire(timeout=_ACQUIRE_S) as connection:
                tx = Tx(connection)
                async with connection.transaction():
                    yield tx
        for call in tx.after_commit:
            call()

    async def run(self, work: Callable[[Tx], Awaitable[Answer]]) -> Answer:
        """Run ``work`` in a transaction, again when it lost against another one.

        Raises:
            UnavailableError: the database is away, or the conflict did not end.
        """
        for tries in range(_MOST_TRIES):
            try:
                async with self.transaction() as tx:
                    return await work(tx)
            except _PASSING:
                await asyncio.sleep(0.005 * 2**tries)
        raise UnavailableError(
            "too many requests change the same thing: try again", retry_after_s=1
        )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        raise UnavailableError("the database is away: try again in a moment") from error

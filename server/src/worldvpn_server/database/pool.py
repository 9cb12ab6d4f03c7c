"""Transactions on PostgreSQL: retried where they may be, refused in one sentence where not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Final, Self, TypeVar

import asyncpg
import attrs

from worldvpn_server.database.circuit import Circuit
from worldvpn_server.errors import InvalidError, UnavailableError
from worldvpn_server.operations import measures
from worldvpn_server.operations.logs import fields

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
    _Base = asyncpg.Connection[asyncpg.Record]
else:  # asyncpg's own classes take no parameters
    Connection, Pool, _Base = asyncpg.Connection, asyncpg.Pool, asyncpg.Connection

_log = logging.getLogger(__name__)

#: The role the server works under: it owns nothing and may change no journal.
ROLE: Final = "worldvpn_server"
_MOST_TRIES: Final = 5
_ACQUIRE_S: Final = 2.0
_STATEMENT_MS: Final = 10_000
#: A server that does not even say that it timed out: half open, or stopped.
_COMMAND_S: Final = 12.0
_CLOSE_S: Final = 5.0
#: Who comes when so many wait for a connection would wait in vain.
_MOST_WAITING: Final = 1000
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


class _Session(_Base):
    """A connection that is lent again as it is: a reset would be a second question for each one.

    Nobody leaves anything behind in it: settings and locks are of the transaction (SET LOCAL,
    pg_advisory_xact_lock), who listens has a connection of its own, and asyncpg still ends a
    transaction that was left open.
    """

    def get_reset_query(self) -> str:
        return ""


@attrs.define(eq=False)
class Database:
    """A pool of connections under the role ``worldvpn_server``."""

    _pool: Pool
    _turns: asyncio.Semaphore
    _circuit: Circuit = attrs.field(factory=Circuit)
    _waiting: int = attrs.field(default=0, init=False)

    @classmethod
    async def open(cls, dsn: str, *, most_connections: int = 10) -> Self:
        """Connect to ``dsn``. Raises what asyncpg raises when it is not there."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=most_connections,
            connection_class=_Session,
            timeout=_ACQUIRE_S,
            command_timeout=_COMMAND_S,
            server_settings={
                "role": ROLE,
                "application_name": f"worldvpn-server {os.getpid()}",
                "statement_timeout": str(_STATEMENT_MS),
                "idle_in_transaction_session_timeout": str(_STATEMENT_MS),
                "jit": "off",
            },
        )
        return cls(pool, asyncio.Semaphore(most_connections))

    async def close(self) -> None:
        """Let what runs end, then close."""
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """Lend a connection for single statements.

        Raises:
            UnavailableError: the database is away.
        """
        with self._translated():
            connection = await self._take()
            try:
                yield connection
            finally:
                await self._give_back(connection)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Run one transaction, not retried.

        Raises:
            UnavailableError: the database is away; whether a commit under way held is not known.
        """
        with self._translated():
            connection = await self._take()
            try:
                tx = Tx(connection)
                async with connection.transaction():
                    yield tx
            finally:
                await self._give_back(connection)
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

    async def _take(self) -> PoolConnectionProxy[asyncpg.Record]:
        self._circuit.check()
        begun_s = time.perf_counter()
        await self._turn()
        try:
            connection = await self._pool.acquire()  # connecting has a time limit of its own
        except BaseException:
            self._turns.release()
            raise
        self._circuit.succeeded()
        measures.POOL_SECONDS.observe(time.perf_counter() - begun_s)
        return connection

    async def _turn(self) -> None:
        """Wait for one's turn, first come, first served: asyncpg's pool lets late ones by."""
        if not self._turns.locked():
            await self._turns.acquire()
            return
        if self._waiting >= _MOST_WAITING:
            raise UnavailableError("too many requests at once: try again", retry_after_s=1)
        self._waiting += 1
        try:
            async with asyncio.timeout(_ACQUIRE_S):
                await self._turns.acquire()
        except TimeoutError:
            raise UnavailableError(
                "too many requests at once: try again", retry_after_s=1
            ) from None
        finally:
            self._waiting -= 1

    async def _give_back(self, connection: PoolConnectionProxy[asyncpg.Record]) -> None:
        try:
            await self._pool.release(connection, timeout=_ACQUIRE_S)
        finally:
            self._turns.release()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except asyncpg.DataError as error:
            # What no column holds: a NUL in a text, a number beyond 64 bits.
            raise InvalidError("a value is not one that can be kept") from error
        except _AWAY as error:
            self._circuit.failed()
            measures.DATABASE_AWAY.inc()
            _log.warning(
                "the database is away",
                extra=fields(kind=type(error).__name__, sqlstate=getattr(error, "sqlstate", None)),
            )
            raise UnavailableError("the database is away: try again in a moment") from error

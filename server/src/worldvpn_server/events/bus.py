"""The bus on PostgreSQL: an outbox that is read in order, and hints that there is news.

A hint may be lost and carries nothing: who misses it looks again within a second. It is sent from
a connection of its own, for NOTIFY makes the commits of its senders wait for each other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, Self
from uuid import UUID

import asyncpg
import attrs

from worldvpn_server.database.pool import ROLE, Database, Tx
from worldvpn_server.events import outbox
from worldvpn_server.events.fanout import Fanout, Queue
from worldvpn_server.events.values import Cursor, Delivered, Event
from worldvpn_server.operations.jobs import Job

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

_log = logging.getLogger(__name__)

CHANNEL: Final = "outbox"
#: Twenty hints a second a process, however many commits there are.
_HINT_INTERVAL_S: Final = 0.05
#: A lost hint costs at most this.
_POLL_S: Final = 1.0
#: Others hint at most every 50 ms: for as long after a hint there may be more that they hold back.
_BUSY_S: Final = 0.1
_BUSY_POLL_S: Final = 0.01
#: Between two readings: what commits meanwhile is read in one go.
_BREATH_S: Final = 0.003
#: Something waits behind a transaction under way, which may end without a hint: how soon to look
#: again, at first and at last.
_SOON_S: Final = 0.005
_LATER_S: Final = 0.05
_RECONNECT_S: Final = 0.25
_QUERY_S: Final = 10.0
_TRIM_INTERVAL_S: Final = 30.0
#: The database went, or is not back yet.
_LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


@attrs.define(eq=False, kw_only=True)
class PostgresBus:
    """``seams.Bus`` on an outbox table. Made by ``opened``; one a process."""

    _database: Database
    _dsn: str = attrs.field(repr=False)
    _head: Cursor
    _fanout: Fanout = attrs.field(factory=Fanout)
    _heard_s: float = 0.0
    _news: asyncio.Event = attrs.field(factory=asyncio.Event)
    _committed: asyncio.Event = attrs.field(factory=asyncio.Event)

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, database: Database, dsn: str) -> AsyncIterator[Self]:
        """Read where the outbox stands, and run until left; then every subscription ends."""
        async with database.read() as sql:
            bus = cls(database=database, dsn=dsn, head=await outbox.last(sql))
        running = asyncio.create_task(bus.run())
        try:
            yield bus
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            bus.end_all()

    async def publish(self, tx: Tx, *events: Event) -> None:
        if events:
            await outbox.write(tx.sql, events)
            tx.after_commit.append(self._hint)

    def subscribe(
        self,
        topics: Sequence[UUID],
        device: UUID | None = None,
        kinds: frozenset[str] | None = None,
    ) -> Queue:
        return self._fanout.subscribe(topics, device, kinds)

    async def since(
        self, topics: Sequence[UUID], device: UUID | None, cursor: Cursor
    ) -> Sequence[Delivered] | None:
        async with self._database.read() as sql:
            return await outbox.since(sql, topics, device, cursor)

    def head(self) -> Cursor:
        return self._head

    def end_all(self) -> None:
        """End every subscription."""
        self._fanout.end_all()

    async def trim(self) -> int:
        """Delete what is too old to resume from; return how many events that were."""
        async with self._database.read() as sql:
            return await outbox.trim(sql)

    def jobs(self) -> tuple[Job, ...]:
        """Return what keeps the outbox small."""
        return (Job(name="outbox-trim", interval_s=_TRIM_INTERVAL_S, work=self.trim),)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._again(self._read))
            tasks.create_task(self._again(self._send_hints))

    def _hint(self) -> None:
        self._news.set()
        self._committed.set()

    async def _again(self, work: Callable[[Connection], Awaitable[None]]) -> None:
        """Do ``work`` with a connection of its own, and anew when that is lost."""
        while True:
            try:
                async with _connected(self._dsn) as sql:
                    await work(sql)
            except _LOST as error:
                _log.warning("events wait for the database: %s", type(error).__name__)
            await asyncio.sleep(_RECONNECT_S)

    async def _read(self, sql: Connection) -> None:
        await sql.add_listener(CHANNEL, self._heard)
        sql.add_termination_listener(self._heard)
        pause_s = 0.0
        while True:
            self._news.clear()
            page = await outbox.after(sql, self._head)
            if page is None:
                await self._start_anew(sql)
                continue
            if page.news:
                self._head = page.news[-1].cursor
                self._fanout.hand_out(page.news)
            if len(page.news) >= outbox.PAGE - 1:
                continue
            pause_s = min(max(_SOON_S, pause_s * 2), _LATER_S) if page.more else 0.0
            busy = time.monotonic() - self._heard_s < _BUSY_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s or (_BUSY_POLL_S if busy else _POLL_S)):
                    await self._news.wait()
            await asyncio.sleep(_BREATH_S)

    async def _start_anew(self, sql: Connection) -> None:
        """The place read last is gone (a backup was restored, or we were away for long)."""
        _log.warning("the outbox does not go on from %s: every stream starts anew", self._head)
        self._head = await outbox.last(sql)
        self._fanout.end_all()

    async def _send_hints(self, sql: Connection) -> None:
        while True:
            await self._committed.wait()
            self._committed.clear()
            try:
                await sql.execute(f"NOTIFY {CHANNEL}")
            except _LOST:
                self._committed.set()
                raise
            await asyncio.sleep(_HINT_INTERVAL_S)

    def _heard(self, *_: object) -> None:
        self._heard_s = time.monotonic()
        self._news.set()


@contextlib.asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(
        dsn,
        timeout=_QUERY_S,
        command_timeout=_QUERY_S,
        server_settings={
            "role": ROLE,
            "application_name": "worldvpn-server events",
            "jit": "off",
            "synchronous_commit": "off",
        },
    )
    try:
        yield connection
    finally:
        with contextlib.suppress(*_LOST):
            await connection.close(timeout=1)

"""What no longer holds before its time: sign-ins and accounts, known to every process within 5 s.

Events bring the news at once; that a lost event cannot matter, every process also reads the
table every second, from where it had read to: behind the transaction horizon nothing appears.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from uuid import UUID

import attrs

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import UnavailableError
from worldvpn_server.events.values import Event
from worldvpn_server.ids import EVERYBODY
from worldvpn_server.operations.jobs import Job
from worldvpn_server.seams import Bus

_log = logging.getLogger(__name__)

#: The kind of the event that says that something was revoked.
KIND: Final = "revoked"
#: For how long what was read is trusted while the database cannot be read.
TRUSTED_S: Final = 5.0
_INTERVAL_S: Final = 1.0
#: Longer than any token lives.
_KEPT: Final = timedelta(hours=25)
_FOR_EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_FORGET_S: Final = 3_600.0

_REVOKE: Final = """
UPDATE login SET revoked_at = $2 WHERE sid = ANY($1) AND revoked_at IS NULL
"""
_REMEMBER: Final = """
INSERT INTO revocation (subject, until) SELECT unnest($1::uuid[]), $2
ON CONFLICT (subject) DO UPDATE SET until = excluded.until, position = tx_position()
"""
_BAN: Final = "UPDATE account SET banned_at = $2, ban_reason = $3 WHERE id = $1"
_UNBAN: Final = "UPDATE account SET banned_at = NULL, ban_reason = NULL WHERE id = $1"
_SIDS: Final = "SELECT sid FROM login WHERE account = $1 AND revoked_at IS NULL"
_DEVICE_SIDS: Final = "SELECT sid FROM login WHERE device = $1 AND revoked_at IS NULL"
_READ: Final = """
SELECT subject, until FROM revocation WHERE position >= $1 AND until > $2
"""
_FORGET: Final = "DELETE FROM revocation WHERE until < $1"


@attrs.define(eq=False)
class Revocations:
    """Subjects, sign-ins and accounts, whose tokens are refused; held in memory."""

    _database: Database
    _bus: Bus
    _clock: Clock
    _until: dict[UUID, datetime] = attrs.field(factory=dict, init=False)
    _read_to: int = attrs.field(default=0, init=False)
    _read_monotonic_s: float = attrs.field(default=float("-inf"), init=False)
    _reading: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False)

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, database: Database, bus: Bus, clock: Clock) -> AsyncIterator[Self]:
        """Read what is revoked and keep up with it until the block is left."""
        made = cls(database, bus, clock)
        await made.refresh()
        tasks = [
            asyncio.create_task(made._keep_reading()),
            asyncio.create_task(made._listen()),
        ]
        try:
            yield made
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def revoke(self, tx: Tx, sids: Sequence[UUID]) -> None:
        """Let no token of these sign-ins hold from the commit of ``tx`` on. Idempotent."""
        await tx.sql.execute(_REVOKE, list(sids), self._clock.now())
        await self._remember(tx, sids, self._clock.now() + _KEPT)

    async def revoke_account(self, tx: Tx, account: UUID) -> None:
        """Let no token of ``account`` hold: after a new password, or before it is deleted."""
        rows = await tx.sql.fetch(_SIDS, account)
        await self.revoke(tx, [row["sid"] for row in rows])

    async def revoke_device(self, tx: Tx, device: UUID) -> None:
        """Let no token of a removed device hold."""
        rows = await tx.sql.fetch(_DEVICE_SIDS, device)
        await self.revoke(tx, [row["sid"] for row in rows])

    async def ban(self, tx: Tx, account: UUID, reason: str) -> None:
        """Let nothing that ``account`` holds be good for anything, until ``unban``."""
        await tx.sql.execute(_BAN, account, self._clock.now(), reason)
        await self._remember(tx, [account], _FOR_EVER)

    async def unban(self, tx: Tx, account: UUID) -> None:
        """Take a ban back."""
        await tx.sql.execute(_UNBAN, account)
        await self._remember(tx, [account], self._clock.now())

    async def check(self, *subjects: UUID) -> bool:
        """Return whether all of a token's subjects still hold.

        Raises:
            UnavailableError: what is revoked has not been known for more than ``TRUSTED_S``.
        """
        if self._is_stale():
            await self.refresh()
        return not self._any(subjects)

    def hold(self, *subjects: UUID) -> bool:
        """Return as ``check``, but without asking the database: what is not known does not hold."""
        return not (self._is_stale() or self._any(subjects))

    async def refresh(self) -> None:
        """Read what was revoked since the last time. Raises UnavailableError."""
        async with self._reading:
            began_s = time.monotonic()
            async with self._database.read() as sql:
                horizon = await sql.fetchval("SELECT tx_horizon()")
                rows = await sql.fetch(_READ, self._read_to, self._clock.now() - _KEPT)
            self._take((row["subject"], row["until"]) for row in rows)
            self._read_to, self._read_monotonic_s = horizon, began_s

    async def forget(self) -> None:
        """Drop what no token can outlive any more: from the table, and from memory."""
        past = self._clock.now() - _KEPT
        self._until = {each: until for each, until in self._until.items() if past <= until}
        async with self._database.read() as sql:
            await sql.execute(_FORGET, past)

    def jobs(self) -> tuple[Job, ...]:
        """Return what keeps table and memory from growing."""
        work = self.forget
        return (Job(name="revocations-forget", interval_s=_FORGET_S, work=work, alone=False),)

    def _any(self, subjects: Iterable[UUID]) -> bool:
        now = self._clock.now()
        return any(until is not None and now < until for until in map(self._until.get, subjects))

    def _is_stale(self) -> bool:
        return time.monotonic() - self._read_monotonic_s > TRUSTED_S

    def _take(self, news: Iterable[tuple[UUID, datetime]]) -> None:
        self._until |= dict(news)

    async def _remember(self, tx: Tx, subjects: Sequence[UUID], until: datetime) -> None:
        if not subjects:
            return
        await tx.sql.execute(_REMEMBER, list(subjects), until)
        # Not what was revoked: everybody reads this topic, and the hint is all it takes.
        await self._bus.publish(tx, Event(topic=EVERYBODY, kind=KIND, body=b"{}"))
        tx.after_commit.append(lambda: self._take((each, until) for each in subjects))

    async def _keep_reading(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL_S)
            await self._refresh_quietly()

    async def _listen(self) -> None:
        while True:
            subscription = self._bus.subscribe([EVERYBODY])
            try:
                async for delivered in subscription:
                    if delivered.event.kind == KIND:
                        await self._refresh_quietly()
            finally:
                subscription.close()
            await asyncio.sleep(_INTERVAL_S)

    async def _refresh_quietly(self) -> None:
        try:
            await self.refresh()
        except UnavailableError:
            _log.warning("revocations cannot be read: after %s s no token holds", TRUSTED_S)

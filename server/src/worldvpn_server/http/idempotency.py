"""The same request made again is answered again, not done again (Idempotency-Key).

The first to write the key's row is at work until its lease ends; who comes meanwhile waits for
its answer. If it dies, the next one takes the lease over: what it had made by then is found by
the same key, so that nothing is made twice. A refusal is not kept: it changed nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database
from worldvpn_server.errors import ConflictError
from worldvpn_server.operations.jobs import Job

#: How long an answer is kept.
KEPT: Final = timedelta(hours=24)
#: Longer than any request takes; after that its process is taken to have died.
LEASE: Final = timedelta(seconds=20)
#: How long a second request waits for the first, and how soon it looks, at first and at last.
_PATIENCE_S: Final = 22.0
_SOON_S: Final = 0.05
_LATER_S: Final = 0.5
_FORGET_S: Final = 600.0
_DONE: Final = 200

_CLAIM: Final = """
INSERT INTO idempotency AS known (account, key, body_hash, created_at, leased_until)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account, key) DO UPDATE
    SET body_hash = $3, status = NULL, answer = NULL, created_at = $4, leased_until = $5
    WHERE known.created_at <= $6
        OR (known.status IS NULL AND known.leased_until <= $4 AND known.body_hash = $3)
RETURNING true
"""
_LOOK: Final = "SELECT body_hash, answer FROM idempotency WHERE account = $1 AND key = $2"
_KEEP: Final = """
UPDATE idempotency SET status = $4, answer = $5
WHERE account = $1 AND key = $2 AND body_hash = $3 AND status IS NULL
"""
_LET_GO: Final = """
DELETE FROM idempotency WHERE account = $1 AND key = $2 AND body_hash = $3 AND status IS NULL
"""
_FORGET: Final = "DELETE FROM idempotency WHERE created_at <= $1"


@attrs.frozen
class Once:
    """Remembers answers for a day."""

    _database: Database
    _clock: Clock

    async def answer(
        self, account: UUID, key: str, body: bytes, work: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        """Return what ``work`` answers, or what it answered to ``key`` before.

        Raises:
            ConflictError: ``key`` was used with another ``body``, or its request takes too long.
        """
        body_hash = hashlib.sha256(body).digest()
        end_s = time.monotonic() + _PATIENCE_S
        pause_s = _SOON_S
        while not await self._claimed(account, key, body_hash):
            known = await self._known(account, key, body_hash)
            if known is not None:
                return known
            if time.monotonic() > end_s:
                raise ConflictError("this request is still being answered: try again in a moment")
            await asyncio.sleep(pause_s)
            pause_s = min(_LATER_S, pause_s * 2)
        return await self._first(account, key, body_hash, work)

    async def forget(self) -> None:
        """Delete the answers of yesterday."""
        async with self._database.transaction() as tx:
            await tx.sql.execute(_FORGET, self._clock.now() - KEPT)

    def jobs(self) -> tuple[Job, ...]:
        """Return what goes on in the background."""
        return (Job(name="answers-forget", interval_s=_FORGET_S, work=self.forget),)

    async def _claimed(self, account: UUID, key: str, body_hash: bytes) -> bool:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            claimed = await tx.sql.fetchval(
                _CLAIM, account, key, body_hash, now, now + LEASE, now - KEPT
            )
        return bool(claimed)

    async def _known(self, account: UUID, key: str, body_hash: bytes) -> bytes | None:
        async with self._database.read() as sql:
            row = await sql.fetchrow(_LOOK, account, key)
        if row is None:
            return None
        if row["body_hash"] != body_hash:
            raise ConflictError("this Idempotency-Key was used for another request: make a new one")
        answer: bytes | None = row["answer"]
        return answer

    async def _first(
        self, account: UUID, key: str, body_hash: bytes, work: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        try:
            answer = await work()
        except Exception:
            async with self._database.transaction() as tx:
                await tx.sql.execute(_LET_GO, account, key, body_hash)
            raise
        async with self._database.transaction() as tx:
            await tx.sql.execute(_KEEP, account, key, body_hash, _DONE, answer)
        return answer

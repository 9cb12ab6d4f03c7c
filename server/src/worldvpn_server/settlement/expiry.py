"""Ends what nobody will add to any more: holds are given back, and rows that join two people go."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg
import attrs

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Connection, Database, Tx
from worldvpn_server.settlement.figures import ABSENCE, LATENESS
from worldvpn_server.settlement.payout import VESTING
from worldvpn_server.settlement.settle import Settler
from worldvpn_server.settlement.values import News

#: However much is disputed, nothing joins a payer and an owner for longer.
DISPUTE: Final = timedelta(days=30)
_SESSIONS: Final = 200

_PAST: Final = """
SELECT id FROM session WHERE expires_at <= $1 AND state IN (2, 3) AND id > $2 ORDER BY id LIMIT $3
"""
#: Over is a session that is settled, takes no receipts any more, and whose last share has vested.
#: Where counts differ or a number has two words, it stays as evidence until $4.
_OVER: Final = """
SELECT id FROM session WHERE state = 4 AND expires_at <= $1 AND id > $2
AND coalesce(settled_at, expires_at) <= $3
AND (expires_at <= $4 OR equivocations = 0 AND coalesce(
    abs((node_up + node_down) - (guest_up + guest_down))
        <= greatest(node_up + node_down, guest_up + guest_down) / 20 + 1048576,
    true
)) ORDER BY id LIMIT $5
"""
_DELETE: Final = "DELETE FROM session WHERE id = ANY ($1) AND state = 4"


@attrs.frozen(kw_only=True)
class Expiry:
    """Settles sessions whose other end stayed away, and deletes those that are over."""

    database: Database
    clock: Clock
    settler: Settler
    #: How often owners are paid: vesting begins that much later.
    payout_interval_s: float

    async def settle_past(self) -> int:
        """Settle what is 24 h past its ticket, by the guest's word alone if need be."""
        until = self.clock.now() - ABSENCE
        count, last = 0, UUID(int=0)
        while True:
            async with self.database.read() as sql:
                page = _ids(await sql.fetch(_PAST, until, last, _SESSIONS))
            if not page:
                return count
            last, count = page[-1], count + len(page)
            await self.database.run(functools.partial(self._settle, sessions=page))

    async def delete_over(self) -> int:
        """Delete sessions on which nothing hangs any more, with their tickets and receipts."""
        count, last = 0, UUID(int=0)
        while True:
            async with self.database.read() as sql:
                page = await self._over(sql, last)
            if not page:
                return count
            last, count = page[-1], count + len(page)
            await self.database.run(functools.partial(self._delete, sessions=page))

    async def _over(self, sql: Connection, last: UUID) -> tuple[UUID, ...]:
        now = self.clock.now()
        vested = now - VESTING - timedelta(seconds=self.payout_interval_s)
        return _ids(await sql.fetch(_OVER, now - LATENESS, last, vested, now - DISPUTE, _SESSIONS))

    async def _settle(self, tx: Tx, sessions: Sequence[UUID]) -> None:
        await self.settler.settle(tx, {each: News() for each in sessions})

    async def _delete(self, tx: Tx, sessions: Sequence[UUID]) -> None:
        # What was due beyond a hold and could not be had until now is asked for once more.
        steps = await self.settler.settle(tx, {each: News() for each in sessions})
        await tx.sql.execute(_DELETE, [each.before.id for each in steps if not each.new_bytes])


def _ids(rows: Sequence[asyncpg.Record]) -> tuple[UUID, ...]:
    return tuple(row["id"] for row in rows)

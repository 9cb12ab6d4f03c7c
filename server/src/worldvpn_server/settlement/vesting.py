"""Makes available what was kept back, once its time has come."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.ledger.values import Bucket, Journal, Kind
from worldvpn_server.seams import Treasury

_TAG: Final = b"worldvpn/vest/v1\x00"
_ROWS: Final = 500

_TAKE: Final = """
DELETE FROM vesting WHERE id IN (
    SELECT id FROM vesting WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2
) RETURNING id, account, ticks
"""
_THERE: Final = "SELECT account, vesting FROM wallet WHERE account = ANY ($1)"


@attrs.frozen(kw_only=True)
class Vesting:
    """Turns due ``vesting`` rows into journals: a row goes in the transaction that posts it."""

    database: Database
    clock: Clock
    treasury: Treasury

    async def vest(self) -> int:
        """Make available all that is due; return how many rows that were."""
        vested = 0
        while rows := await self.database.run(self._vest):
            vested += rows
        return vested

    async def _vest(self, tx: Tx) -> int:
        rows = await tx.sql.fetch(_TAKE, self.clock.now(), _ROWS)
        due: dict[UUID, int] = defaultdict(int)
        names: dict[UUID, list[UUID]] = defaultdict(list)
        for row in rows:
            due[row["account"]] += row["ticks"]
            names[row["account"]].append(row["id"])
        there = {row["account"]: row["vesting"] for row in await tx.sql.fetch(_THERE, list(due))}
        # A penalty may have taken some of it meanwhile.
        parts = {account: min(ticks, there.get(account, 0)) for account, ticks in due.items()}
        await self.treasury.post_many(
            tx,
            [
                Journal(
                    account=account,
                    key=_key(names[account]),
                    kind=Kind.VEST,
                    lines=((Bucket.VESTING, -ticks), (Bucket.AVAILABLE, ticks)),
                )
                for account, ticks in sorted(parts.items())
                if ticks
            ],
        )
        return len(rows)


def _key(rows: list[UUID]) -> bytes:
    return hashlib.sha256(_TAG + b"".join(sorted(each.bytes for each in rows))).digest()

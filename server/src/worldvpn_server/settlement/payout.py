"""Pays owners what sessions earned them: one journal an owner, apart from any payer's.

Whoever reads both journals finds no id, key or moment that they share.
"""

from __future__ import annotations

import functools
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import attrs

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.values import Bucket, Journal, Kind
from worldvpn_server.seams import Treasury
from worldvpn_server.settlement import nodes
from worldvpn_server.settlement.nodes import Carried
from worldvpn_server.settlement.shares import Earned

#: How long the part that could have been made by inventing guests is kept back.
VESTING: Final = timedelta(days=7)
_TAG: Final = b"worldvpn/payout/v1\x00"
_OWNERS: Final = 200

_NEXT: Final = "SELECT DISTINCT owner FROM payout WHERE owner > $1 ORDER BY owner LIMIT $2"
_TAKE: Final = """
DELETE FROM payout WHERE owner = ANY ($1)
RETURNING id, owner, available_ticks, vesting_ticks, subsidy_ticks, burned_ticks,
    node, carried_bytes, begun, verdict
"""
_VEST: Final = """
INSERT INTO vesting (id, account, ticks, due_at)
SELECT id, account, ticks, $1 FROM unnest($2::uuid[], $3::uuid[], $4::bigint[])
    AS part (id, account, ticks)
"""


@attrs.frozen(kw_only=True)
class Payouts:
    """Turns ``payout`` rows into journals: a row goes in the transaction that pays it."""

    database: Database
    clock: Clock
    treasury: Treasury

    async def pay(self) -> int:
        """Pay all that is owed; return how many owners that were."""
        paid, last = 0, UUID(int=0)
        while True:
            async with self.database.read() as sql:
                owners = [row["owner"] for row in await sql.fetch(_NEXT, last, _OWNERS)]
            if not owners:
                return paid
            last = owners[-1]
            paid += await self.database.run(functools.partial(self._pay, owners=owners))

    async def _pay(self, tx: Tx, owners: Sequence[UUID]) -> int:
        shares: dict[UUID, Earned] = defaultdict(Earned)
        names: dict[UUID, list[UUID]] = defaultdict(list)
        rows = await tx.sql.fetch(_TAKE, list(owners))
        for row in rows:
            names[row["owner"]].append(row["id"])
            shares[row["owner"]] += Earned(
                available_ticks=row["available_ticks"],
                vesting_ticks=row["vesting_ticks"],
                subsidy_ticks=row["subsidy_ticks"],
                burned_ticks=row["burned_ticks"],
            )
        now = self.clock.now()
        await nodes.tell(tx, _carried(rows), now)
        journals = [
            journal
            for owner in sorted(shares)
            if (journal := earning(owner, shares[owner], names[owner])) is not None
        ]
        await self.treasury.post_many(tx, journals)
        await _keep_back(tx, shares, now + VESTING)
        return len(journals)


def earning(owner: UUID, share: Earned, payouts: Sequence[UUID]) -> Journal | None:
    """Return the journal that pays ``share``, by the hash of the rows it pays. Pure."""
    lines = (
        (Bucket.CLEARING, -share.clearing_ticks),
        (Bucket.SUBSIDY, -share.subsidy_ticks),
        (Bucket.AVAILABLE, share.available_ticks),
        (Bucket.VESTING, share.vesting_ticks),
        (Bucket.PENALTY, share.burned_ticks),
    )
    posted = tuple(line for line in lines if line[1])
    if not posted:
        return None
    name = hashlib.sha256(_TAG + b"".join(sorted(each.bytes for each in payouts)))
    return Journal(account=owner, key=name.digest(), kind=Kind.EARN, lines=posted)


def _carried(rows: Sequence[asyncpg.Record]) -> list[Carried]:
    return [
        Carried(
            node=row["node"],
            carried_bytes=row["carried_bytes"],
            begun=row["begun"],
            verdict=row["verdict"],
        )
        for row in rows
        if row["node"] is not None
    ]


async def _keep_back(tx: Tx, shares: Mapping[UUID, Earned], due_at: datetime) -> None:
    parts = [(owner, share.vesting_ticks) for owner, share in shares.items()]
    parts = [part for part in parts if part[1]]
    if parts:
        await tx.sql.execute(
            _VEST,
            due_at,
            [new_id() for _ in parts],
            [owner for owner, _ in parts],
            [ticks for _, ticks in parts],
        )

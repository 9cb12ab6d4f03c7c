"""Signs the directory: a whole file a region now and then, and what changed every ten seconds.

Everything is read in one snapshot, so that a whole file is exactly its predecessor and the changes
between. Reading takes no transaction number: readers of the outbox never wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import asyncpg
import attrs
import msgspec

from worldvpn_core.catalogue import Catalogue
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.directory import entries
from worldvpn_server.directory.countries import Region
from worldvpn_server.events.values import Event
from worldvpn_server.ids import EVERYBODY
from worldvpn_server.keys.ring import KeyRing, Use
from worldvpn_server.operations.jobs import Job
from worldvpn_server.seams import Bus

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

WHOLE_AGE: Final = timedelta(minutes=5)
#: A file that nobody renews is noticed after this.
LIFE: Final = timedelta(minutes=20)
_KEPT: Final = timedelta(hours=1)

_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_HORIZON: Final = "SELECT tx_horizon()"
_HEADS: Final = "SELECT region, version, whole_version, whole_at, position FROM directory_head"
_CHANGED: Final = f"SELECT {entries.COLUMNS} FROM node WHERE position >= $1"  # noqa: S608 - columns only
_GONE: Final = "SELECT node AS id, region FROM node_gone WHERE position >= $1"
_WHOLE: Final = f"""
SELECT {entries.COLUMNS} FROM node WHERE region = $1 AND node_shown(node)
"""  # noqa: S608 - columns only

#: Nothing is written when another process has published meanwhile.
_ADVANCE: Final = """
INSERT INTO directory_head AS h VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (region) DO UPDATE
SET version = $2, whole_version = $3, whole_at = $4, position = $5
WHERE h.version = $6 AND h.position <= $5
RETURNING region
"""
_WRITE: Final = """
INSERT INTO directory_file (region, version, since, body, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (region, version, since)
DO UPDATE SET body = excluded.body, created_at = excluded.created_at
"""
_CLEAN: Final = """
DELETE FROM directory_file f USING directory_head h WHERE h.region = f.region AND
    CASE f.since WHEN 0 THEN f.version <> h.whole_version ELSE f.created_at < $1 END
"""
_FORGET: Final = """
DELETE FROM node_gone WHERE position < (SELECT min(position) FROM directory_head)
"""


class _News(msgspec.Struct, frozen=True):
    region: int
    version: int


@attrs.frozen(kw_only=True)
class _Head:
    version: int = 0
    whole_version: int = 0
    whole_at: datetime
    position: int = 0


@attrs.frozen(kw_only=True)
class _Read:
    """What one snapshot says. ``horizon``: later changes may be missing from it."""

    horizon: int
    heads: Mapping[Region, _Head]
    changed: Sequence[asyncpg.Record]
    gone: Sequence[asyncpg.Record]
    wholes: Mapping[Region, Sequence[asyncpg.Record]]


@attrs.frozen(kw_only=True)
class _Edition:
    """The next version of one region; ``bodies`` by the version that each follows on."""

    region: Region
    before: int
    head: _Head
    bodies: Mapping[int, bytes]


@attrs.frozen(eq=False, kw_only=True)
class Publisher:
    """Publishes the directory: in one process at a time."""

    database: Database
    clock: Clock
    keys: KeyRing
    bus: Bus
    interval_s: float = 10.0

    async def publish(self) -> int:
        """Publish what has changed; return how many regions there is news of.

        Raises:
            UnavailableError: the database is away; the next round has it all.
        """
        now = self.clock.now()
        async with self.database.transaction() as tx:
            await tx.sql.execute(_SNAPSHOT)
            read = await _read(tx.sql, now)
        # Tens of thousands of nodes take a while to write down.
        editions = await asyncio.to_thread(self._editions, read, now)
        return await self.database.run(lambda tx: self._write(tx, editions, now))

    def jobs(self) -> tuple[Job, ...]:
        """Return what publishes."""
        return (Job(name="directory-publish", interval_s=self.interval_s, work=self.publish),)

    def _editions(self, read: _Read, now: datetime) -> list[_Edition]:
        return [self._edition(region, read, now) for region in Region]

    def _edition(self, region: Region, read: _Read, now: datetime) -> _Edition:
        before = read.heads.get(region, _Head(whole_at=now))
        put = entries.by_id(row for row in read.changed if row["region"] == region)
        missing = [row["id"] for row in read.changed if row["region"] == region]
        missing += [row["id"] for row in read.gone if row["region"] == region]
        gone = frozenset(missing) - put.keys()
        is_new = not before.version or bool(put or gone)
        empty = Catalogue(
            region=region,
            version=before.version + is_new,
            issued_s=int(now.timestamp()),
            expires_s=int((now + LIFE).timestamp()),
            entries={},
        )
        bodies = {}
        if is_new and before.version:
            delta = attrs.evolve(empty, since=before.version, entries=put, gone=gone)
            bodies[before.version] = self._signed(delta)
        if region in read.wholes:
            bodies[0] = self._signed(
                attrs.evolve(empty, entries=entries.by_id(read.wholes[region]))
            )
        head = _Head(
            version=empty.version,
            whole_version=empty.version if region in read.wholes else before.whole_version,
            whole_at=now if region in read.wholes else before.whole_at,
            position=read.horizon,
        )
        return _Edition(region=region, before=before.version, head=head, bodies=bodies)

    def _signed(self, catalogue: Catalogue) -> bytes:
        signer = self.keys.signer(Use.DIRECTORY)
        return catalogue.sign(signer.kid, signer.key)

    async def _write(self, tx: Tx, editions: Sequence[_Edition], now: datetime) -> int:
        news = 0
        for each in editions:
            head = each.head
            columns = (head.version, head.whole_version, head.whole_at, head.position)
            if not await tx.sql.fetchval(_ADVANCE, each.region, *columns, each.before):
                continue
            for since, body in each.bodies.items():
                await tx.sql.execute(_WRITE, each.region, head.version, since, body, now)
            if head.version > each.before:
                news += 1
                told = msgspec.json.encode(_News(region=each.region, version=head.version))
                await self.bus.publish(tx, Event(topic=EVERYBODY, kind="directory", body=told))
        await tx.sql.execute(_CLEAN, now - _KEPT)
        await tx.sql.execute(_FORGET)
        return news


async def _read(sql: Connection, now: datetime) -> _Read:
    horizon = await sql.fetchval(_HORIZON)
    heads = {
        Region(row["region"]): _Head(
            version=row["version"],
            whole_version=row["whole_version"],
            whole_at=row["whole_at"],
            position=row["position"],
        )
        for row in await sql.fetch(_HEADS)
    }
    since = min((head.position for head in heads.values()), default=horizon)
    return _Read(
        horizon=horizon,
        heads=heads,
        changed=await sql.fetch(_CHANGED, since),
        gone=await sql.fetch(_GONE, since),
        wholes={each: await sql.fetch(_WHOLE, each) for each in _due(heads, now)},
    )


def _due(heads: Mapping[Region, _Head], now: datetime) -> list[Region]:
    """Return which regions need a whole file: all that have none, and the oldest other. Pure."""
    missing = [region for region in Region if region not in heads]
    old = [region for region, head in heads.items() if head.whole_at <= now - WHOLE_AGE]
    return missing + sorted(old, key=lambda region: heads[region].whole_at)[:1]

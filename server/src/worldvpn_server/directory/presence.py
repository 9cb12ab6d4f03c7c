"""Which nodes live: beats in memory, written together, and who falls silent is marked.

Only silence that somebody could have heard counts: after a start, or while the database was away,
nobody is held to be dead before a whole period has passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.directory.values import OFFLINE_S, STALE_S, Status
from worldvpn_server.errors import UnavailableError
from worldvpn_server.operations.jobs import Job

FLUSH_S: Final = 10.0
_SWEEP_S: Final = 5.0

#: Nearly all that beat are there already, and their nodes need not be looked at. Returned are
#: the others: offline, or never heard.
_HEARD: Final = """
WITH beat AS (
    SELECT node, seen_at, connections
    FROM unnest($1::uuid[], $2::timestamptz[], $3::integer[]) AS b(node, seen_at, connections)
), heard AS (
    UPDATE presence p
    SET seen_at = greatest(p.seen_at, beat.seen_at), connections = beat.connections
    FROM beat WHERE p.node = beat.node RETURNING p.node
)
SELECT node, seen_at, connections FROM beat
WHERE NOT EXISTS (SELECT FROM heard WHERE heard.node = beat.node)
"""

_UNSTALE: Final = f"""
UPDATE node SET status = {Status.ONLINE:d}
WHERE status = {Status.STALE:d} AND id = ANY($1::uuid[])
"""  # noqa: S608 - our own numbers only

#: A beat from before a node said goodbye does not bring it back.
_BACK: Final = f"""
WITH back AS (
    SELECT beat.*
    FROM unnest($1::uuid[], $2::timestamptz[], $3::integer[]) AS beat(node, seen_at, connections)
    JOIN node n ON n.id = beat.node
    WHERE n.left_at IS NULL OR n.left_at <= beat.seen_at
), revived AS (
    UPDATE node SET status = {Status.ONLINE:d}, left_at = NULL
    WHERE status = {Status.OFFLINE:d} AND id IN (SELECT node FROM back)
)
INSERT INTO presence AS p SELECT node, seen_at, connections FROM back
ON CONFLICT (node) DO UPDATE SET seen_at = greatest(p.seen_at, excluded.seen_at)
"""  # noqa: S608 - our own numbers only

_STALE: Final = f"""
UPDATE node n SET status = {Status.STALE:d} FROM presence p
WHERE p.node = n.id AND p.seen_at <= $1 AND p.seen_at > $2 AND n.status = {Status.ONLINE:d}
RETURNING n.id
"""  # noqa: S608 - our own numbers only

#: What is draining and goes silent is gone as well.
_OFFLINE: Final = f"""
WITH silent AS (DELETE FROM presence WHERE seen_at <= $1 RETURNING node)
UPDATE node n SET status = {Status.OFFLINE:d} FROM silent
WHERE silent.node = n.id AND n.status <> {Status.OFFLINE:d}
RETURNING n.id
"""  # noqa: S608 - our own numbers only


@attrs.frozen
class _Beat:
    at: datetime
    connections: int


@attrs.define(eq=False)
class MemoryPresence:
    """Implements ``seams.Presence``: one a process."""

    _database: Database
    _clock: Clock
    _beats: dict[UUID, _Beat] = attrs.field(factory=dict, init=False)
    _seen: dict[UUID, datetime] = attrs.field(factory=dict, init=False)
    #: Since when beats have been arriving without a gap of ours.
    _listening_since: datetime = attrs.field(init=False)
    _was_away: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._listening_since = self._clock.now()

    def beat(self, node: UUID, connections: int) -> None:
        now = self._clock.now()
        self._beats[node] = _Beat(now, connections)
        self._seen[node] = now

    def forget(self, node: UUID) -> None:
        """Drop what was heard of a node that left."""
        self._beats.pop(node, None)
        self._seen.pop(node, None)

    def seen_at(self, node: UUID) -> datetime | None:
        return self._seen.get(node)

    async def flush(self) -> int:
        taken, self._beats = self._beats, {}
        try:
            written = await self._database.run(lambda tx: self._write(tx, taken)) if taken else 0
        except BaseException as error:
            self._beats = taken | self._beats
            self._was_away |= isinstance(error, UnavailableError)
            raise
        if self._was_away:
            self._listening_since, self._was_away = self._clock.now(), False
        return written

    async def sweep(self) -> Sequence[UUID]:
        await self.flush()  # what is in memory only was heard all the same
        now = self._clock.now()
        stale, offline = now - timedelta(seconds=STALE_S), now - timedelta(seconds=OFFLINE_S)
        if self._listening_since > stale:
            return ()
        async with self._database.transaction() as tx:
            gone = await tx.sql.fetch(_OFFLINE, offline)
            silent = await tx.sql.fetch(_STALE, stale, offline)
        self._seen = {node: at for node, at in self._seen.items() if at > offline}
        return [row["id"] for row in (*gone, *silent)]

    def jobs(self) -> tuple[Job, ...]:
        """Return what writes beats and looks for silence."""
        return (
            Job(name="presence-flush", interval_s=FLUSH_S, work=self.flush, alone=False),
            Job(name="presence-sweep", interval_s=_SWEEP_S, work=self.sweep),
        )

    async def _write(self, tx: Tx, beats: Mapping[UUID, _Beat]) -> int:
        nodes = list(beats)
        missing = await tx.sql.fetch(
            _HEARD,
            nodes,
            [each.at for each in beats.values()],
            [each.connections for each in beats.values()],
        )
        await tx.sql.execute(_UNSTALE, nodes)
        if missing:
            columns = ("node", "seen_at", "connections")
            await tx.sql.execute(_BACK, *([row[name] for row in missing] for name in columns))
        return len(nodes)

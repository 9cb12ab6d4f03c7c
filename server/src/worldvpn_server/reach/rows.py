"""What the prober reads and writes of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Final
from uuid import UUID

import asyncpg

from worldvpn_server.database.pool import Tx
from worldvpn_server.http.source import Address
from worldvpn_server.reach.values import PUNCHED, Place, Reason, Subject, Verdict

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

#: When to look again at a node that was reached, and at one that was not.
_AGAIN: Final = timedelta(hours=6)
_AGAIN_SOON: Final = timedelta(hours=1)

_NODE: Final = """
SELECT id, account, device, x25519, inner4, inner6 FROM node WHERE id = $1 AND device IS NOT NULL
"""
_PLACES: Final = """
SELECT host, port, carrier, proven_at FROM node_endpoint WHERE node = $1
ORDER BY host, port, carrier
"""
_OWNED: Final = "SELECT true FROM node WHERE id = $1 AND account = $2 AND device = $3"
_PROVE: Final = "UPDATE node_endpoint SET proven_at = $3 WHERE node = $1 AND host = $2"
_LOCK: Final = "SELECT x25519 FROM node WHERE id = $1 FOR UPDATE"
#: Whoever answered there returned our nonce from there: that proves the address, too.
_REACHED: Final = """
UPDATE node_endpoint e SET (reached_at, proven_at) = (
    SELECT CASE WHEN count(*) > 0 THEN $5::timestamptz END,
        CASE WHEN count(*) > 0 THEN $5::timestamptz ELSE e.proven_at END
    FROM unnest($2::inet[], $3::integer[], $4::text[]) AS found(host, port, carrier)
    WHERE (found.host, found.port, found.carrier) = (e.host, e.port, e.carrier)
)
WHERE node = $1 RETURNING reached_at IS NOT NULL AS reached
"""
_NO_HOLE: Final = f"DELETE FROM node_endpoint WHERE node = $1 AND carrier = '{PUNCHED}'"  # noqa: S608 - our own word
_HOLE: Final = f"""
INSERT INTO node_endpoint (node, host, port, carrier, proven_at)
VALUES ($1, $2, $3, '{PUNCHED}', $4)
"""  # noqa: S608 - our own word
_WRITE: Final = """
UPDATE node SET listed = $2, reach_reason = $3,
    reached_at = CASE WHEN $2 THEN $4 ELSE reached_at END
WHERE id = $1 RETURNING listed, reach_reason
"""
_DUE: Final = """
INSERT INTO reach_due (node, due_at) VALUES ($1, $2)
ON CONFLICT (node) DO UPDATE SET due_at = excluded.due_at
"""
#: In any order, so that nodes which have to wait for their neighbours hold up nobody else.
_WAITING: Final = """
(SELECT id FROM node WHERE reach_reason = 'not-checked' AND device IS NOT NULL AND status = 1
 ORDER BY random() LIMIT $2)
UNION
(SELECT d.node FROM reach_due d JOIN node n ON n.id = d.node
 WHERE d.due_at <= $1 AND n.status = 1 ORDER BY d.due_at LIMIT $2)
LIMIT $2
"""


def place_of(row: asyncpg.Record) -> Place:
    """Return an endpoint; ``allowed`` is for ``rules`` to decide."""
    return Place(host=row["host"], port=row["port"], carrier=row["carrier"])


async def node_of(sql: Connection, node: UUID) -> asyncpg.Record | None:
    """Return a node that a device runs; None: there is none."""
    return await sql.fetchrow(_NODE, node)


async def places_of(sql: Connection, node: UUID) -> Sequence[asyncpg.Record]:
    """Return a node's endpoints, with when they were proven."""
    return await sql.fetch(_PLACES, node)


def subject_of(row: asyncpg.Record, places: Sequence[Place]) -> Subject:
    """Return a node to be checked."""
    return Subject(
        node=row["id"],
        account=row["account"],
        device=row["device"],
        x25519=row["x25519"],
        inner4=IPv4Network(row["inner4"]),
        inner6=IPv6Network(row["inner6"]),
        places=tuple(places),
    )


async def is_owned(sql: Connection, node: UUID, account: UUID, device: UUID | None) -> bool:
    """Return whether ``node`` runs on that very device."""
    return bool(await sql.fetchval(_OWNED, node, account, device))


async def prove(sql: Connection, node: UUID, address: Address, now: datetime) -> bool:
    """Take note that ``node`` spoke from ``address``; False: it has no endpoint there."""
    return await sql.execute(_PROVE, node, address, now) != "UPDATE 0"


async def write(
    tx: Tx, subject: Subject, reason: Reason, reached: Sequence[Place], now: datetime
) -> Verdict | None:
    """Write what was found; None: the node was changed meanwhile, and what was found is of before.

    At most eight nodes of a network are listed: the database says so in the reason.
    """
    if await tx.sql.fetchval(_LOCK, subject.node) != subject.x25519:
        return None
    columns = (
        [each.host for each in reached],
        [each.port for each in reached],
        [each.carrier for each in reached],
    )
    # The hole of before goes; one that was not reached is nobody's way.
    await tx.sql.execute(_NO_HOLE, subject.node)
    for hole in (each for each in reached if each.carrier == PUNCHED):
        await tx.sql.execute(_HOLE, subject.node, hole.host, hole.port, now)
    rows = await tx.sql.fetch(_REACHED, subject.node, *columns, now)
    if reached and not any(row["reached"] for row in rows):
        return None
    row = await tx.sql.fetchrow(_WRITE, subject.node, bool(reached), reason.value, now)
    if row is None:
        return None
    await tx.sql.execute(_DUE, subject.node, now + (_AGAIN if reached else _AGAIN_SOON))
    return Verdict(reason=row["reach_reason"], listed=row["listed"], reached=tuple(reached))


async def put_off(sql: Connection, node: UUID, due_at: datetime) -> None:
    """Look at ``node`` again, but not before then."""
    await sql.execute(_DUE, node, due_at)


async def waiting(sql: Connection, now: datetime, limit: int) -> Sequence[UUID]:
    """Return nodes that are to be checked now."""
    return [row["id"] for row in await sql.fetch(_WAITING, now, limit)]

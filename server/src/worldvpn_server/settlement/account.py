"""What an account may read of its own sessions: the words that arrived, and what is settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.database.pool import Connection
from worldvpn_server.sessions.values import State
from worldvpn_server.settlement.figures import Said
from worldvpn_server.settlement.rows import word

_COLUMNS: Final = """
SELECT s.id, s.payer = $1 AS is_guest, s.state, s.settled_bytes, s.expires_at,
    s.node_up, s.node_down, s.node_elapsed_ms, s.guest_up, s.guest_down, s.guest_elapsed_ms,
    s.final_up IS NOT NULL AS final,
    greatest(s.cap_bytes, (SELECT max(t.cap_bytes) FROM ticket AS t WHERE t.session = s.id))
        AS granted_bytes
FROM session AS s WHERE s.state > 1
    AND s.created_at <= coalesce((SELECT created_at FROM session WHERE id = $2), 'infinity')
    AND ($2::uuid IS NULL OR s.id < $2)
"""
#: Each half by its own index.
_OWN: Final = f"""
({_COLUMNS} AND s.payer = $1 ORDER BY s.created_at DESC, s.id DESC LIMIT $3)
UNION ALL
({_COLUMNS} AND s.owner = $1 ORDER BY s.created_at DESC, s.id DESC LIMIT $3)
ORDER BY id DESC LIMIT $3
"""


@attrs.frozen(kw_only=True)
class Statement:
    """One session as either of its accounts may know it."""

    session: UUID
    is_guest: bool
    said: Said
    granted_bytes: int
    settled_bytes: int
    is_settled: bool
    expires_at: datetime


async def statements(
    sql: Connection, account: UUID, *, before: UUID | None, limit: int
) -> Sequence[Statement]:
    """Return at most ``limit`` sessions of ``account``, newest first, older than ``before``."""
    return tuple(
        Statement(
            session=row["id"],
            is_guest=row["is_guest"],
            said=Said(node=word(row, "node"), guest=word(row, "guest"), final=row["final"]),
            granted_bytes=row["granted_bytes"],
            settled_bytes=row["settled_bytes"],
            is_settled=row["state"] == State.SETTLED,
            expires_at=row["expires_at"],
        )
        for row in await sql.fetch(_OWN, account, before, limit)
    )

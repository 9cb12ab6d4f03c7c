"""Sessions as rows, for what is shown of them: nothing of how they came to be matters here."""

from __future__ import annotations

import itertools
import secrets
from datetime import datetime
from uuid import UUID

from worldvpn_server.database.pool import Database
from worldvpn_server.ids import new_id

_INSERT = """
INSERT INTO session (
    id, payer, owner, node, state, protocol, guest_x25519, assigned4, assigned6, client_country,
    counted, independent, salt, price_ticks, cap_bytes, settled_bytes, rate_bps, node_up,
    node_down, created_at, opened_at, expires_at, ended_at
) VALUES (
    $1, $2, $3, $4, $5, 'WireGuard', $6,
    '10.0.0.1'::inet + $7::bigint, 'fd00::1'::inet + $7::bigint, $8, true, true, $9, 5, $10, $10,
    1000000, $10, 0, $11, $11, $11::timestamptz + interval '1 hour', $12
)
"""


#: No two sessions have an address in common.
_addresses = itertools.count()


async def session(  # noqa: PLR0913 - a session has that many sides
    database: Database,
    *,
    owner: UUID,
    node: UUID,
    began: datetime,
    payer: UUID | None = None,
    country: str = "FR",
    carried_bytes: int = 0,
    ended: datetime | None = None,
    state: int = 2,
) -> UUID:
    """Write a session that was opened at ``began``; return its id."""
    made = new_id()
    async with database.read() as sql:
        await sql.execute(
            _INSERT,
            made,
            payer or new_id(),
            owner,
            node,
            state,
            secrets.token_bytes(32),
            next(_addresses),
            country,
            secrets.token_bytes(32),
            carried_bytes,
            began,
            ended,
        )
    return made

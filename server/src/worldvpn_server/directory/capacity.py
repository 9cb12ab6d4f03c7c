"""Guests counted both ways, under the node's row lock: never one more than it has room for."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from worldvpn_server.database.pool import Tx

_RESERVE: Final = """
UPDATE node SET guests = guests + 1
WHERE id = $1 AND status = 1 AND guests < node_room(most_guests, settled_sessions)
RETURNING guests
"""

_FREE: Final = "UPDATE node SET guests = guests - 1 WHERE id = $1 AND guests > 0 RETURNING guests"


async def reserve(tx: Tx, node: UUID) -> bool:
    """Count one guest more; False: the node is full, away or gone.

    The row stays locked until ``tx`` ends: keep it short.
    """
    return await tx.sql.fetchval(_RESERVE, node) is not None


async def free(tx: Tx, node: UUID) -> bool:
    """Count one guest less; False: it had none, or is gone."""
    return await tx.sql.fetchval(_FREE, node) is not None

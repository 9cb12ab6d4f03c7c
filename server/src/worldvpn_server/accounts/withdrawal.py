"""What goes with a device or an account: its sessions end, its nodes take no more guests."""

from __future__ import annotations

from typing import Final, Protocol
from uuid import UUID

import attrs

from worldvpn_server.database.pool import Tx
from worldvpn_server.directory.values import Status

_NODES: Final = """
SELECT id FROM node WHERE account = $1 AND ($2::uuid IS NULL OR device = $2) FOR NO KEY UPDATE
"""


class SessionEnder(Protocol):
    """Ends sessions; ``sessions`` has it."""

    async def end_device(self, device: UUID, reason: str) -> int:
        """End what a device uses and what its node serves; return how many sessions."""

    async def end_account(self, account: UUID, reason: str) -> int:
        """End what an account uses and serves; return how many sessions."""


class NodeMarker(Protocol):
    """Takes nodes out of the directory; ``directory`` has it."""

    async def mark(self, tx: Tx, node: UUID, status: Status) -> bool:
        """Set a node's status; False: it had it."""


@attrs.frozen(kw_only=True)
class Withdrawal:
    """Takes back what others see of an account."""

    sessions: SessionEnder
    nodes: NodeMarker

    async def withdraw(self, tx: Tx, account: UUID, device: UUID | None = None) -> None:
        """Take the nodes of ``account`` offline; ``device``: only that device's."""
        for row in await tx.sql.fetch(_NODES, account, device):
            await self.nodes.mark(tx, row["id"], Status.OFFLINE)

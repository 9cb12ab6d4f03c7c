"""What sessions need of other areas, and no more of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

import attrs

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database
from worldvpn_server.keys.ring import Signer, Use
from worldvpn_server.seams import Bus, DirectoryStore, Ledger
from worldvpn_server.settlement.figures import Word


class Signers(Protocol):
    """Keys that sign; ``keys.ring`` has them."""

    def signer(self, use: Use) -> Signer:
        """Return the key of ``use``."""


class Settler(Protocol):
    """Settles what a session carried; ``settlement`` has it."""

    async def finish(self, session: UUID, final_receipt: bytes | None) -> None:
        """Settle what is known, and free the rest if the client's last word is known.

        Raises:
            InvalidError: ``final_receipt`` is none of that session's client.
        """

    async def finish_node(self, session: UUID, final_receipt: bytes | None) -> None:
        """Keep no more of a hold than the node has claimed; None: it has carried nothing.

        Raises:
            InvalidError: ``final_receipt`` is none of that session's node.
        """

    async def charge_compat(self, session: UUID, word: Word, *, final: bool = False) -> int:
        """Charge a prepaid session by its node's figure; ``final`` frees the rest."""


@attrs.frozen(kw_only=True)
class Parts:
    """All of them, of one process."""

    database: Database
    clock: Clock
    bus: Bus
    ledger: Ledger
    directory: DirectoryStore
    keys: Signers
    settler: Settler
    #: Whom a guest calls that comes by a hole, as parameters of that carrier.
    punch: Mapping[str, str] = attrs.field(factory=dict)

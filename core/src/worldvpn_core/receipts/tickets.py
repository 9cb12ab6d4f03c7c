"""Tickets, kept beside the receipts that name them: without its ticket a receipt proves nothing.

They are for others to check. Nothing that is carried or paid waits for them, so a disk that
refuses one is told to the log alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from worldvpn_core.credit.ticket import TICKET_BYTES, Ticket, read_ticket
from worldvpn_core.errors import CreditProofError, ReceiptsError
from worldvpn_core.receipts.entry import LATENESS_S
from worldvpn_core.receipts.log import SealedLog

NAME: Final = "tickets"
RECORD_BYTES: Final = TICKET_BYTES
#: Four for each session of a full book.
MOST_TICKETS: Final = 65_536
#: The file is written anew when it has so many records more than twice those in use.
SLACK: Final = 1_024

_log = logging.getLogger(__name__)


class Tickets:
    """Signed tickets by session, in the order of their coming; ``now_s`` is Unix time."""

    def __init__(self, log: SealedLog, now_s: Callable[[], float]) -> None:
        self._log = log
        self._now_s = now_s
        self._kept: dict[bytes, Ticket] = {}
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Read what is on disk.

        Raises:
            ReceiptsError: the disk does not do its part.
        """
        self._kept = await asyncio.to_thread(self._read)

    def of(self, session: UUID) -> tuple[bytes, ...]:
        """Return the tickets of ``session``, oldest first."""
        return tuple(signed for signed, each in self._kept.items() if each.session == session)

    def by_session(self) -> dict[UUID, tuple[bytes, ...]]:
        """Return all tickets, of each session the oldest first."""
        found: dict[UUID, list[bytes]] = {}
        for signed, each in self._kept.items():
            found.setdefault(each.session, []).append(signed)
        return {session: tuple(signed) for session, signed in found.items()}

    async def keep(self, signed: bytes) -> None:
        """Keep a ticket that was believed already; on disk on return, if the disk takes it."""
        async with self._turn:
            if signed in self._kept:
                return
            try:
                ticket = read_ticket(signed)
                self._make_room()
                kept = {**self._kept, signed: ticket}
                await asyncio.to_thread(self._to_disk, tuple(kept), signed)
            except (CreditProofError, ReceiptsError) as error:
                _log.warning("a ticket is not kept: %s", error)
                return
            self._kept = kept

    def _read(self) -> dict[bytes, Ticket]:
        kept = {}
        for record in self._log.read():
            try:
                kept[record] = read_ticket(record)
            except CreditProofError as error:
                _log.warning("%s", error)
        self._kept = kept
        self._prune()
        self._log.rewrite(tuple(self._kept))
        return self._kept

    def _make_room(self) -> None:
        if len(self._kept) >= MOST_TICKETS:
            self._prune()
        if len(self._kept) >= MOST_TICKETS:
            raise ReceiptsError(f"{MOST_TICKETS:,} tickets are kept already")

    def _prune(self) -> None:
        now_s = self._now_s()
        last_s: dict[UUID, int] = {}
        for each in self._kept.values():
            last_s[each.session] = max(each.not_after_s, last_s.get(each.session, 0))
        # All of a session or none: each ticket names the one before.
        self._kept = {
            signed: each
            for signed, each in self._kept.items()
            if now_s < last_s[each.session] + LATENESS_S
        }

    def _to_disk(self, kept: tuple[bytes, ...], fresh: bytes) -> None:
        if self._log.length + 1 > 2 * len(kept) + SLACK or not self._log.is_sound:
            self._log.rewrite(kept)
        else:
            self._log.append([fresh])

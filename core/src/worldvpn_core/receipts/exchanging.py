"""Wires the receipts of this host's own sessions: who counts, who keeps, who has the last word."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final, Protocol

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.central.broker import Broker
from worldvpn_core.central.link import CentralLink
from worldvpn_core.contracts import Meters
from worldvpn_core.credit.receipt import Role
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.receipts.book import Book
from worldvpn_core.receipts.desk import ReceiptsDesk
from worldvpn_core.receipts.guest_side import AroundGuests, GuestSide
from worldvpn_core.receipts.keeper import ReceiptsKeeper
from worldvpn_core.share.tickets import believed, trusted
from worldvpn_core.vault.folder import DiskFolder

#: So long after its ticket's end a session of which nothing was said holds credits.
UNSAID_S: Final = 86_400


class Surroundings(Protocol):
    """What of the daemon this needs."""

    @property
    def agent(self) -> AgentLink:
        """Who reads what nodes send."""

    @property
    def meters(self) -> Meters | None:
        """What counts; None: nothing does."""

    @property
    def state_dir(self) -> Path:
        """Where the book lies."""


def exchanging(
    link: CentralLink, broker: Broker, desk: ReceiptsDesk, around: Surroundings
) -> ReceiptsKeeper | None:
    """Let ``broker`` exchange receipts; return who keeps them. None: nothing counts here."""
    if around.meters is None:
        return None

    def ticket(signed: bytes) -> Ticket:
        now_s = time.time()
        keys = trusted(link.kept("manifest"), link.root_key, 0, now_s)
        found = believed(signed, keys, now_s)
        keeper.believed(signed)
        return found

    def opened(book: Book) -> None:
        side.opened()
        # Nobody else has the keys of sessions that a crash has left: their last word is said.
        for entry in book.of(Role.GUEST):
            kept_s = UNSAID_S if entry.is_blank else 0
            if entry.ends_s + kept_s > time.time() and not broker.has(str(entry.session)):
                broker.endings.end(str(entry.session), entry.signed)

    keeper = ReceiptsKeeper(DiskFolder(around.state_dir), link, desk)
    side = GuestSide(
        AroundGuests(
            meter=around.meters.tunnels,
            agent=around.agent,
            book=lambda: keeper.book,
            believed=ticket,
            word=broker.endings.end,
            stopped=broker.drained,
        )
    )
    keeper.listeners.append(opened)
    broker.receipts = broker.endings.words = side
    return keeper

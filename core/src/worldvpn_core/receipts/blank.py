"""A guest's word that nothing was carried, laid by as a session begins.

A daemon that is killed before a session's first claim has no key any more to say anything with.
The first receipt takes the word's place in the book, so of one number only one is ever shown.
"""

from __future__ import annotations

import logging
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.credit.exchange import Kept
from worldvpn_core.credit.receipt import Receipt, Role
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.errors import ReceiptsError
from worldvpn_core.receipts.book import Book
from worldvpn_core.receipts.entry import Entry

_log = logging.getLogger(__name__)


def blank(session: UUID, ticket: Ticket, key: Ed25519PrivateKey) -> Entry:
    """Return the word, signed with the guest's ``key`` of the session. Pure."""
    own = Receipt(
        role=Role.GUEST,
        ticket=ticket.hash(),
        sequence=1,
        up_bytes=0,
        down_bytes=0,
        elapsed_ms=0,
    )
    return Entry(
        session=session,
        role=Role.GUEST,
        kept=Kept(own=own),
        signed=own.sign(key),
        ends_s=ticket.not_after_s,
    )


async def lay_by(book: Book, word: Entry) -> None:
    """Keep ``word`` in ``book`` where nothing else of its session is kept."""
    try:
        await book.keep(word)
    except ReceiptsError as error:
        _log.info("nothing is laid by for a session: %s", error)


def going_on(entry: Entry | None) -> tuple[Kept | None, bytes | None]:
    """Return what an end goes on from, and its last receipt, signed. Pure."""
    if entry is None or entry.is_blank:
        return None, None
    return entry.kept, entry.signed

"""What the server would pay for a session: its own function over every receipt ever signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.core.credit.ends import TICKET, Pair, Side
from worldvpn_core.credit.receipt import Role, open_receipt
from worldvpn_server.settlement.figures import ABSENCE, Said, Terms, Word, billable_bytes

BEGUN = datetime(2030, 1, 1, tzinfo=UTC)
TERMS = Terms(
    cap_bytes=TICKET.cap_bytes,
    rate_bps=2**50,
    opened_at=BEGUN,
    expires_at=BEGUN + timedelta(days=30),
)


def word(side: Side, role: Role) -> Word | None:
    """Return what the server knows once it has every receipt of ``side``, as its intake does."""
    public = side.key.public_key().public_bytes_raw()
    found: Word | None = None
    for signed in side.signed:
        receipt = open_receipt(signed, public)
        if receipt.role is role and receipt.ticket == TICKET.hash():
            figures = (receipt.up_bytes, receipt.down_bytes, receipt.elapsed_ms)
            found = Word.of(*figures).joined(found)
    return found


def paid_bytes(pair: Pair, *, is_past: bool) -> int:
    """Return what is paid for a session; ``is_past``: nobody is waited for any longer."""
    said = Said(node=word(pair.node, Role.NODE), guest=word(pair.guest, Role.GUEST))
    return billable_bytes(TERMS, said, TERMS.expires_at + (ABSENCE if is_past else timedelta()))

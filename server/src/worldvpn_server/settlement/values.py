"""Values of settling: where a session stands, and what one submitted receipt came to."""

from __future__ import annotations

import enum
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.ledger.values import Held
from worldvpn_server.sessions.values import State
from worldvpn_server.settlement.figures import Said, Terms

#: More receipts than this are refused in one batch.
MOST_RECEIPTS: Final = 256
#: Receipts kept of a session as evidence; the figures of further ones still count.
MOST_KEPT: Final = 10_000


_UNSAID: Final = Said()


class Outcome(enum.StrEnum):
    """What became of a receipt. Whatever it is, sending it again changes nothing."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    #: Another one with the same number is there already; its figures count, both are kept.
    EQUIVOCATION = "equivocation"
    MALFORMED = "malformed"
    UNKNOWN_TICKET = "unknown-ticket"
    BAD_SIGNATURE = "bad-signature"
    EXPIRED = "expired"


@attrs.frozen(kw_only=True)
class Standing:
    """A session's row, locked: ``held`` covers exactly the bytes from settled to the cap."""

    id: UUID
    payer: UUID
    payer_device: UUID | None
    owner: UUID
    node: UUID
    state: State
    salt: bytes = attrs.field(repr=False)
    price_ticks: int
    cap_bytes: int
    settled_bytes: int
    held: Held
    subsidised_bytes: int
    subsidy_paid_bytes: int
    settlements: int
    receipts: int
    node_equivocations: int
    terms: Terms
    said: Said


@attrs.frozen(kw_only=True)
class News:
    """What was learned of one session."""

    said: Said = _UNSAID
    receipts: int = 0
    equivocations: int = 0
    node_equivocations: int = 0

"""What the exchange of receipts is made of at both ends: events, actions, and what is kept.

The guest opens one stream to the node's address inside the tunnel. The node claims what it has
carried, the guest answers with what it has counted of that, one claim at a time. ``node_end`` and
``guest_end`` are pure: events in, actions out. Figures are cumulative over the session and of 64
bits, times are milliseconds of a monotonic clock. docs/receipts.md has the whole.
"""

from __future__ import annotations

from typing import Final

import attrs

from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import Reason
from worldvpn_core.credit.lengths import NO_HASH
from worldvpn_core.credit.receipt import Receipt, Role, open_receipt
from worldvpn_core.errors import CreditProofError

#: Counts that differ by more are a dispute: 5 % and 1 MiB.
_TOLERATED_SHARE: Final = 20
_TOLERATED_BYTES: Final = 1_048_576
MOST_UINT64: Final = 2**64 - 1


@attrs.frozen(kw_only=True)
class Kept:
    """What one end has on disk of a session: with it, it goes on wherever it was stopped.

    ``own`` is its last receipt, ``other`` the last signed one of the other end that it has acted
    on. ``counted`` is its own count by then. ``answered_bytes`` (the node's) is how much it had
    claimed, both ways, in the last claim that was answered.
    """

    own: Receipt | None = None
    other: bytes | None = None
    counted: Figures = attrs.field(factory=Figures)
    answered_bytes: int = 0


@attrs.frozen(kw_only=True)
class Event:
    """Something happened at ``now_ms``."""

    now_ms: int


@attrs.frozen(kw_only=True)
class Opened(Event):
    """The guest's stream is there; one that was there before is gone."""


@attrs.frozen(kw_only=True)
class Closed(Event):
    """It is gone."""


@attrs.frozen(kw_only=True)
class Received(Event):
    """The other end sent ``data``."""

    data: bytes


@attrs.frozen(kw_only=True)
class Counted(Event):
    """This end's own count, read after the last event. Every second, and upon ``Count``."""

    figures: Figures


@attrs.frozen(kw_only=True)
class Stored(Event):
    """What ``Keep`` asked for is on disk. ``signed`` is its own receipt, signed."""

    signed: bytes


@attrs.frozen(kw_only=True)
class NotStored(Event):
    """It is not: nothing of it was signed."""


@attrs.frozen(kw_only=True)
class Finish(Event):
    """This end wants no more."""


@attrs.frozen
class Send:
    """Send ``data`` to the other end."""

    data: bytes


@attrs.frozen
class Hang:
    """Close the stream: the other end broke the protocol, or all is said."""


@attrs.frozen
class Keep:
    """Write ``kept``; once it is durable sign ``kept.own``, and post ``Stored``.

    In this order: of two receipts with one number, one was then never signed, whatever crashed.
    """

    kept: Kept


@attrs.frozen
class Count:
    """Read the counters now, and post ``Counted``."""


@attrs.frozen
class Allow:
    """Carry ``total_bytes`` for this guest in all, both ways, and not a packet more."""

    total_bytes: int


@attrs.frozen
class Stop:
    """No more is carried: the node's end drains the guest, the guest's end leaves."""

    reason: Reason


@attrs.frozen
class LastWord:
    """The guest's last word, to be given to the central server with the session's end.

    None: it has lost what it had signed before, and signs nothing more.
    """

    signed: bytes | None


Action = Send | Hang | Keep | Count | Allow | Stop | LastWord


class BrokenError(Exception):
    """The other end broke the protocol; nothing it wrote is quoted."""


def counts_differ(claimed_bytes: int, counted_bytes: int) -> bool:
    """Return whether the counts of both ends are further apart than honest loss brings them."""
    most = max(claimed_bytes, counted_bytes)
    return abs(claimed_bytes - counted_bytes) > most // _TOLERATED_SHARE + _TOLERATED_BYTES


def opened(signed: bytes, role: Role, public_key: bytes) -> Receipt:
    """Return the receipt in ``signed``, of ``role``. Raises BrokenError."""
    try:
        receipt = open_receipt(signed, public_key)
    except CreditProofError:
        raise BrokenError("a receipt is malformed or not signed as it must be") from None
    if receipt.role is not role:
        raise BrokenError("a receipt is of the other end")
    return receipt


def follows(receipt: Receipt, former: Receipt | None) -> bool:
    """Return whether ``receipt`` is the next of its end's after ``former``, and no step back."""
    if former is None:
        return receipt.sequence == 1 and receipt.previous == NO_HASH
    return (
        receipt.sequence == former.sequence + 1
        and receipt.previous == former.hash()
        and receipt.up_bytes >= former.up_bytes
        and receipt.down_bytes >= former.down_bytes
        and receipt.elapsed_ms >= former.elapsed_ms
    )


def successor(
    former: Receipt | None, role: Role, ticket: bytes, figures: Figures, elapsed_ms: int
) -> Receipt:
    """Return the receipt that comes after ``former``; its figures never go back."""
    figures = figures.highest(Figures.of(former))
    return Receipt(
        role=role,
        ticket=ticket,
        sequence=1 if former is None else former.sequence + 1,
        up_bytes=figures.up_bytes,
        down_bytes=figures.down_bytes,
        elapsed_ms=min(MOST_UINT64, max(elapsed_ms, 0 if former is None else former.elapsed_ms)),
        previous=NO_HASH if former is None else former.hash(),
    )

"""How many bytes of a session are due: a pure function of what each end signed, and when.

Every number here only grows with what is learned, and what is learned is joined by maxima.
So it makes no difference in which order receipts come, how often, or how late they are.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Self

import attrs

#: After its ticket's end a session waits this long for the end that has not spoken.
ABSENCE: Final = timedelta(hours=24)
#: After its ticket's end a session still takes receipts this long.
LATENESS: Final = timedelta(days=7)
#: No figure is larger: what claims more is a lie, and stays within the database's integers.
MOST: Final = 2**62 - 1
#: Counts of the two ends that differ by more are a dispute: 5 % and 1 MiB.
_TOLERATED_SHARE: Final = 20
_TOLERATED_BYTES: Final = 1_048_576
_BITS_MS: Final = 8_000


@attrs.frozen(kw_only=True)
class Word:
    """What one end has signed for so far: the highest figure of each kind, each on its own."""

    up_bytes: int
    down_bytes: int
    elapsed_ms: int

    @classmethod
    def of(cls, up_bytes: int, down_bytes: int, elapsed_ms: int) -> Self:
        """Return a word with figures of any size, those beyond ``MOST`` cut."""
        return cls(
            up_bytes=min(up_bytes, MOST),
            down_bytes=min(down_bytes, MOST),
            elapsed_ms=min(elapsed_ms, MOST),
        )

    @property
    def total_bytes(self) -> int:
        """Both directions."""
        return self.up_bytes + self.down_bytes

    def joined(self, other: Word | None) -> Word:
        """Return the higher figures of both."""
        if other is None:
            return self
        return Word(
            up_bytes=max(self.up_bytes, other.up_bytes),
            down_bytes=max(self.down_bytes, other.down_bytes),
            elapsed_ms=max(self.elapsed_ms, other.elapsed_ms),
        )


@attrs.frozen(kw_only=True)
class Terms:
    """What was agreed: the cumulative cap of the last ticket, the node's rate, and the times.

    ``compat``: the guest cannot sign, so that the node's figure charges its prepaid tickets.
    """

    cap_bytes: int
    rate_bps: int
    opened_at: datetime
    expires_at: datetime
    compat: bool = False


@attrs.frozen(kw_only=True)
class Said:
    """The words of both ends; None: nothing yet.

    ``final``: the payer's last word is among them; ``node_final``: the node's, that claims no more.
    """

    node: Word | None = None
    guest: Word | None = None
    final: bool = False
    node_final: bool = False

    def joined(self, other: Said) -> Said:
        """Return all that is known by both."""
        return Said(
            node=_join(self.node, other.node),
            guest=_join(self.guest, other.guest),
            final=self.final or other.final,
            node_final=self.node_final or other.node_final,
        )


def billable_bytes(terms: Terms, said: Said, now: datetime) -> int:
    """Return the bytes that are due at ``now``, cumulative. Grows with ``said`` and ``now``."""
    word = _agreed(terms, said, now)
    if word is None:
        return 0
    wall = min(now, terms.expires_at) - terms.opened_at
    elapsed_ms = max(0, min(word.elapsed_ms, wall // timedelta(milliseconds=1)))
    carried = terms.rate_bps * elapsed_ms // _BITS_MS
    return min(terms.cap_bytes, min(word.up_bytes, carried) + min(word.down_bytes, carried))


def open_bytes(terms: Terms, said: Said, now: datetime) -> int:
    """Return the cumulative bytes to keep a hold for: no more can become due in time."""
    due = billable_bytes(terms, said, now)
    if is_past(terms, now):
        return due
    most = terms.cap_bytes
    if said.final:
        most = min(most, _total_bytes(said.node if terms.compat else said.guest))
    if said.node_final:
        most = min(most, _total_bytes(said.node))
    return max(due, most)


def is_past(terms: Terms, now: datetime) -> bool:
    """Return whether an end that has not spoken is waited for no longer."""
    return now >= terms.expires_at + ABSENCE


def is_too_late(expires_at: datetime, now: datetime) -> bool:
    """Return whether receipts of a session are taken no longer."""
    return now >= expires_at + LATENESS


def agree(said: Said) -> bool:
    """Return whether the counts of both ends are alike: within 5 % and 1 MiB."""
    if said.node is None or said.guest is None:
        return False
    one, other = said.node.total_bytes, said.guest.total_bytes
    return abs(one - other) <= max(one, other) // _TOLERATED_SHARE + _TOLERATED_BYTES


def _agreed(terms: Terms, said: Said, now: datetime) -> Word | None:
    if terms.compat:
        return said.node
    if said.guest is None:
        return None
    if said.node is None:
        return said.guest if is_past(terms, now) else None
    return Word(
        up_bytes=min(said.node.up_bytes, said.guest.up_bytes),
        down_bytes=min(said.node.down_bytes, said.guest.down_bytes),
        # Wall time bounds it: the smaller would let a guest that says less pay less.
        elapsed_ms=max(said.node.elapsed_ms, said.guest.elapsed_ms),
    )


def _total_bytes(word: Word | None) -> int:
    return word.total_bytes if word else 0


def _join(one: Word | None, other: Word | None) -> Word | None:
    return one.joined(other) if one else other

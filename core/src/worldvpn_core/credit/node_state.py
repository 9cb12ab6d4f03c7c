"""Where the node's end of one session stands, and what follows from that alone. Pure."""

from __future__ import annotations

import enum
from typing import Final

import attrs

from worldvpn_core.credit.allowance import Float
from worldvpn_core.credit.exchange import Kept, counts_differ
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import Reason
from worldvpn_core.credit.receipt import read_receipt
from worldvpn_core.credit.ticket import Ticket

CLAIM_MS: Final = 10_000
#: A guest that has used its float and answers nothing for so long is sent away.
UNANSWERED_MS: Final = 60_000
#: Who ends waits so long for a last answer.
FINISH_MS: Final = 5_000
#: Less room than this may be too little for any packet.
_NO_ROOM_BYTES: Final = 65_536


class Line(enum.Enum):
    """What there is of the guest's stream."""

    NONE = enum.auto()
    OPENED = enum.auto()
    GREETED = enum.auto()


@attrs.frozen(kw_only=True)
class NodeEnd:
    """Where the node's end of one session stands; ``kept`` alone outlives it."""

    ticket: Ticket
    kept: Kept
    float: Float
    #: When the session would have begun, had the clock never stopped.
    began_ms: int
    counted: Figures
    #: When the last claim was made.
    claimed_ms: int
    #: Whether that was before this end was stopped, and it is not answered yet.
    is_resumed: bool
    line: Line = Line.NONE
    unread: bytes = b""
    keeping: Kept | None = None
    #: The last claim, once it is signed.
    signed: bytes | None = None
    is_sent: bool = False
    allowed_bytes: int | None = None
    #: The guest has said goodbye, and what it has carried by then is not counted yet.
    is_parting: bool = False
    #: The guest has said goodbye, and all that it has carried is counted.
    is_leaving: bool = False
    #: Since when this end wants no more.
    finishing_ms: int | None = None
    #: Why it ends once its last claim is kept, or cannot be.
    last: Reason | None = None
    over: Reason | None = None

    @classmethod
    def resumed(
        cls, ticket: Ticket, now_ms: int, kept: Kept | None = None, signed: bytes | None = None
    ) -> NodeEnd:
        """Return the end of a session: begun now, or gone on with from what was kept of it.

        ``signed`` is ``kept.own``, signed.
        """
        kept = kept or Kept()
        return cls(
            ticket=ticket,
            kept=kept,
            float=Float.of(ticket.float_bytes, now_ms),
            began_ms=now_ms - (0 if kept.own is None else kept.own.elapsed_ms),
            counted=kept.counted,
            claimed_ms=now_ms,
            is_resumed=not _is_answered(kept),
            signed=signed,
        )

    @property
    def is_answered(self) -> bool:
        """Whether no claim waits for its answer."""
        return _is_answered(self.kept)

    @property
    def most_bytes(self) -> int:
        """What may be carried in all, both ways."""
        # What a process that was killed had carried since its last claim is not known.
        trusts = self.is_answered or not self.is_resumed
        ahead = self.float.size_bytes if trusts else 0
        return min(self.ticket.cap_bytes, self.kept.answered_bytes + ahead)

    @property
    def has_no_room(self) -> bool:
        """Whether the guest has used all that it is trusted for."""
        return self.most_bytes - self.counted.total_bytes < _NO_ROOM_BYTES

    @property
    def tickets(self) -> frozenset[bytes]:
        """What the guest may name: it may not have heard of the newest yet."""
        return frozenset((self.ticket.hash(), self.ticket.previous))

    @property
    def counts_differ(self) -> bool:
        """Whether the guest's last answer is too far from its claim, by what is kept of both."""
        answer = None if self.kept.other is None else read_receipt(self.kept.other)
        return counts_differ(self.kept.answered_bytes, Figures.of(answer).total_bytes)

    def is_due(self, now_ms: int) -> bool:
        """Return whether what was counted since the last claim is worth another."""
        new_bytes = self.counted.total_bytes - Figures.of(self.kept.own).total_bytes
        if new_bytes <= 0:
            return False
        return (
            new_bytes >= self.float.step_bytes
            or now_ms - self.claimed_ms >= CLAIM_MS
            or self.has_no_room
            or self.is_leaving
            or self.finishing_ms is not None
        )

    def ending(self, now_ms: int) -> Reason | None:
        """Return why the session is over for this end; None: it is not."""
        # A last claim is on its way to the disk.
        waits = self.last is not None and self.keeping is not None
        return None if waits else self.over or self.last or self._cause(now_ms)

    def _cause(self, now_ms: int) -> Reason | None:
        if self.counts_differ:
            return Reason.COUNTS_DIFFER
        if self.keeping is None and self.is_answered and not self.is_due(now_ms):
            return Reason.LEFT if self.is_leaving or self.finishing_ms is not None else None
        if self.finishing_ms is not None and now_ms - self.finishing_ms >= FINISH_MS:
            return Reason.LEFT
        waited_ms = now_ms - self.claimed_ms
        if not self.is_answered and waited_ms >= UNANSWERED_MS and self.has_no_room:
            return Reason.UNANSWERED
        return None

    @property
    def has_unclaimed(self) -> bool:
        """Whether it has carried what it could still claim, and has not tried to for good."""
        new_bytes = self.counted.total_bytes - Figures.of(self.kept.own).total_bytes
        return new_bytes > 0 and self.keeping is None and self.last is None

    def hung(self, now_ms: int) -> NodeEnd:
        """Return it without a stream: what was sent on it may not have arrived."""
        return attrs.evolve(
            self,
            line=Line.NONE,
            unread=b"",
            is_sent=False,
            is_parting=False,
            is_leaving=False,
            float=self.float if self.is_answered else self.float.lost(now_ms),
        )


def _is_answered(kept: Kept) -> bool:
    return Figures.of(kept.own).total_bytes == kept.answered_bytes

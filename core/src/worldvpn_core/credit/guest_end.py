"""The guest's end of an exchange of receipts: signs of a claim what it has counted itself.

It never signs more than its own count in either direction, and never two receipts with one number:
each is on disk before it is signed. Only the last word to a node out of reach is unasked for: what
that had carried since its last claim is its due, too.
"""

from __future__ import annotations

import enum
from typing import Final

import attrs

from worldvpn_core.credit.exchange import (
    Action,
    BrokenError,
    Closed,
    Count,
    Counted,
    Event,
    Finish,
    Hang,
    Keep,
    Kept,
    LastWord,
    NotStored,
    Opened,
    Received,
    Send,
    Stop,
    Stored,
    counts_differ,
    follows,
    opened,
    successor,
)
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import (
    FROM_NODE,
    Answer,
    Bye,
    Claim,
    Frame,
    FrameError,
    Hello,
    Over,
    Reason,
    Welcome,
    read,
    written,
)
from worldvpn_core.credit.receipt import Receipt, Role, read_receipt
from worldvpn_core.credit.ticket import Ticket

#: Who leaves waits so long for the node's last claim.
FINISH_MS: Final = 2_000


class Line(enum.Enum):
    """What there is of the stream to the node."""

    NONE = enum.auto()
    GREETING = enum.auto()
    GREETED = enum.auto()


@attrs.frozen(kw_only=True)
class GuestEnd:
    """Where the guest's end of one session stands; ``kept`` alone outlives it."""

    ticket: Ticket
    kept: Kept
    began_ms: int
    counted: Figures
    line: Line = Line.NONE
    unread: bytes = b""
    keeping: Kept | None = None
    #: Its last receipt, signed.
    signed: bytes | None = None
    #: A claim that waits for a fresh count.
    claim: bytes | None = None
    finishing_ms: int | None = None
    #: The node has nothing more to claim, or cannot be reached: only the last word is left.
    is_last: bool = False
    #: The last word is being kept: the node knows nothing of it, and is not spoken to any more.
    is_closing: bool = False
    has_stopped: bool = False
    #: It has signed what it does not know of: whatever it signs now could be a second.
    is_lost: bool = False
    over: bool = False

    @classmethod
    def resumed(
        cls, ticket: Ticket, now_ms: int, kept: Kept | None = None, signed: bytes | None = None
    ) -> GuestEnd:
        """Return the end of a session: begun now, or gone on with from what was kept of it.

        ``signed`` is ``kept.own``, signed.
        """
        kept = kept or Kept()
        return cls(
            ticket=ticket,
            kept=kept,
            began_ms=now_ms - (0 if kept.own is None else kept.own.elapsed_ms),
            counted=kept.counted,
            signed=signed,
        )


Turn = tuple[GuestEnd, tuple[Action, ...]]


def renewed(end: GuestEnd, ticket: Ticket) -> GuestEnd:
    """Return ``end`` under the session's next ``ticket``, already believed."""
    return attrs.evolve(end, ticket=ticket)


def step(end: GuestEnd, event: Event) -> Turn:
    """Return what ``event`` makes of ``end``, and what is to be done, in order."""
    if end.over:
        return end, ()
    try:
        end, actions = _heard(end, event)
    except (BrokenError, FrameError):
        end, actions = _hung(end), (Hang(),)
    if isinstance(event, NotStored):
        # Not at once again: the next count is soon enough.
        return end, actions
    return _gone_on(end, event.now_ms, actions)


def _heard(end: GuestEnd, event: Event) -> Turn:
    match event:
        case Opened() if end.is_closing:
            return end, (Hang(),)
        case Opened():
            hello = Hello(end.ticket.hash(), end.signed)
            return attrs.evolve(_hung(end), line=Line.GREETING), (Send(written(hello)),)
        case Closed():
            return _hung(end), ()
        case Received(data=data) if end.line is not Line.NONE:
            return _received(end, data)
        case Counted(figures=figures):
            return _counted(end, figures, event.now_ms)
        case Stored(signed=signed) if end.keeping is not None:
            return _stored(end, end.keeping, signed)
        case NotStored():
            return attrs.evolve(_hung(end), keeping=None), (Hang(),)
        case Finish() if end.finishing_ms is None:
            end = attrs.evolve(end, finishing_ms=event.now_ms)
            return end, ((Send(written(Bye())),) if end.line is Line.GREETED else ())
        case _:
            return end, ()


def _received(end: GuestEnd, data: bytes) -> Turn:
    frames, unread = read(end.unread + data, FROM_NODE)
    end = attrs.evolve(end, unread=unread)
    actions: tuple[Action, ...] = ()
    for frame in frames:
        end, more = _framed(end, frame)
        actions = (*actions, *more)
    return end, actions


def _framed(end: GuestEnd, frame: Frame) -> Turn:
    match frame:
        case Welcome(receipt=receipt) if end.line is Line.GREETING:
            return _welcomed(end, receipt)
        case Claim(receipt=signed) if end.line is Line.GREETED and end.claim is None:
            return _claimed(end, signed)
        case Over(reason=reason):
            return _stopped(attrs.evolve(_hung(end), is_last=True), reason)
        case _:
            raise BrokenError("a frame came out of turn")


def _welcomed(end: GuestEnd, receipt: bytes | None) -> Turn:
    if receipt is not None:
        said = opened(receipt, Role.GUEST, end.ticket.guest_ed25519)
        own = end.kept.own if end.keeping is None else end.keeping.own
        known = 0 if own is None else own.sequence
        if said.sequence > known or (own is not None and _is_another(said, own)):
            return _left(attrs.evolve(end, is_lost=True))
    end = attrs.evolve(end, line=Line.GREETED)
    return end, (() if end.finishing_ms is None else (Send(written(Bye())),))


def _claimed(end: GuestEnd, signed: bytes) -> Turn:
    if end.keeping is not None:
        if signed != end.keeping.other:
            raise BrokenError("it claims again before it has the answer")
        # It came on the stream before, too: the answer is on its way to the disk.
        return end, ()
    if signed == end.kept.other and end.signed is not None:
        return end, (Send(written(Answer(end.signed))),)
    claim = opened(signed, Role.NODE, end.ticket.node_ed25519)
    former = _read(end.kept.other)
    if not follows(claim, former):
        return _left(end)
    # What it carried has arrived by now, but has not been counted: a count of before is too low.
    return attrs.evolve(end, claim=signed), (Count(),)


def _counted(end: GuestEnd, figures: Figures, now_ms: int) -> Turn:
    end = attrs.evolve(end, counted=end.counted.highest(figures))
    if end.claim is None or end.keeping is not None:
        return end, ()
    claim = read_receipt(end.claim)
    ticket = end.ticket.previous if claim.ticket == end.ticket.previous else end.ticket.hash()
    figures = Figures.of(claim).lowest(end.counted)
    own = successor(end.kept.own, Role.GUEST, ticket, figures, now_ms - end.began_ms)
    kept = Kept(own=own, other=end.claim, counted=end.counted)
    return attrs.evolve(end, claim=None, keeping=kept), (Keep(kept),)


def _stored(end: GuestEnd, kept: Kept, signed: bytes) -> Turn:
    is_answer = kept.other != end.kept.other
    end = attrs.evolve(end, kept=kept, keeping=None, signed=signed)
    if not is_answer:
        return end, ()
    said = (Send(written(Answer(signed))),) if end.line is Line.GREETED else ()
    claimed_bytes = Figures.of(_read(kept.other)).total_bytes
    if counts_differ(claimed_bytes, Figures.of(kept.own).total_bytes):
        end, stop = _stopped(end, Reason.COUNTS_DIFFER)
        return end, (*said, *stop)
    return end, said


def _gone_on(end: GuestEnd, now_ms: int, actions: tuple[Action, ...]) -> Turn:
    """Say the last word once nothing can come before it."""
    if end.over or end.finishing_ms is None or end.keeping is not None:
        return end, actions
    is_waiting = end.line is not Line.NONE and now_ms - end.finishing_ms < FINISH_MS
    if is_waiting and not end.is_last:
        return end, actions
    figures = _last_figures(end)
    if not end.is_lost and (end.signed is None or figures != Figures.of(end.kept.own)):
        own = successor(
            end.kept.own, Role.GUEST, end.ticket.hash(), figures, max(0, now_ms - end.began_ms)
        )
        kept = attrs.evolve(end.kept, own=own)
        hang = () if end.line is Line.NONE else (Hang(),)
        end = attrs.evolve(_hung(end), keeping=kept, is_closing=True)
        return end, (*actions, *hang, Keep(kept))
    hang = () if end.line is Line.NONE else (Hang(),)
    word = LastWord(None if end.is_lost else end.signed)
    return attrs.evolve(_hung(end), over=True), (*actions, *hang, word)


def _last_figures(end: GuestEnd) -> Figures:
    """Return what the last word says; where nothing was claimed or counted it frees the hold."""
    said = Figures.of(end.kept.own)
    # A node that has said its last has claimed all that it will.
    return said if end.is_last else said.highest(end.counted)


def _left(end: GuestEnd) -> Turn:
    """Return ``end`` without the stream, for one of both has lost what it had kept."""
    end, stop = _stopped(attrs.evolve(_hung(end), is_last=True), Reason.OUT_OF_STEP)
    return end, (Hang(), *stop)


def _stopped(end: GuestEnd, reason: Reason) -> Turn:
    if end.has_stopped:
        return end, ()
    return attrs.evolve(end, has_stopped=True), (Stop(reason),)


def _hung(end: GuestEnd) -> GuestEnd:
    return attrs.evolve(end, line=Line.NONE, unread=b"", claim=None)


def _is_another(one: Receipt, other: Receipt) -> bool:
    return one.sequence == other.sequence and one.hash() != other.hash()


def _read(signed: bytes | None) -> Receipt | None:
    return None if signed is None else read_receipt(signed)

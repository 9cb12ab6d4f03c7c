"""The node's end of an exchange of receipts: claims what it carried, and trusts for one float.

At most one claim is unanswered, but for the last, which is for the server alone. What may be
carried is what was claimed and answered, and one float on top of it, within the ticket's cap; so
the float is all that a guest can take for nothing, beside the difference that honest loss
explains. Who opens streams anew gains nothing by it.
"""

from __future__ import annotations

import attrs

from worldvpn_core.credit.exchange import (
    Action,
    Allow,
    BrokenError,
    Closed,
    Count,
    Counted,
    Event,
    Finish,
    Hang,
    Keep,
    Kept,
    NotStored,
    Opened,
    Received,
    Send,
    Stop,
    Stored,
    follows,
    opened,
    successor,
)
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import (
    FROM_GUEST,
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
from worldvpn_core.credit.node_state import Line, NodeEnd
from worldvpn_core.credit.receipt import Receipt, Role, read_receipt
from worldvpn_core.credit.ticket import Ticket

Turn = tuple[NodeEnd, tuple[Action, ...]]


def renewed(end: NodeEnd, ticket: Ticket, now_ms: int) -> Turn:
    """Return ``end`` under the session's next ``ticket``, already believed and admitted."""
    float_ = end.float.renewed(ticket.float_bytes, now_ms)
    return _gone_on(attrs.evolve(end, ticket=ticket, float=float_), now_ms, ())


def step(end: NodeEnd, event: Event) -> Turn:
    """Return what ``event`` makes of ``end``, and what is to be done, in order."""
    if end.over is not None:
        return end, ()
    try:
        end, actions = _heard(end, event)
    except (BrokenError, FrameError):
        end, actions = end.hung(event.now_ms), (Hang(),)
    if isinstance(event, NotStored):
        # Not at once again: the next count is soon enough.
        return end, actions
    return _gone_on(end, event.now_ms, actions)


def _heard(end: NodeEnd, event: Event) -> Turn:
    match event:
        case Opened():
            return attrs.evolve(end.hung(event.now_ms), line=Line.OPENED), ()
        case Closed() if end.line is not Line.NONE:
            return end.hung(event.now_ms), ()
        case Counted(figures=figures):
            counted = end.counted.highest(figures)
            return attrs.evolve(end, counted=counted, is_leaving=end.is_parting), ()
        case Received(data=data) if end.line is not Line.NONE:
            return _received(end, data)
        case Stored(signed=signed) if end.keeping is not None:
            return _stored(end, end.keeping, signed, event.now_ms), ()
        case NotStored():
            # What cannot be written is not answered for: the guest may come again.
            return attrs.evolve(end.hung(event.now_ms), keeping=None), (Hang(),)
        case Finish() if end.finishing_ms is None:
            return attrs.evolve(end, finishing_ms=event.now_ms), ()
        case _:
            return end, ()


def _received(end: NodeEnd, data: bytes) -> Turn:
    frames, unread = read(end.unread + data, FROM_GUEST)
    end = attrs.evolve(end, unread=unread)
    actions: tuple[Action, ...] = ()
    for frame in frames:
        end, more = _framed(end, frame)
        actions = (*actions, *more)
    return end, actions


def _framed(end: NodeEnd, frame: Frame) -> Turn:
    match frame:
        case Hello(ticket=ticket, receipt=receipt) if end.line is Line.OPENED:
            return _greeted(end, ticket, receipt)
        case Answer(receipt=signed) if end.line is Line.GREETED and end.is_sent:
            # A claim that was sent on two streams may be answered twice.
            is_known = signed in {end.kept.other, None if not end.keeping else end.keeping.other}
            return (end, ()) if is_known else _answered(end, signed)
        case Bye() if end.line is Line.GREETED:
            return attrs.evolve(end, is_parting=True), (Count(),)
        case _:
            raise BrokenError("a frame came out of turn")


def _greeted(end: NodeEnd, ticket: bytes, receipt: bytes | None) -> Turn:
    if ticket not in end.tickets:
        raise BrokenError("it comes with another ticket")
    end = attrs.evolve(end, line=Line.GREETED)
    actions: tuple[Action, ...] = ()
    known = end.kept.other if end.keeping is None else end.keeping.other
    if receipt is not None:
        said = opened(receipt, Role.GUEST, end.ticket.guest_ed25519)
        former = _read(known)
        if former is None or said.sequence > former.sequence:
            if end.is_answered:
                # It has answered claims that this end does not know: what it kept is lost.
                return attrs.evolve(end, over=Reason.OUT_OF_STEP), ()
            # Its answer was lost on the way, or this end was stopped before it was kept.
            end, actions = _answered(end, receipt)
            known = receipt
    return end, (Send(written(Welcome(known))), *actions)


def _answered(end: NodeEnd, signed: bytes) -> Turn:
    claim = end.kept.own
    if claim is None or end.is_answered or end.keeping is not None:
        raise BrokenError("it answers what was not claimed")
    answer = opened(signed, Role.GUEST, end.ticket.guest_ed25519)
    if (
        not follows(answer, _read(end.kept.other))
        or answer.ticket not in end.tickets
        or answer.up_bytes > claim.up_bytes
        or answer.down_bytes > claim.down_bytes
    ):
        raise BrokenError("its receipt is none for this claim")
    answered_bytes = Figures.of(claim).total_bytes
    kept = attrs.evolve(end.kept, other=signed, answered_bytes=answered_bytes)
    return attrs.evolve(end, keeping=kept), (Keep(kept),)


def _stored(end: NodeEnd, kept: Kept, signed: bytes, now_ms: int) -> NodeEnd:
    is_claim = kept.own != end.kept.own
    end = attrs.evolve(end, kept=kept, keeping=None, signed=signed)
    if is_claim:
        return attrs.evolve(end, is_sent=False)
    float_ = end.float.answered(now_ms, now_ms - end.claimed_ms)
    return attrs.evolve(end, float=float_, is_resumed=False)


def _gone_on(end: NodeEnd, now_ms: int, actions: tuple[Action, ...]) -> Turn:
    """Claim what is due, say what waits to be said, and let carry what is trusted for."""
    reason = end.ending(now_ms)
    if reason not in {None, Reason.OUT_OF_STEP} and end.has_unclaimed:
        # The guest never sees this one: its own last word may say as much.
        end, keep = _claimed(attrs.evolve(end, last=reason), now_ms)
        return end, (*actions, keep)
    if reason is not None:
        said = () if end.line is not Line.GREETED else (Send(written(Over(reason))),)
        hung = () if end.line is Line.NONE else (Hang(),)
        end = attrs.evolve(end, over=reason, line=Line.NONE, unread=b"")
        return end, (*actions, *said, *hung, Stop(reason))
    if end.is_answered and end.keeping is None and end.is_due(now_ms):
        end, keep = _claimed(end, now_ms)
        actions = (*actions, keep)
    if (
        end.line is Line.GREETED
        and end.signed is not None
        and not (end.is_answered or end.is_sent or end.keeping is not None)
    ):
        end = attrs.evolve(end, is_sent=True)
        actions = (*actions, Send(written(Claim(end.signed or b""))))
    if end.most_bytes != end.allowed_bytes:
        end = attrs.evolve(end, allowed_bytes=end.most_bytes)
        actions = (*actions, Allow(end.most_bytes))
    return end, actions


def _claimed(end: NodeEnd, now_ms: int) -> tuple[NodeEnd, Keep]:
    claim = successor(
        end.kept.own, Role.NODE, end.ticket.hash(), end.counted, now_ms - end.began_ms
    )
    kept = attrs.evolve(end.kept, own=claim, counted=end.counted)
    return attrs.evolve(end, keeping=kept, claimed_ms=now_ms), Keep(kept)


def _read(signed: bytes | None) -> Receipt | None:
    return None if signed is None else read_receipt(signed)

"""Two readings of one export that share no code, core's and the evidence's, come out alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.app.evidence.exports import KEYS, MIB, TICKET, chain, export, key, public, tickets
from tests.core.credit.ends import Pair, Side
from worldvpn_app.evidence.file import Session, written
from worldvpn_app.evidence.judge import Finding, judged
from worldvpn_core.credit.exchange import follows
from worldvpn_core.credit.guest_end import GuestEnd
from worldvpn_core.credit.node_state import NodeEnd
from worldvpn_core.credit.receipt import Receipt, Role, open_receipt
from worldvpn_core.credit.ticket import Ticket, open_ticket
from worldvpn_core.errors import CreditProofError
from worldvpn_server.settlement.figures import Said, Terms, Word, billable_bytes

NO_HASH = bytes(32)
BEGUN = datetime(2030, 1, 1, tzinfo=UTC)


def found(session: Session) -> Finding:
    (finding,) = judged(written(export(session))).findings
    return finding


def by_core(session: Session) -> tuple[bool, int | None]:
    """Return whether something is wrong by core's own functions, and what the server would pay."""
    try:
        granted = [open_ticket(each, public("server")) for each in session.tickets]
        node = _opened(session.node, Role.NODE, granted)
        guest = _opened(session.guest, Role.GUEST, granted)
    except CreditProofError:
        return True, None
    if not granted or any(map(_is_broken, granted, granted[1:])):
        return True, None
    if any(_has_gone_wrong(each, granted) for each in (node, guest) if each):
        return True, None
    terms = Terms(
        cap_bytes=granted[-1].cap_bytes,
        rate_bps=2**60,
        opened_at=BEGUN,
        expires_at=BEGUN + timedelta(days=9),
    )
    if not (node and guest):
        return False, None
    said = Said(node=_word(node), guest=_word(guest))
    return False, billable_bytes(terms, said, terms.expires_at)


def _opened(signed: Sequence[bytes], role: Role, granted: Sequence[Ticket]) -> list[Receipt]:
    if not signed:
        return []
    if not granted:
        raise CreditProofError("no ticket")
    by = granted[0].node_ed25519 if role is Role.NODE else granted[0].guest_ed25519
    receipts = [open_receipt(each, by) for each in signed]
    if any(each.role is not role for each in receipts):
        raise CreditProofError("role")
    return receipts


def _is_broken(former: Ticket, ticket: Ticket) -> bool:
    same = attrs.evolve(
        ticket,
        **{
            name: getattr(former, name)
            for name in ("cap_bytes", "float_bytes", "previous", "price_ticks", "key_id")
        },
        not_before_s=former.not_before_s,
        not_after_s=former.not_after_s,
    )
    return same != former or ticket.previous != former.hash() or ticket.cap_bytes < former.cap_bytes


def _has_gone_wrong(receipts: Sequence[Receipt], granted: Sequence[Ticket]) -> bool:
    names = {each.hash() for each in granted}
    first = receipts[0]
    return (
        (any(each.ticket not in names for each in receipts) and granted[0].previous == NO_HASH)
        or first.sequence == 0
        or (first.previous == NO_HASH) is not (first.sequence == 1)
        or any(_goes_back(*two) for two in pairwise(receipts))
    )


def _goes_back(former: Receipt, receipt: Receipt) -> bool:
    if receipt.sequence == former.sequence + 1:
        return not follows(receipt, former)
    return (
        receipt.sequence <= former.sequence
        or receipt.up_bytes < former.up_bytes
        or receipt.down_bytes < former.down_bytes
        or receipt.elapsed_ms < former.elapsed_ms
    )


def _word(receipts: Sequence[Receipt]) -> Word:
    words = [Word.of(each.up_bytes, each.down_bytes, 9**15) for each in receipts]
    joined = words[0]
    for each in words[1:]:
        joined = joined.joined(each)
    return joined


@st.composite
def spoiled(draw: st.DrawFn, *, receipts: list[Receipt]) -> tuple[bytes, ...]:
    """Return ``receipts``, signed, whole or not, in order or not, and perhaps one of them false."""
    kept = draw(st.lists(st.sampled_from(receipts), unique_by=lambda each: each.sequence))
    if draw(st.booleans()):
        kept = sorted(kept, key=lambda each: each.sequence)
    if draw(st.booleans()):
        kept = list(receipts)
    if draw(st.booleans()) and kept:
        at = draw(st.integers(0, len(kept) - 1))
        kept[at] = attrs.evolve(kept[at], **draw(_CHANGES))
    by = [KEYS[each.role] for each in kept]
    if kept and draw(st.integers(0, 9)) == 0:
        by[-1] = key("thief")
    return tuple(each.sign(signer) for each, signer in zip(kept, by, strict=True))


_CHANGES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.builds(lambda value: {"up_bytes": value}, st.integers(0, 200 * MIB)),
    st.builds(lambda value: {"down_bytes": value}, st.integers(0, 2**64 - 1)),
    st.builds(lambda value: {"elapsed_ms": value}, st.integers(0, 99_999)),
    st.builds(lambda value: {"sequence": value}, st.integers(0, 6)),
    st.builds(lambda value: {"previous": value}, st.sampled_from([NO_HASH, bytes([1]) * 32])),
    st.builds(
        lambda value: {"ticket": value},
        st.sampled_from([bytes(32), *(each.hash() for each in tickets(3))]),
    ),
    st.builds(lambda value: {"role": value}, st.sampled_from(Role)),
)
_TICKET_CHANGES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.builds(lambda value: {"cap_bytes": value}, st.integers(0, 400 * MIB)),
    st.builds(lambda value: {"node_ed25519": value}, st.just(public("thief"))),
    st.builds(lambda value: {"previous": value}, st.sampled_from([NO_HASH, bytes([1]) * 32])),
)


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    """Return a session that may be whole, have gaps, or be wrong somewhere."""
    granted = list(tickets(draw(st.integers(1, 3))))
    if draw(st.booleans()):
        granted[-1] = attrs.evolve(granted[-1], **draw(_TICKET_CHANGES))
    granted = granted[draw(st.sampled_from([0, 0, 0, 1])) :]
    step = draw(st.integers(1, 20 * MIB))
    return Session(
        tickets=tuple(each.sign(key("server")) for each in granted),
        node=draw(spoiled(receipts=chain(Role.NODE, 5, step_bytes=step))),
        guest=draw(spoiled(receipts=chain(Role.GUEST, 5, step_bytes=draw(st.integers(1, step))))),
    )


@settings(max_examples=500)
@given(sessions())
def test_what_core_refuses_fails_and_what_it_pays_is_proved(session: Session) -> None:
    finding = found(session)
    assert (finding.has_failed, finding.agreed_bytes) == by_core(session)


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("carries"), st.integers(0, 8 * MIB), st.integers(0, 8 * MIB)),
        st.tuples(st.just("passes"), st.integers(1, 20_000), st.just(0)),
        st.tuples(st.sampled_from(["delivers", "opens", "closes"]), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@given(_STEPS, st.integers(95, 105))
def test_all_that_two_ends_ever_signed_is_proved(
    steps: list[tuple[str, int, int]], percent: int
) -> None:
    pair = Pair(
        node=Side(begin=NodeEnd.resumed, key=KEYS[Role.NODE], ticket=TICKET),
        guest=Side(
            begin=GuestEnd.resumed,
            key=KEYS[Role.GUEST],
            ticket=TICKET,
            says=lambda true: attrs.evolve(
                true,
                up_bytes=true.up_bytes * percent // 100,
                down_bytes=true.down_bytes * percent // 100,
            ),
        ),
    )
    acts: dict[str, Callable[[int, int], None]] = {
        "carries": pair.carries,
        "passes": lambda milliseconds, _: pair.passes(milliseconds),
        "delivers": lambda *_: pair.delivers(),
        "opens": lambda *_: pair.opens(),
        "closes": lambda *_: pair.closes(),
    }
    for name, one, other in [("passes", 1, 0), ("opens", 0, 0), ("delivers", 0, 0), *steps]:
        acts[name](one, other)
    session = Session(
        tickets=(TICKET.sign(key("server")),),
        node=tuple(pair.node.signed),
        guest=tuple(pair.guest.signed),
    )
    finding = found(session)
    assert not finding.has_failed
    assert (finding.has_failed, finding.agreed_bytes) == by_core(session)

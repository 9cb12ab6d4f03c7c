"""What settling changes in one session: a pure function of where it stands and what was said."""

from __future__ import annotations

from datetime import datetime

import attrs

from worldvpn_server.ledger.keys import journal_key
from worldvpn_server.ledger.values import Bucket, Held, Journal, Kind
from worldvpn_server.sessions.values import State
from worldvpn_server.settlement.figures import Said, billable_bytes, is_past, open_bytes
from worldvpn_server.settlement.shares import Earned, earned, spent
from worldvpn_server.settlement.values import Standing

_NOTHING = Held(promo_ticks=0, available_ticks=0)


@attrs.frozen(kw_only=True)
class Step:
    """One settlement of a session, complete but for what is due beyond its hold.

    ``late_bytes`` became due after their hold was given back; ``late`` is what could still be
    taken for them, already in clearing's direction, and ``with_late`` adds it.
    """

    before: Standing
    said: Said
    state: State
    cap_bytes: int
    settled_bytes: int
    held: Held
    paid: Held = _NOTHING
    released: Held = _NOTHING
    late_bytes: int = 0
    late: Held = _NOTHING

    @property
    def moves(self) -> bool:
        """Whether money moves."""
        return bool(self.paid.ticks or self.released.ticks or self.late.ticks)

    @property
    def new_bytes(self) -> int:
        """How many bytes it settles."""
        return self.settled_bytes - self.before.settled_bytes

    @property
    def subsidy_paid_bytes(self) -> int:
        """Cumulative: the first bytes of a session are those that are subsidised."""
        return max(
            self.before.subsidy_paid_bytes, min(self.settled_bytes, self.before.subsidised_bytes)
        )

    @property
    def earned(self) -> Earned:
        """The owner's share."""
        paid = Held(
            promo_ticks=self.paid.promo_ticks + self.late.promo_ticks,
            available_ticks=self.paid.available_ticks + self.late.available_ticks,
        )
        return earned(paid, self.subsidy_paid_bytes - self.before.subsidy_paid_bytes)

    def key(self, purpose: str) -> bytes:
        """Return the key of this step's journal for ``purpose``."""
        return journal_key(self.before.salt, purpose, self.before.settlements)

    def with_late(self, late: Held) -> Step:
        """Return this step with ``late`` taken for whole bytes beyond the hold."""
        settled = self.settled_bytes + late.ticks // self.before.price_ticks
        return attrs.evolve(
            self, late=late, settled_bytes=settled, cap_bytes=max(self.cap_bytes, settled)
        )

    def journals(self) -> tuple[Journal, ...]:
        """Return what the payer's account gets posted."""
        return tuple(
            Journal(account=self.before.payer, key=self.key(purpose), kind=kind, lines=lines)
            for purpose, kind, lines in (
                ("spend", Kind.SPEND, _to_clearing(self.paid)),
                ("late", Kind.LATE, _to_clearing(self.late)),
                ("release", Kind.RELEASE, _back(self.released)),
            )
            if lines
        )


def step(standing: Standing, said: Said, now: datetime) -> Step:
    """Return what ``said``, joined with what is known, settles at ``now``.

    What is settled is never taken back, and never exceeds what the hold covers. An offer has no
    hold yet: it settles once it was accepted.
    """
    said = standing.said.joined(said)
    if standing.state == State.OFFERED:
        return _same(standing, said)
    due = max(standing.settled_bytes, billable_bytes(standing.terms, said, now))
    settled = min(due, standing.cap_bytes)
    paid = spent(standing.held, standing.price_ticks * (settled - standing.settled_bytes))
    left = _minus(standing.held, paid)
    cap = min(standing.cap_bytes, max(settled, open_bytes(standing.terms, said, now)))
    # Promo is spent first, so what is kept is promo first: the split follows from the sum alone.
    kept = spent(left, standing.price_ticks * (cap - settled))
    over = cap == settled and (said.final or said.node_final or is_past(standing.terms, now))
    return Step(
        before=standing,
        said=said,
        state=State.SETTLED if over and standing.state == State.ENDED else standing.state,
        cap_bytes=cap,
        settled_bytes=settled,
        held=kept,
        paid=paid,
        released=_minus(left, kept),
        late_bytes=due - settled,
    )


def _same(standing: Standing, said: Said) -> Step:
    return Step(
        before=standing,
        said=said,
        state=standing.state,
        cap_bytes=standing.cap_bytes,
        settled_bytes=standing.settled_bytes,
        held=standing.held,
    )


def _minus(one: Held, other: Held) -> Held:
    return Held(
        promo_ticks=one.promo_ticks - other.promo_ticks,
        available_ticks=one.available_ticks - other.available_ticks,
    )


def _to_clearing(paid: Held) -> tuple[tuple[Bucket, int], ...]:
    return ((Bucket.HELD, -paid.ticks), (Bucket.CLEARING, paid.ticks)) if paid.ticks else ()


def _back(released: Held) -> tuple[tuple[Bucket, int], ...]:
    if not released.ticks:
        return ()
    lines = (
        (Bucket.HELD, -released.ticks),
        (Bucket.PROMO, released.promo_ticks),
        (Bucket.AVAILABLE, released.available_ticks),
    )
    return tuple(line for line in lines if line[1])

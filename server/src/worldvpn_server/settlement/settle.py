"""Settles sessions: what became due moves from the payer's hold to clearing, and is owed.

A batch is one transaction over any number of sessions. Rows are locked in one order everywhere:
sessions by id, then wallets by account. No journal of the owner is posted
here: a ``payout`` row is the outbox between the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import attrs
import msgspec

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Tx
from worldvpn_server.errors import CreditError
from worldvpn_server.events.values import Event
from worldvpn_server.seams import Bus, Ledger, Treasury
from worldvpn_server.settlement import rows
from worldvpn_server.settlement.step import Step, step
from worldvpn_server.settlement.values import News, Standing

SESSION: Final = "session"

_SPENDABLE: Final = "SELECT promo + available FROM wallet WHERE account = $1"


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a client is told of its session."""

    action: str
    session_id: UUID
    node_id: UUID
    settled_bytes: int
    held_ticks: int


@attrs.frozen(kw_only=True)
class Settler:
    """Settles within a caller's transaction."""

    clock: Clock
    ledger: Ledger
    treasury: Treasury
    bus: Bus

    async def settle(self, tx: Tx, news: Mapping[UUID, News]) -> Sequence[Step]:
        """Lock the sessions of ``news``, join what was said, and settle what became due.

        Idempotent: what is due is cumulative. Sessions that are no more are left out.
        """
        standing = await rows.lock(tx, sorted(news))
        return await self.settle_locked(tx, standing, news)

    async def settle_locked(
        self, tx: Tx, standing: Mapping[UUID, Standing], news: Mapping[UUID, News]
    ) -> Sequence[Step]:
        """Settle sessions that ``rows.lock`` has locked in this transaction."""
        now = self.clock.now()
        steps = [
            await self._late(tx, step(standing[each], news[each].said, now))
            for each in sorted(standing)
        ]
        changed = [each for each in steps if _changes(each, news[each.before.id])]
        if not changed:
            return steps
        moving = [each for each in changed if each.moves]
        await self.treasury.post_many(
            tx, [journal for each in moving for journal in each.journals()]
        )
        await rows.write(tx, changed, news, now)
        await self.bus.publish(tx, *(_told(each) for each in moving))
        return steps

    async def _late(self, tx: Tx, planned: Step) -> Step:
        """Take what became due after its hold was given back, as far as the payer has it.

        Never as debt: an owner would be paid with what nobody had. What is missing is tried
        again with every later settlement until receipts are taken no longer.
        """
        if not planned.late_bytes:
            return planned
        before = planned.before
        spendable = await tx.sql.fetchval(_SPENDABLE, before.payer) or 0
        ticks = before.price_ticks * min(planned.late_bytes, spendable // before.price_ticks)
        if not ticks:
            return planned
        try:
            late = await self.ledger.hold(tx, before.payer, planned.key("late-hold"), ticks)
        except CreditError:
            return planned
        return planned.with_late(late)


def _changes(planned: Step, news: News) -> bool:
    before = planned.before
    return (
        planned.moves
        or news.receipts > 0
        or planned.said != before.said
        or planned.state != before.state
        or planned.cap_bytes != before.cap_bytes
    )


def _told(planned: Step) -> Event:
    before = planned.before
    body = Settled(
        action="settled",
        session_id=before.id,
        node_id=before.node,
        settled_bytes=planned.settled_bytes,
        held_ticks=planned.held.ticks,
    )
    return Event(
        topic=before.payer,
        device=before.payer_device,
        kind=SESSION,
        body=msgspec.json.encode(body),
    )

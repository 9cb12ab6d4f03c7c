"""Tickets granted: the hold, the subsidy and the signature, in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import attrs

from worldvpn_core.credit.admission import SIGNS_NOTHING
from worldvpn_core.credit.lengths import NO_HASH
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.credit.units import PRICE_TICKS
from worldvpn_server.database.pool import Tx
from worldvpn_server.errors import ConflictError
from worldvpn_server.keys.ring import Use
from worldvpn_server.ledger.keys import journal_key
from worldvpn_server.ledger.values import Held
from worldvpn_server.sessions.caps import Standing, float_bytes, subsidised_bytes
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.values import Session

#: A ticket outlives an evening with the server away; its cap bounds what that can cost.
LIFE: Final = timedelta(hours=4)
#: One fetched ahead is for the day on which the server is away.
LIFE_AHEAD: Final = timedelta(hours=24)
#: Clocks of nodes may be behind ours.
_SKEW: Final = timedelta(minutes=5)

#: Two sessions of one pair must not both take the rest of its subsidy.
_LOCK_PAIR: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1::text || $2::text, 1))"
_PAIR_TODAY: Final = """
SELECT coalesce(sum(CASE WHEN state = 4 THEN least(subsidised_bytes, settled_bytes)
                    ELSE subsidised_bytes END), 0)::bigint
FROM session WHERE payer = $1 AND owner = $2 AND created_at > $3
"""
_LAST: Final = """
SELECT hash, number FROM ticket WHERE session = $1 ORDER BY number DESC LIMIT 1
"""
_KEEP: Final = """
INSERT INTO ticket (hash, session, number, cap_bytes, not_after, signed)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_GRANT: Final = """
UPDATE session SET state = 2, node_x25519 = $2, node_ed25519 = $3, endpoint = $4, carrier = $5,
    holds = holds + $6, cap_bytes = $7, held_promo_ticks = held_promo_ticks + $8,
    held_available_ticks = held_available_ticks + $9, subsidised_bytes = subsidised_bytes + $10,
    expires_at = $11, opened_at = coalesce(opened_at, $12)
WHERE id = $1
"""


@attrs.frozen(kw_only=True)
class Granted:
    """A session as it is now, and the ticket that says so."""

    session: Session
    signed: bytes


@attrs.frozen
class Grants:
    """Grants tickets for sessions whose row is locked and whose node's keys are known."""

    _parts: Parts

    async def grant(
        self, tx: Tx, session: Session, standing: Standing, extra_bytes: int
    ) -> Granted:
        """Raise the cap by ``extra_bytes``, hold what that costs, and sign it.

        Raises:
            CreditError: there is less by now; nothing was done.
        """
        now = self._parts.clock.now()
        held = await self._hold(tx, session, extra_bytes)
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        granted = attrs.evolve(
            session,
            cap_bytes=session.cap_bytes + extra_bytes,
            expires_at=now + (LIFE if session.counted else LIFE_AHEAD),
        )
        last = await tx.sql.fetchrow(_LAST, session.id)
        ticket = self._ticket(granted, standing, last["hash"] if last else NO_HASH)
        signed = ticket.sign(self._parts.keys.signer(Use.TICKET).key)
        await tx.sql.execute(
            _GRANT,
            session.id,
            session.node_x25519,
            session.node_ed25519,
            session.endpoint,
            session.carrier,
            1 if extra_bytes else 0,
            granted.cap_bytes,
            held.promo_ticks,
            held.available_ticks,
            await self._subsidised(tx, session, extra_bytes, today),
            granted.expires_at,
            now,
        )
        await tx.sql.execute(
            _KEEP,
            ticket.hash(),
            session.id,
            last["number"] + 1 if last else 1,
            granted.cap_bytes,
            granted.expires_at,
            signed,
        )
        return Granted(session=granted, signed=signed)

    async def _hold(self, tx: Tx, session: Session, extra_bytes: int) -> Held:
        if not extra_bytes:
            return Held(promo_ticks=0, available_ticks=0)
        key = journal_key(session.salt, "hold", session.holds + 1)
        return await self._parts.ledger.hold(tx, session.payer, key, extra_bytes * PRICE_TICKS)

    async def _subsidised(self, tx: Tx, session: Session, extra_bytes: int, today: datetime) -> int:
        if not session.independent:
            return 0
        await tx.sql.execute(_LOCK_PAIR, str(session.payer), str(session.owner))
        before = await tx.sql.fetchval(_PAIR_TODAY, session.payer, session.owner, today)
        return subsidised_bytes(extra_bytes, independent=True, today_bytes=before)

    def _ticket(self, session: Session, standing: Standing, previous: bytes) -> Ticket:
        if not (session.node_x25519 and session.node_ed25519 and session.guest_x25519):
            raise ConflictError("one end has no key to write in a ticket: open a new session")
        return Ticket(
            session=session.id,
            node=session.node,
            guest_x25519=session.guest_x25519,
            node_x25519=session.node_x25519,
            guest_ed25519=session.guest_ed25519 or SIGNS_NOTHING,
            node_ed25519=session.node_ed25519,
            cap_bytes=session.cap_bytes,
            price_ticks=session.price_ticks,
            float_bytes=session.cap_bytes if session.signs_nothing else float_bytes(standing),
            not_before_s=int((self._parts.clock.now() - _SKEW).timestamp()),
            not_after_s=int(session.expires_at.timestamp()),
            key_id=self._parts.keys.signer(Use.TICKET).kid,
            previous=previous,
        )

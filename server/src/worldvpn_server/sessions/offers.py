"""Offering a session to a node: a place, addresses, and the event that asks it."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final
from uuid import UUID

import asyncpg
import attrs

from worldvpn_core.credit.units import PRICE_TICKS
from worldvpn_server.database.pool import Tx
from worldvpn_server.directory import capacity
from worldvpn_server.directory.values import Candidate
from worldvpn_server.errors import ConflictError, UnavailableError
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.keys import SALT_BYTES
from worldvpn_server.sessions import news, rows
from worldvpn_server.sessions.addresses import Pair, lowest_free
from worldvpn_server.sessions.endpoints import any_of, endpoints_of
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.values import Session, State, Wish
from worldvpn_server.transparency.alias import alias_of, key_of
from worldvpn_server.transparency.rounding import shown_country

#: Sessions of one account at a time: five devices, each with one to leave and one to take.
MOST_SESSIONS: Final = 10
#: Tickets fetched ahead that one device may hold.
MOST_AHEAD: Final = 2
#: An offer whose request died is withdrawn after this.
_OFFER_LIFE: Final = timedelta(seconds=15)
#: Without a ticket (its node cannot read one) a session ends when this has passed.
_UNTICKETED_LIFE: Final = timedelta(hours=24)
_BITS_A_MEGABIT: Final = 1_000_000

_LOCK_PAYER: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 2))"
_COUNT: Final = """
SELECT count(*) FILTER (WHERE counted) AS counted,
    count(*) FILTER (WHERE NOT counted AND payer_device = $2) AS ahead
FROM session WHERE payer = $1 AND state IN (1, 2)
"""
#: Locked: of two that ask at once the second sees the address of the first as taken.
_LOCK_NODE: Final = """
SELECT network, 2 * most_guests AS most_ahead, (
    SELECT count(*) FROM session WHERE node = $1 AND state IN (1, 2) AND NOT counted
) AS ahead
FROM node WHERE id = $1 FOR UPDATE OF node
"""
_INSERT: Final = """
INSERT INTO session (id, payer, payer_device, owner, node, state, protocol, guest_x25519,
    guest_ed25519, node_x25519, assigned4, assigned6, client_country, salt, counted, independent,
    request_key, price_ticks, rate_bps, endpoint, carrier, created_at, opened_at, expires_at,
    shown_country)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25)
"""
#: Different guests of a node from one country within 24 h, with the one who comes.
_FROM_THERE: Final = """
SELECT count(*) FROM (
    SELECT payer FROM session WHERE owner = $1 AND node = $2 AND client_country = $3
        AND created_at > $4::timestamptz - interval '24 hours'
    UNION SELECT $5
) AS guests
"""
_DELETE: Final = "DELETE FROM session WHERE id = $1"
#: What two requests at the same moment run into, and what to say of it.
_TAKEN: Final = {
    "session_guest_key": "this key has a session at that node: end it, or make a fresh key",
    "session_request": "the same request is being answered: try again in a moment",
}


@attrs.frozen
class Offers:
    """Makes offers and withdraws them."""

    _parts: Parts

    async def make(self, wish: Wish, candidate: Candidate) -> Session | None:
        """Offer ``wish`` to ``candidate``; None: there is no room.

        A node registered by a compatible client hears no events: its session is open at once.

        Raises:
            ConflictError: the account has too many sessions, or the key is in use there.
        """
        try:
            return await self._parts.database.run(lambda tx: self._make(tx, wish, candidate))
        except asyncpg.UniqueViolationError as error:
            words = _TAKEN.get(error.constraint_name or "")
            if words is None:
                raise UnavailableError("two guests came at once", retry_after_s=1) from error
            raise ConflictError(words) from error

    async def withdraw(self, session_id: UUID, reason: str) -> Session | None:
        """Take an offer back, tell the node, and return None; return what was accepted before."""
        return await self._parts.database.run(lambda tx: self._withdraw(tx, session_id, reason))

    async def drop(self, tx: Tx, session: Session, reason: str) -> None:
        """Delete an offer that is locked: nothing hangs on it."""
        await tx.sql.execute(_DELETE, session.id)
        if session.counted:
            await capacity.free(tx, session.node)
        await self._parts.bus.publish(tx, *news.to_node(session, "withdraw", reason=reason))

    async def _withdraw(self, tx: Tx, session_id: UUID, reason: str) -> Session | None:
        session = await rows.locked(tx, session_id)
        if session is None or session.state is not State.OFFERED:
            return session
        await self.drop(tx, session, reason)
        return None

    async def _make(self, tx: Tx, wish: Wish, candidate: Candidate) -> Session | None:
        await self._check_count(tx, wish)
        node = await tx.sql.fetchrow(_LOCK_NODE, candidate.id)
        if node is None or (wish.ahead and node["ahead"] >= node["most_ahead"]):
            return None
        taken = {ip_address(each) for each in await rows.taken_at(tx, candidate.id)}
        pair = lowest_free(candidate.inner4, candidate.inner6, taken)
        if pair is None:
            return None
        if not wish.ahead and not await capacity.reserve(tx, candidate.id):
            return None
        session = await self._row(tx, wish, candidate, pair, node["network"])
        await self._insert(tx, session, wish)
        await key_of(tx.sql, session.created_at.date())
        alias = await alias_of(tx.sql, session.node, session.payer, session.created_at)
        await self._parts.bus.publish(tx, *news.to_node(session, "offer", alias=alias))
        return session

    async def _check_count(self, tx: Tx, wish: Wish) -> None:
        await tx.sql.execute(_LOCK_PAYER, str(wish.account))
        count = await tx.sql.fetchrow(_COUNT, wish.account, wish.device)
        if count is None:
            return
        if wish.ahead and count["ahead"] >= MOST_AHEAD:
            raise ConflictError(f"{MOST_AHEAD} tickets are held ahead already: end one first")
        if not wish.ahead and count["counted"] >= MOST_SESSIONS:
            raise ConflictError(f"the account has {MOST_SESSIONS} sessions: end one first")

    async def _row(
        self, tx: Tx, wish: Wish, candidate: Candidate, pair: Pair, network: bytes | None
    ) -> Session:
        now = self._parts.clock.now()
        mute = candidate.device is None
        endpoint = any_of(await endpoints_of(tx.sql, candidate.id)) if mute else None
        return Session(
            id=new_id(),
            payer=wish.account,
            payer_device=wish.device,
            owner=candidate.account,
            node=candidate.id,
            node_device=candidate.device,
            state=State.OPEN if mute else State.OFFERED,
            protocol=wish.protocol,
            guest_x25519=wish.guest_x25519,
            guest_ed25519=wish.guest_ed25519,
            node_x25519=candidate.x25519 if mute else None,
            node_ed25519=None,
            assigned4=pair.v4,
            assigned6=pair.v6,
            salt=os.urandom(SALT_BYTES),
            counted=not wish.ahead,
            independent=_independent(wish, candidate, network),
            price_ticks=PRICE_TICKS,
            holds=0,
            cap_bytes=0,
            settled_bytes=0,
            rate_bps=candidate.bandwidth_mbps * _BITS_A_MEGABIT,
            endpoint=None if endpoint is None else endpoint.text,
            carrier=None if endpoint is None else endpoint.carrier,
            said_by_node=None,
            said_by_guest=None,
            created_at=now,
            opened_at=now if mute else None,
            expires_at=now + (_UNTICKETED_LIFE if mute else _OFFER_LIFE),
            end_reason=None,
            shown_country=await _shown(tx, wish, candidate, now),
        )

    async def _insert(self, tx: Tx, session: Session, wish: Wish) -> None:
        await tx.sql.execute(
            _INSERT,
            *(session.id, session.payer, session.payer_device, session.owner, session.node),
            *(session.state, session.protocol.value, session.guest_x25519),
            *(session.guest_ed25519, session.node_x25519, session.assigned4, session.assigned6),
            *(wish.client_country, session.salt, session.counted, session.independent),
            *(wish.request_key, session.price_ticks, session.rate_bps, session.endpoint),
            *(session.carrier, session.created_at, session.opened_at, session.expires_at),
            session.shown_country,
        )


async def _shown(tx: Tx, wish: Wish, candidate: Candidate, now: datetime) -> str:
    """Return the country that the node is told: none that would tell who comes."""
    country = wish.client_country
    place = (candidate.account, candidate.id, country, now, wish.account)
    return shown_country(country, await tx.sql.fetchval(_FROM_THERE, *place))


def _independent(wish: Wish, candidate: Candidate, network: bytes | None) -> bool:
    """Return whether nobody shares with themselves: only such traffic is subsidised."""
    return (
        wish.account != candidate.account
        and (wish.device is None or wish.device != candidate.device)
        and None not in {wish.network, network}
        and wish.network != network
    )

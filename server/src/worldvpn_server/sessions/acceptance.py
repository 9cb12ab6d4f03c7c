"""What a node answers to an offer: only its own device may, and only while the offer stands."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.accounts.values import Caller
from worldvpn_server.database.pool import Tx
from worldvpn_server.errors import ConflictError, CreditError
from worldvpn_server.sessions import caps, news, rows
from worldvpn_server.sessions.caps import Standing
from worldvpn_server.sessions.endpoints import chosen, endpoints_of
from worldvpn_server.sessions.grants import Granted, Grants
from worldvpn_server.sessions.offers import Offers
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.standing import Standings, insufficient
from worldvpn_server.sessions.values import EndReason, Session, State

#: The guest's other sessions may take credits between looking and holding.
_MOST_TRIES: Final = 3
_WITHDRAWN: Final = "this offer was withdrawn: drop the guest"


@attrs.frozen(kw_only=True)
class Acceptance:
    """A node's yes: its keys of this session, and which of its endpoints the guest is sent to."""

    x25519: bytes
    ed25519: bytes
    endpoint: int | None = None


@attrs.frozen
class Answers:
    """Takes nodes' answers."""

    _parts: Parts
    _offers: Offers
    _grants: Grants
    _standings: Standings

    async def accept(
        self, caller: Caller, node: UUID, session_id: UUID, acceptance: Acceptance
    ) -> Granted:
        """Hold the guest's credits, and sign the ticket. The same answer again: the same ticket.

        Raises:
            NotFoundError: the node is not the caller's device, or there is no such offer.
            ConflictError: the offer was withdrawn, or the guest has no credits left.
        """
        for _ in range(_MOST_TRIES):
            session = await self._asked(caller, node, session_id)
            standing = await self._standings.of(session.payer, session.owner)
            try:
                return await self._try(session_id, acceptance, standing)
            except CreditError:
                continue
        await self._refused(session_id, EndReason.NO_CREDIT)
        raise ConflictError("the guest has no credits left: drop it")

    async def refuse(self, caller: Caller, node: UUID, session_id: UUID) -> None:
        """Take a node's no: the request that waits goes on to the next node.

        Raises:
            NotFoundError: the node is not the caller's device, or there is no such offer.
        """
        await self._asked(caller, node, session_id)
        await self._refused(session_id, EndReason.NODE_REFUSED)

    async def _try(self, session_id: UUID, acceptance: Acceptance, standing: Standing) -> Granted:
        async def work(tx: Tx) -> Granted:
            session = await rows.locked(tx, session_id)
            if session is None or session.state not in {State.OFFERED, State.OPEN}:
                raise ConflictError(_WITHDRAWN)
            if session.state is State.OPEN:
                return await self._again(tx, session, acceptance)
            return await self._first(tx, session, acceptance, standing)

        return await self._parts.database.run(work)

    async def _first(
        self, tx: Tx, session: Session, acceptance: Acceptance, standing: Standing
    ) -> Granted:
        if session.expires_at <= self._parts.clock.now():
            raise ConflictError(_WITHDRAWN)
        if standing.spendable_ticks < caps.CONNECT_TICKS:
            raise insufficient(standing.spendable_ticks)
        endpoint = chosen(await endpoints_of(tx.sql, session.node), acceptance.endpoint)
        if endpoint is None:
            raise ConflictError("this node was reached at none of its endpoints yet")
        session = attrs.evolve(
            session,
            state=State.OPEN,
            node_x25519=acceptance.x25519,
            node_ed25519=acceptance.ed25519,
            endpoint=endpoint.text,
            carrier=endpoint.carrier,
        )
        granted = await self._grants.grant(tx, session, standing, _first_bytes(session, standing))
        await self._parts.bus.publish(
            tx,
            *news.to_node(granted.session, "ticket", ticket=granted.signed),
            news.to_guest(granted.session, "open", cap_bytes=granted.session.cap_bytes),
            news.woken(session.id, news.ACCEPTED),
        )
        return granted

    async def _again(self, tx: Tx, session: Session, acceptance: Acceptance) -> Granted:
        if (session.node_x25519, session.node_ed25519) != (acceptance.x25519, acceptance.ed25519):
            raise ConflictError("this offer was accepted with other keys")
        signed = await rows.last_ticket(tx.sql, session.id)
        if signed is None:
            raise ConflictError(_WITHDRAWN)
        return Granted(session=session, signed=signed)

    async def _asked(self, caller: Caller, node: UUID, session_id: UUID) -> Session:
        async with self._parts.database.read() as sql:
            return await rows.at_node(sql, caller, node, session_id)

    async def _refused(self, session_id: UUID, reason: EndReason) -> None:
        async def work(tx: Tx) -> None:
            session = await rows.locked(tx, session_id)
            if session is not None and session.state is State.OFFERED:
                await self._offers.drop(tx, session, reason)
                await self._parts.bus.publish(tx, news.woken(session_id, news.REFUSED))

        await self._parts.database.run(work)


def _first_bytes(session: Session, standing: Standing) -> int:
    if session.signs_nothing:
        most = caps.PREPAID_BYTES
    elif session.counted:
        return caps.cap_bytes(standing)
    else:
        most = caps.PREFETCH_BYTES
    return min(most, caps.affordable_bytes(standing.spendable_ticks))

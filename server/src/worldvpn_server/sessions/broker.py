"""Opening a session: candidates asked one after the other until a node takes the guest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.directory.store import offered as protocols_offered
from worldvpn_server.directory.values import Candidate, Query
from worldvpn_server.errors import (
    ApiError,
    ConflictError,
    CreditError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from worldvpn_server.sessions import rows
from worldvpn_server.sessions.away import Away
from worldvpn_server.sessions.caps import REFUSED_BYTES
from worldvpn_server.sessions.endings import Endings
from worldvpn_server.sessions.offers import Offers
from worldvpn_server.sessions.opened import Opened, Opener
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.standing import Standings, check_may_connect
from worldvpn_server.sessions.values import EndReason, Session, State, Wish
from worldvpn_server.sessions.waiting import answered

#: Nodes asked for one request: three silent ones take 6 s, and a client would rather know.
_MOST_NODES: Final = 3


@attrs.frozen(kw_only=True)
class Replaced:
    """The session that a new one takes over from, and its client's last word."""

    session: UUID
    final_receipt: bytes | None = None


@attrs.frozen
class Broker:
    """Opens sessions."""

    _parts: Parts
    _offers: Offers
    _standings: Standings
    _endings: Endings
    _opener: Opener
    _away: Away

    async def open(self, wish: Wish, replaced: Replaced | None = None) -> Opened:
        """Find a node that takes the guest, and return the session. The same key: the same one.

        What is ``replaced`` ends once the new session is open; first, where its hold is needed.

        Raises:
            CreditError: less than ten credits can be spent.
            ForbiddenError: too few receipts were signed lately.
            NotFoundError: ``replaced`` is no session of the account.
            ConflictError: no node offers the protocol; the answer lists what is offered.
            UnavailableError: no node is free, or none answered.
        """
        session = await self._made_before(wish)
        if replaced is not None:
            await self._check_own(wish, replaced)
        if session is None:
            await self._check_credit(wish, replaced)
            await self._end_same_key(wish)
            session = await self._first_taken(wish)
        if replaced is not None:
            await self._end(wish, replaced)
        return await self._opener.opened(session)

    async def _made_before(self, wish: Wish) -> Session | None:
        """Return what a request that died had opened; what it only offered is withdrawn."""
        if wish.request_key is None:
            return None
        async with self._parts.database.read() as sql:
            session = await rows.by_request(sql, wish.account, wish.request_key)
        if session is not None and session.state is State.OFFERED:
            session = await self._offers.withdraw(session.id, "asked-again")
        return session if session is not None and session.state is State.OPEN else None

    async def _check_own(self, wish: Wish, replaced: Replaced) -> None:
        async with self._parts.database.read() as sql:
            session = await rows.found(sql, replaced.session)
        if session is None or session.payer != wish.account:
            raise NotFoundError("you have no such session to replace")

    async def _check_credit(self, wish: Wish, replaced: Replaced | None) -> None:
        try:
            check_may_connect(await self._standings.of(wish.account))
        except CreditError:
            if replaced is None or replaced.final_receipt is None:
                raise
            await self._end(wish, replaced)
            check_may_connect(await self._standings.of(wish.account))

    async def _end_same_key(self, wish: Wish) -> None:
        """End what the same key has open: an old client that crashed connects anew with it."""
        if wish.guest_ed25519 is not None:
            return
        async with self._parts.database.read() as sql:
            live = await rows.live_of(sql, wish.account)
        for each in live:
            if each.guest_x25519 is not None and each.guest_x25519 == wish.guest_x25519:
                await self._endings.end(each.id, EndReason.REPLACED)

    async def _first_taken(self, wish: Wish) -> Session:
        closed = await self._away.closed_to(wish.account)
        without = (*wish.avoided, *closed, *await self._held_ahead(wish))
        unpaid = await self._standings.unpaid(wish.account)
        tried: tuple[UUID, ...] = ()
        while len(tried) < _MOST_NODES:
            found = await self._candidates(wish, (*without, *tried))
            trusting = [each for each in found if unpaid.get(each.account, 0) <= REFUSED_BYTES]
            offered = await self._offer(wish, trusting)
            if offered is None:
                break
            session = await self._taken(offered)
            if session is not None:
                return session
            check_may_connect(await self._standings.of(wish.account))
            tried = (*tried, offered.node)
        raise await self._nobody(wish, tried)

    async def _offer(self, wish: Wish, candidates: Sequence[Candidate]) -> Session | None:
        for candidate in candidates:
            offered = await self._offers.make(wish, candidate)
            if offered is not None:
                return offered
        return None

    async def _taken(self, offered: Session) -> Session | None:
        """Return the session once its node took the guest; None: it did not, or said nothing."""
        if offered.state is State.OPEN:
            return offered
        heard = self._parts.bus.subscribe([offered.id])
        try:
            session = await answered(self._parts, offered.id, heard)
        finally:
            heard.close()
        if session is not None and session.state is State.OFFERED:
            session = await self._offers.withdraw(session.id, "no-answer")
        return session if session is not None and session.state is State.OPEN else None

    async def _held_ahead(self, wish: Wish) -> tuple[UUID, ...]:
        """Return the nodes of tickets held ahead: a second one there is no second way out."""
        if not wish.ahead:
            return ()
        async with self._parts.database.read() as sql:
            live = await rows.live_of(sql, wish.account)
        return tuple(each.node for each in live if not each.counted)

    async def _candidates(self, wish: Wish, without: tuple[UUID, ...]) -> Sequence[Candidate]:
        query = Query(
            asking=wish.account,
            fastest=wish.fastest,
            compatible=wish.guest_ed25519 is None,
            node=wish.node,
            country=wish.country,
            protocol=wish.protocol,
            without=without,
        )
        found = await self._parts.directory.candidates(query)
        if wish.guest_ed25519 is not None:
            return [each for each in found if each.device is not None]
        if wish.guest_x25519 is None:
            return [each for each in found if each.device is None]
        # Nodes with a stream can be told of the guest; others are the last resort.
        return sorted(found, key=lambda each: each.device is None)

    async def _nobody(self, wish: Wish, tried: tuple[UUID, ...]) -> ApiError:
        """Return why no node took the guest."""
        if tried:
            return UnavailableError(
                f"{len(tried)} nodes were asked and none took you: try again", retry_after_s=2
            )
        offered = sorted(each.value for each in await protocols_offered(self._parts.database))
        if wish.protocol.value not in offered:
            return ConflictError(
                f"no node offers {wish.protocol.value} now, only: {', '.join(offered) or 'none'}",
                offered=offered,
            )
        if wish.guest_x25519 is None:
            return InvalidError("public_key is missing: nodes admit a guest by its X25519 key")
        if wish.node is not None:
            return ConflictError("this node takes no guest now: choose another")
        avoided = " that is not avoided" if wish.avoided else ""
        return UnavailableError(
            f"no node in {wish.country or 'any country'}{avoided} has room now: try again",
            retry_after_s=5,
        )

    async def _end(self, wish: Wish, replaced: Replaced) -> None:
        await self._endings.end_own(
            wish.account, replaced.session, EndReason.REPLACED, replaced.final_receipt
        )

"""Ending sessions: the place and addresses are free at once, both ends are told, money follows.

Who has ended a session once ends nothing twice: every end starts from the locked row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.accounts.values import Caller
from worldvpn_server.database.pool import Tx
from worldvpn_server.directory import capacity
from worldvpn_server.directory.values import Query
from worldvpn_server.errors import ConflictError, NotFoundError
from worldvpn_server.sessions import news, rows
from worldvpn_server.sessions.offers import Offers
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.values import EndReason, Session, State

_END: Final = """
UPDATE session SET state = $2, ended_at = $3, end_reason = $4, request_key = NULL WHERE id = $1
"""
_OF_DEVICE: Final = """
SELECT s.id FROM session AS s WHERE s.payer_device = $1 AND s.state IN (1, 2)
UNION ALL
SELECT s.id FROM session AS s JOIN node AS n ON n.id = s.node
WHERE n.device = $1 AND s.state IN (1, 2)
"""
_OF_ACCOUNT: Final = """
SELECT id FROM session WHERE (payer = $1 OR owner = $1) AND state IN (1, 2)
"""
_OF_NODE: Final = "SELECT id FROM session WHERE node = $1 AND state IN (1, 2)"
_COUNTRY: Final = "SELECT country FROM node WHERE id = $1"
_LAPSED: Final = """
SELECT id FROM session WHERE state IN (1, 2) AND expires_at <= $1 ORDER BY expires_at LIMIT 500
"""
#: Whoever revokes or bans ends sessions at once; this is for the server that died in between.
_BARRED: Final = """
SELECT s.id FROM session AS s
LEFT JOIN device AS d ON d.id = s.payer_device
LEFT JOIN node AS n ON n.id = s.node
LEFT JOIN device AS nd ON nd.id = n.device
LEFT JOIN account AS p ON p.id = s.payer
LEFT JOIN account AS o ON o.id = s.owner
WHERE s.state IN (1, 2) AND (d.revoked_at IS NOT NULL OR nd.revoked_at IS NOT NULL
    OR p.id IS NULL OR p.banned_at IS NOT NULL OR o.banned_at IS NOT NULL)
LIMIT 500
"""
#: The same for those who were signed out, by themselves, a new password or a token used again.
_SIGNED_OUT: Final = """
SELECT DISTINCT s.id FROM login AS l
JOIN session AS s ON s.payer_device = l.device AND s.state IN (1, 2)
WHERE l.revoked_at > $1 AND NOT EXISTS (
    SELECT FROM login AS live WHERE live.device = l.device AND live.revoked_at IS NULL)
LIMIT 500
"""
#: Without a sign-in that could prolong it, no session lasts for longer.
_MOST_LIFE: Final = timedelta(hours=25)
_DESERTED: Final = """
SELECT DISTINCT s.node FROM session AS s LEFT JOIN node AS n ON n.id = s.node
WHERE s.state IN (1, 2) AND (n.id IS NULL OR n.status = 0)
"""


@attrs.frozen
class Endings:
    """Ends sessions, for whatever reason."""

    _parts: Parts
    _offers: Offers

    async def end_own(
        self, account: UUID, session_id: UUID, reason: str, final_receipt: bytes | None
    ) -> Session:
        """End ``account``'s session; one that ended before still takes its final receipt.

        Raises:
            NotFoundError: it is not the account's, or there is none.
            InvalidError: ``final_receipt`` is not that session's.
        """
        async with self._parts.database.read() as sql:
            session = await rows.found(sql, session_id)
        if session is None or session.payer != account:
            raise NotFoundError("you have no such session")
        await self.end(session_id, reason)
        if final_receipt is not None:
            await self._parts.settler.finish(session_id, final_receipt)
        return session

    async def last_word(
        self, caller: Caller, node: UUID, session_id: UUID, final_receipt: bytes | None
    ) -> None:
        """Take the word of ``caller``'s node that it claims no more of a session that is over.

        Raises:
            NotFoundError: the node is not the caller's device, or had no such session.
            ConflictError: the session goes on.
            InvalidError: ``final_receipt`` is not the node's word on that session.
        """
        async with self._parts.database.read() as sql:
            session = await rows.at_node(sql, caller, node, session_id)
        if session.state in {State.OFFERED, State.OPEN}:
            raise ConflictError("this session is not over: more may be carried")
        await self._parts.settler.finish_node(session_id, final_receipt)

    async def end(self, session_id: UUID, reason: str, sibling: UUID | None = None) -> bool:
        """End a session; False: it had ended before, or was only offered and is withdrawn."""

        async def work(tx: Tx) -> bool:
            session = await rows.locked(tx, session_id)
            if session is not None and session.state is State.OFFERED:
                await self._offers.drop(tx, session, reason)
                await self._parts.bus.publish(tx, news.woken(session.id, news.REFUSED))
            if session is None or session.state is not State.OPEN:
                return False
            await self._end(tx, session, reason, sibling)
            return True

        return await self._parts.database.run(work)

    async def end_device(self, device: UUID, reason: str = EndReason.DEVICE_REVOKED) -> int:
        """End what ``device`` uses, and what its node serves; return how many."""
        return await self._each(_OF_DEVICE, device, reason)

    async def end_account(self, account: UUID, reason: str = EndReason.BANNED) -> int:
        """End what ``account`` uses and serves; return how many."""
        return await self._each(_OF_ACCOUNT, account, reason)

    async def end_node(self, node: UUID, reason: str = EndReason.NODE_OFFLINE) -> int:
        """End all sessions of a node, and name each guest another one; return how many."""
        async with self._parts.database.read() as sql:
            guests = [(row["id"]) for row in await sql.fetch(_OF_NODE, node)]
        ended = [await self.end(each, reason, await self._sibling(each)) for each in guests]
        return sum(ended)

    async def expire(self) -> int:
        """End what nobody answered for or paid on, and what was left behind; return how many."""
        async with self._parts.database.read() as sql:
            lapsed = [row["id"] for row in await sql.fetch(_LAPSED, self._parts.clock.now())]
            barred = [row["id"] for row in await sql.fetch(_BARRED)]
            since = self._parts.clock.now() - _MOST_LIFE
            left = [row["id"] for row in await sql.fetch(_SIGNED_OUT, since)]
            deserted = [row["node"] for row in await sql.fetch(_DESERTED)]
        ended = [await self.end(each, EndReason.EXPIRED) for each in lapsed]
        ended += [await self.end(each, EndReason.BARRED) for each in barred]
        ended += [await self.end(each, EndReason.SIGNED_OUT) for each in left]
        return sum(ended) + sum([await self.end_node(each) for each in deserted])

    async def _each(self, statement: str, of: UUID, reason: str) -> int:
        async with self._parts.database.read() as sql:
            found: Sequence[UUID] = [row["id"] for row in await sql.fetch(statement, of)]
        return sum([await self.end(each, reason) for each in found])

    async def _end(self, tx: Tx, session: Session, reason: str, sibling: UUID | None) -> None:
        # Without a key of its node no receipt can ever come: nothing was held, nothing is due.
        over = session.node_ed25519 is None
        state = State.SETTLED if over else State.ENDED
        await tx.sql.execute(_END, session.id, state, self._parts.clock.now(), str(reason))
        if session.counted:
            await capacity.free(tx, session.node)
        await self._parts.bus.publish(
            tx,
            *news.to_node(session, "end", reason=reason),
            news.to_guest(session, "ended", reason=reason, sibling=sibling),
        )

    async def _sibling(self, session_id: UUID) -> UUID | None:
        """Return another node of the same country that the guest could go on with."""
        async with self._parts.database.read() as sql:
            session = await rows.found(sql, session_id)
            if session is None:
                return None
            country = await sql.fetchval(_COUNTRY, session.node)
        query = Query(
            asking=session.payer,
            country=country,
            protocol=session.protocol,
            without=(session.node,),
        )
        found = await self._parts.directory.candidates(query)
        return found[0].id if found else None

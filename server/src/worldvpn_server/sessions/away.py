"""Guests whom a node has sent away: for a while it is not asked to take them again.

The node names a session, and learns nothing but that it is over: whose it was stays here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.accounts.values import Caller
from worldvpn_server.database.pool import Tx
from worldvpn_server.errors import ThrottledError
from worldvpn_server.sessions import news, rows
from worldvpn_server.sessions.endings import Endings
from worldvpn_server.sessions.offers import Offers
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.values import EndReason, Session, State

#: So long is a guest called the same at a node: longer, its absence would tell who it is.
LONGEST: Final = timedelta(days=1)
#: Whom a node may keep out at a time: it could empty the directory of others' guests otherwise.
MOST: Final = 1_024

_COUNT: Final = "SELECT count(*) FROM sent_away WHERE node = $1 AND until > $2"
#: Another word on the same guest does not shorten the first. An account may just be deleted.
_KEEP: Final = """
INSERT INTO sent_away (account, node, until) SELECT id, $2, $3 FROM account WHERE id = $1
ON CONFLICT (account, node) DO UPDATE SET until = greatest(sent_away.until, excluded.until)
"""
_CLOSED: Final = "SELECT node FROM sent_away WHERE account = $1 AND until > $2"
_LET_BACK: Final = "DELETE FROM sent_away WHERE account = $1 AND node = $2"
_FORGET: Final = "DELETE FROM sent_away WHERE until <= $1"


@attrs.frozen
class Away:
    """Keeps guests away from nodes that had enough of them."""

    _parts: Parts
    _offers: Offers
    _endings: Endings

    async def send(self, caller: Caller, node: UUID, session_id: UUID, lasting: timedelta) -> None:
        """End a session of ``caller``'s node, and offer its guest to that node no more meanwhile.

        One that is over already changes nothing: what was done then is done.

        Raises:
            NotFoundError: the node is not the caller's device, or had no such session.
            ThrottledError: it keeps too many out already; the session is over all the same.
        """
        async with self._parts.database.read() as sql:
            await rows.at_node(sql, caller, node, session_id)

        async def work(tx: Tx) -> bool:
            session = await rows.locked(tx, session_id)
            if session is None or session.state not in {State.OFFERED, State.OPEN}:
                return True
            kept = await self._keep(tx, session, min(lasting, LONGEST))
            if session.state is State.OFFERED:
                await self._offers.drop(tx, session, EndReason.NODE_REFUSED)
                await self._parts.bus.publish(tx, news.woken(session_id, news.REFUSED))
            return kept

        kept = await self._parts.database.run(work)
        await self._endings.end(session_id, EndReason.NODE_REFUSED)
        if not kept:
            raise ThrottledError(f"{MOST} guests are kept out already", retry_after_s=3_600)

    async def let_back(self, caller: Caller, node: UUID, session_id: UUID) -> None:
        """Offer the guest of a session of ``caller``'s node to that node again.

        One whom it does not keep out changes nothing.

        Raises:
            NotFoundError: the node is not the caller's device, or had no such session.
        """

        async def work(tx: Tx) -> None:
            session = await rows.at_node(tx.sql, caller, node, session_id)
            await tx.sql.execute(_LET_BACK, session.payer, node)

        await self._parts.database.run(work)

    async def closed_to(self, account: UUID) -> tuple[UUID, ...]:
        """Return the nodes that will not have ``account`` now."""
        async with self._parts.database.read() as sql:
            found = await sql.fetch(_CLOSED, account, self._parts.clock.now())
        return tuple(row["node"] for row in found)

    async def forget(self) -> None:
        """Delete what is over: until when somebody was kept out of where is nobody's business."""
        async with self._parts.database.read() as sql:
            await sql.execute(_FORGET, self._parts.clock.now())

    async def _keep(self, tx: Tx, session: Session, lasting: timedelta) -> bool:
        now = self._parts.clock.now()
        if await tx.sql.fetchval(_COUNT, session.node, now) >= MOST:
            return False
        await tx.sql.execute(_KEEP, session.payer, session.node, now + lasting)
        return True

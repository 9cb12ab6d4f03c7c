"""Tickets of a running session: a higher cap for who signs, 16 MiB more for who cannot."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import attrs

from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.database.pool import Tx
from worldvpn_server.errors import ConflictError, CreditError, NotFoundError
from worldvpn_server.sessions import caps, news, rows
from worldvpn_server.sessions.caps import Standing
from worldvpn_server.sessions.endings import Endings
from worldvpn_server.sessions.grants import Granted, Grants
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.standing import Standings, check_trusted, insufficient
from worldvpn_server.sessions.values import EndReason, Session, State
from worldvpn_server.settlement.figures import Word

_MOST_TRIES: Final = 3
_MINUTE_MS: Final = 60_000
#: The next prepaid ticket is made when less than this is left, so that it is there in time.
_PREPAID_AHEAD_BYTES: Final = 4 * MEBIBYTE
#: After a prepaid session's end its node has this long to say what it carried.
_LAST_WORD: Final = timedelta(seconds=60)
_CLOSING: Final = """
SELECT id, coalesce(node_up, 0) AS up, coalesce(node_down, 0) AS down,
    coalesce(node_elapsed_ms, 0) AS elapsed_ms
FROM session WHERE state = 3 AND guest_ed25519 IS NULL AND ended_at <= $1 LIMIT 500
"""
_USED_UP: Final = """
SELECT id FROM session
WHERE state = 2 AND guest_ed25519 IS NULL AND node_up + node_down > cap_bytes - $1 LIMIT 500
"""


@attrs.frozen
class TopUps:
    """Grants what a running session needs next."""

    _parts: Parts
    _grants: Grants
    _standings: Standings
    _endings: Endings

    async def more(self, account: UUID, session_id: UUID, needed_bytes: int = 0) -> Granted:
        """Raise the cap by what a ticket grants, less what is left of it, and renew its time.

        It comes to ``needed_bytes`` as far as there is credit for it beside another session's.

        Raises:
            NotFoundError: it is not the account's, or there is none.
            ConflictError: it ended, or its tickets come by themselves.
            CreditError: nothing can be added and nothing is left.
            ForbiddenError: too few receipts were signed lately.
        """
        async with self._parts.database.read() as sql:
            session = await rows.found(sql, session_id)
        if session is None or session.payer != account:
            raise NotFoundError("you have no such session")
        if session.signs_nothing:
            raise ConflictError("a prepaid session gets its next ticket by itself")
        return await self._raised(session, needed_bytes)

    async def renew_prepaid(self) -> int:
        """Give each prepaid session that is nearly used up its next ticket, or end it."""
        async with self._parts.database.read() as sql:
            found = [row["id"] for row in await sql.fetch(_USED_UP, _PREPAID_AHEAD_BYTES)]
        return sum([await self.renew(each) for each in found])

    async def close_prepaid(self) -> int:
        """Free what ended prepaid sessions did not use, once their nodes had time to speak."""
        before = self._parts.clock.now() - _LAST_WORD
        async with self._parts.database.read() as sql:
            found = await sql.fetch(_CLOSING, before)
        for row in found:
            word = Word.of(row["up"], row["down"], row["elapsed_ms"])
            await self._parts.settler.charge_compat(row["id"], word, final=True)
        return len(found)

    async def renew(self, session_id: UUID) -> bool:
        """Give a prepaid session its next ticket; False: no credit was left, and it has ended."""
        async with self._parts.database.read() as sql:
            session = await rows.found(sql, session_id)
        if session is None or session.state is not State.OPEN or not session.signs_nothing:
            return False
        try:
            await self._raised(session)
        except CreditError:
            if session.carried_bytes >= session.cap_bytes:
                await self._endings.end(session_id, EndReason.NO_CREDIT)
            return False
        return True

    async def _raised(self, session: Session, needed_bytes: int = 0) -> Granted:
        for _ in range(_MOST_TRIES):
            standing = await self._standings.of(session.payer, session.owner)
            try:
                return await self._try(session.id, standing, needed_bytes)
            except CreditError:
                if not caps.affordable_bytes(standing.spendable_ticks):
                    raise
        raise insufficient(standing.spendable_ticks)

    async def _try(self, session_id: UUID, standing: Standing, needed_bytes: int) -> Granted:
        async def work(tx: Tx) -> Granted:
            session = await rows.locked(tx, session_id)
            if session is None or session.state is not State.OPEN:
                raise ConflictError("the session has ended: open a new one")
            known = _known(session, standing)
            check_trusted(known)
            extra = _extra_bytes(session, known, needed_bytes)
            granted = await self._grants.grant(tx, session, known, extra)
            await self._parts.bus.publish(
                tx,
                *news.to_node(granted.session, "ticket", ticket=granted.signed),
                news.to_guest(granted.session, "ticket", cap_bytes=granted.session.cap_bytes),
            )
            return granted

        return await self._parts.database.run(work)


def _known(session: Session, standing: Standing) -> Standing:
    """Return ``standing`` with the minutes for which this session's guest has answered."""
    said = session.said_by_guest
    minutes = 0 if said is None else said.elapsed_ms // _MINUTE_MS
    return attrs.evolve(standing, good_minutes=minutes)


def _extra_bytes(session: Session, standing: Standing, needed_bytes: int) -> int:
    """Return by how much the cap rises. Raises CreditError where there is nothing to go on with."""
    left_bytes = max(0, session.cap_bytes - session.carried_bytes)
    if session.signs_nothing:
        room = caps.PREPAID_BYTES if left_bytes <= _PREPAID_AHEAD_BYTES else 0
        extra = min(room, caps.affordable_bytes(standing.spendable_ticks))
    else:
        missing = needed_bytes - session.cap_bytes
        extra = caps.extra_bytes(standing, left_bytes=left_bytes, missing_bytes=missing)
    if not extra and (session.signs_nothing or not left_bytes):
        raise insufficient(standing.spendable_ticks)
    return extra

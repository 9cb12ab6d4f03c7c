"""Sessions as their payer sees them, and guests as a node does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import attrs
import msgspec

from worldvpn_server.accounts.values import Caller
from worldvpn_server.errors import NotFoundError
from worldvpn_server.sessions import news, rows
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.values import Session
from worldvpn_server.transparency.alias import alias_of

_OWN_NODE: Final = "SELECT id FROM node WHERE account = $1 AND device = $2"


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """One of the caller's sessions."""

    session_id: UUID
    state: str
    node_id: UUID
    protocol: str
    assigned_ip: str
    assigned_ipv6: str
    server_endpoint: str | None
    cap_bytes: int
    settled_bytes: int
    carried_bytes: int
    ahead: bool
    created_at: str
    expires_at: str
    end_reason: str | None


@attrs.frozen
class Views:
    """Looks sessions up for who may see them."""

    _parts: Parts

    async def own(self, account: UUID) -> Sequence[SessionView]:
        """Return the account's last 50 sessions, newest first."""
        async with self._parts.database.read() as sql:
            return [_view(each) for each in await rows.recent_of(sql, account)]

    async def one(self, account: UUID, session_id: UUID) -> SessionView:
        """Return one of the account's sessions.

        Raises:
            NotFoundError: it is not theirs, or there is none.
        """
        async with self._parts.database.read() as sql:
            session = await rows.found(sql, session_id)
        if session is None or session.payer != account:
            raise NotFoundError("you have no such session")
        return _view(session)

    async def guests(self, caller: Caller, node: UUID) -> Sequence[news.Guest]:
        """Return what the caller's own node may know of its guests.

        Raises:
            NotFoundError: the node is not the caller's device.
        """
        async with self._parts.database.read() as sql:
            if not await rows.owns_node(sql, caller, node):
                raise NotFoundError("you have no such node")
            return [
                news.guest(
                    each,
                    each.state.name.lower(),
                    ticket=await rows.last_ticket(sql, each.id),
                    alias=await alias_of(sql, each.node, each.payer, each.created_at),
                )
                for each in await rows.live_at(sql, node)
            ]

    async def snapshot(self, caller: Caller) -> tuple[tuple[str, bytes], ...]:
        """Return what a stream of events begins with: own live sessions, own node's guests."""
        async with self._parts.database.read() as sql:
            live = await rows.live_of(sql, caller.account)
            node = await sql.fetchval(_OWN_NODE, caller.account, caller.device)
        mine = [(news.SESSION, msgspec.json.encode(_view(each))) for each in live]
        guests = [] if node is None else await self.guests(caller, node)
        return (*mine, *((news.GUEST, msgspec.json.encode(each)) for each in guests))


def _view(session: Session) -> SessionView:
    return SessionView(
        session_id=session.id,
        state=session.state.name.lower(),
        node_id=session.node,
        protocol=session.protocol.value,
        assigned_ip=str(session.assigned4),
        assigned_ipv6=str(session.assigned6),
        server_endpoint=session.endpoint,
        cap_bytes=session.cap_bytes,
        settled_bytes=session.settled_bytes,
        carried_bytes=session.carried_bytes,
        ahead=not session.counted,
        created_at=session.created_at.isoformat(),
        expires_at=session.expires_at.isoformat(),
        end_reason=session.end_reason,
    )

"""The table of sessions: read and locked."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from uuid import UUID

import asyncpg

from worldvpn_server.accounts.values import Caller
from worldvpn_server.database.pool import Tx
from worldvpn_server.directory.values import Protocol
from worldvpn_server.errors import NotFoundError
from worldvpn_server.sessions.values import Figures, Session, State

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

_FIGURES: Final = ("up", "down", "elapsed_ms")
_COLUMNS: Final = """
SELECT s.id, s.payer, s.payer_device, s.owner, s.node, n.device AS node_device, s.state,
    s.protocol, s.guest_x25519, s.guest_ed25519, s.node_x25519, s.node_ed25519,
    host(s.assigned4) AS assigned4, host(s.assigned6) AS assigned6, s.salt, s.counted,
    s.independent, s.price_ticks, s.holds, s.cap_bytes, s.settled_bytes, s.rate_bps, s.endpoint,
    s.carrier, s.node_up, s.node_down, s.node_elapsed_ms, s.guest_up, s.guest_down,
    s.guest_elapsed_ms, s.created_at, s.opened_at, s.expires_at, s.end_reason, s.shown_country
FROM session AS s LEFT JOIN node AS n ON n.id = s.node
"""
_BY_ID: Final = _COLUMNS + "WHERE s.id = $1"
_LOCKED: Final = _BY_ID + " FOR UPDATE OF s"
_BY_REQUEST: Final = _COLUMNS + "WHERE s.payer = $1 AND s.request_key = $2"
_OF_PAYER: Final = _COLUMNS + "WHERE s.payer = $1 AND s.state IN (1, 2) ORDER BY s.id"
_RECENT: Final = _COLUMNS + "WHERE s.payer = $1 ORDER BY s.created_at DESC LIMIT 50"
_OF_NODE: Final = _COLUMNS + "WHERE s.node = $1 AND s.state IN (1, 2) ORDER BY s.id"
_TAKEN: Final = """
SELECT host(assigned4) AS v4, host(assigned6) AS v6 FROM session
WHERE node = $1 AND state IN (1, 2)
"""
_TICKET: Final = "SELECT signed FROM ticket WHERE session = $1 ORDER BY number DESC LIMIT 1"
#: A node without a device is one of a compatible client, and hears nothing.
_OWNS: Final = "SELECT true FROM node WHERE id = $1 AND account = $2 AND device = $3"


async def last_ticket(sql: Connection, session: UUID) -> bytes | None:
    """Return the last signed ticket of a session; None: it has none."""
    signed: bytes | None = await sql.fetchval(_TICKET, session)
    return signed


async def owns_node(sql: Connection, caller: Caller, node: UUID) -> bool:
    """Return whether ``node`` is the very device that ``caller`` asks from."""
    return bool(await sql.fetchval(_OWNS, node, caller.account, caller.device))


async def found(sql: Connection, session: UUID) -> Session | None:
    """Return a session as it is."""
    return _one(await sql.fetchrow(_BY_ID, session))


async def at_node(sql: Connection, caller: Caller, node: UUID, session: UUID) -> Session:
    """Return a session of the node that ``caller`` asks from.

    Raises:
        NotFoundError: the node is not the caller's device, or has no such session.
    """
    if not await owns_node(sql, caller, node):
        raise NotFoundError("you have no such node")
    there = await found(sql, session)
    if there is None or there.node != node:
        raise NotFoundError("this offer was withdrawn: drop the guest")
    return there


async def locked(tx: Tx, session: UUID) -> Session | None:
    """Return a session that nobody else changes until the transaction ends."""
    return _one(await tx.sql.fetchrow(_LOCKED, session))


async def by_request(sql: Connection, payer: UUID, request_key: str) -> Session | None:
    """Return what an earlier try of the same request made."""
    return _one(await sql.fetchrow(_BY_REQUEST, payer, request_key))


async def live_of(sql: Connection, payer: UUID) -> Sequence[Session]:
    """Return what ``payer`` has offered or open."""
    return [read(row) for row in await sql.fetch(_OF_PAYER, payer)]


async def recent_of(sql: Connection, payer: UUID) -> Sequence[Session]:
    """Return the last 50 sessions of ``payer``, newest first."""
    return [read(row) for row in await sql.fetch(_RECENT, payer)]


async def live_at(sql: Connection, node: UUID) -> Sequence[Session]:
    """Return what is offered to or open at ``node``."""
    return [read(row) for row in await sql.fetch(_OF_NODE, node)]


async def taken_at(tx: Tx, node: UUID) -> frozenset[str]:
    """Return the tunnel addresses in use at ``node``, as text."""
    rows = await tx.sql.fetch(_TAKEN, node)
    return frozenset(text for row in rows for text in (row["v4"], row["v6"]))


def read(row: asyncpg.Record) -> Session:
    """Return the session in a row of ``_COLUMNS``."""
    fields = dict(row)
    said = {
        f"said_by_{role}": _figures(*(fields.pop(f"{role}_{what}") for what in _FIGURES))
        for role in ("node", "guest")
    }
    return Session(
        **{
            **fields,
            **said,
            "state": State(row["state"]),
            "protocol": Protocol(row["protocol"]),
            "assigned4": ip_address(row["assigned4"]),
            "assigned6": ip_address(row["assigned6"]),
        }
    )


def _figures(up: int | None, down: int | None, elapsed_ms: int | None) -> Figures | None:
    if up is None or down is None:
        return None
    return Figures(up_bytes=up, down_bytes=down, elapsed_ms=elapsed_ms or 0)


def _one(row: asyncpg.Record | None) -> Session | None:
    return None if row is None else read(row)

"""Guests' aliases: the same for a day on one node, and like nobody's on any other day or node."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

KEY_BYTES: Final = 32
ALIAS_BYTES: Final = 16
_TAG: Final = b"worldvpn alias v1"
#: A day's key is destroyed when the day after it is over.
_KEPT_DAYS: Final = 2

_MAKE: Final = "INSERT INTO alias_key (day, key) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_KEY: Final = "SELECT key FROM alias_key WHERE day = $1"
_KEYS: Final = "SELECT key FROM alias_key WHERE day > $1"
_DESTROY: Final = "DELETE FROM alias_key WHERE day <= $1"


def alias(key: bytes, node: UUID, guest: UUID) -> bytes:
    """Return what ``guest`` is called at ``node`` on the day of ``key``. Pure."""
    return hmac.digest(key, _TAG + node.bytes + guest.bytes, hashlib.sha256)[:ALIAS_BYTES]


async def key_of(sql: Connection, day: date) -> bytes:
    """Return the key of ``day``, made when it is asked for first."""
    await sql.execute(_MAKE, day, secrets.token_bytes(KEY_BYTES))
    key: bytes = await sql.fetchval(_KEY, day)
    return key


async def known_key(sql: Connection, day: date) -> bytes | None:
    """Return the key of ``day``; None: nobody has been named by it yet, or it is destroyed."""
    key: bytes | None = await sql.fetchval(_KEY, day)
    return key


async def alias_of(sql: Connection, node: UUID, guest: UUID, began: datetime) -> str | None:
    """Return what a node is told that ``guest`` is called, in hexadecimal; None: the key is gone.

    It is that of the day on which the session began: another one would link two days.
    """
    key: bytes | None = await sql.fetchval(_KEY, began.date())
    return None if key is None else alias(key, node, guest).hex()


async def kept_keys(sql: Connection, now: datetime) -> tuple[bytes, ...]:
    """Return the keys that are not to be destroyed yet."""
    rows = await sql.fetch(_KEYS, _last_destroyed(now))
    return tuple(row["key"] for row in rows)


async def destroy_old(sql: Connection, now: datetime) -> None:
    """Destroy keys whose 48 h are over: nobody can link their aliases any more, nor can we."""
    await sql.execute(_DESTROY, _last_destroyed(now))


def _last_destroyed(now: datetime) -> date:
    return now.date() - timedelta(days=_KEPT_DAYS)

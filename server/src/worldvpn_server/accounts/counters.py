"""Counters of ``limits`` in PostgreSQL: correct across processes, and lost in a crash only."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from limits.aio.storage import Storage

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database

_INCREASE: Final = """
INSERT INTO throttle AS known (key, count, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET
    count = excluded.count + CASE WHEN known.expires_at > $4 THEN known.count ELSE 0 END,
    expires_at = CASE WHEN known.expires_at > $4 THEN known.expires_at ELSE excluded.expires_at END
RETURNING count
"""
_GET: Final = "SELECT count FROM throttle WHERE key = $1 AND expires_at > $2"
_EXPIRY: Final = "SELECT expires_at FROM throttle WHERE key = $1 AND expires_at > $2"
_CLEAR: Final = "DELETE FROM throttle WHERE key = $1"
_FORGET: Final = "DELETE FROM throttle WHERE expires_at <= $1"


class PostgresCounters(Storage):
    """The table ``throttle`` as a storage of fixed windows."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__()
        self._database = database
        self._clock = clock

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return ()

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = self._clock.now()
        async with self._database.read() as sql:
            ends = now + timedelta(seconds=expiry)
            return int(await sql.fetchval(_INCREASE, key, amount, ends, now))

    async def get(self, key: str) -> int:
        async with self._database.read() as sql:
            return int(await sql.fetchval(_GET, key, self._clock.now()) or 0)

    async def get_expiry(self, key: str) -> float:
        now = self._clock.now()
        async with self._database.read() as sql:
            return float((await sql.fetchval(_EXPIRY, key, now) or now).timestamp())

    async def check(self) -> bool:
        async with self._database.read() as sql:
            return bool(await sql.fetchval("SELECT true"))

    async def reset(self) -> int | None:
        async with self._database.read() as sql:
            return int((await sql.execute("DELETE FROM throttle")).split()[-1])

    async def clear(self, key: str) -> None:
        async with self._database.read() as sql:
            await sql.execute(_CLEAR, key)

    async def forget(self) -> None:
        """Delete the windows that are over."""
        async with self._database.read() as sql:
            await sql.execute(_FORGET, self._clock.now())

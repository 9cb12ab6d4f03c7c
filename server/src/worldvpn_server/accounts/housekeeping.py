"""Rows about sign-ins that have served their time."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import attrs

from worldvpn_server.accounts.counters import PostgresCounters
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database
from worldvpn_server.operations.jobs import Job

_INTERVAL_S: Final = 600.0
#: How long each kind is kept past its end: the keys of a revoked device cannot come back before.
_KEPT: Final = (
    ("DELETE FROM device_proof WHERE expires_at < $1", timedelta(0)),
    ("DELETE FROM login WHERE expires_at < $1", timedelta(days=1)),
    ("DELETE FROM signup WHERE day < $1::timestamptz::date", timedelta(days=1)),
    ("DELETE FROM device WHERE revoked_at < $1", timedelta(days=90)),
)


@attrs.frozen(kw_only=True)
class Housekeeping:
    """Deletes what is over."""

    database: Database
    clock: Clock
    counters: PostgresCounters

    async def sweep(self) -> None:
        """Delete each kind, in a statement of its own."""
        now = self.clock.now()
        async with self.database.read() as sql:
            for statement, kept in _KEPT:
                await sql.execute(statement, now - kept)
        await self.counters.forget()

    def jobs(self) -> tuple[Job, ...]:
        """Return what keeps the tables small."""
        return (Job(name="accounts-sweep", interval_s=_INTERVAL_S, work=self.sweep),)

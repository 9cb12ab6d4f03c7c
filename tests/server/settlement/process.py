"""The parts of a server process that settle, composed as the server does it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import attrs

from tests.server.settlement.rig import Rig
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database
from worldvpn_server.events.bus import PostgresBus
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.settlement.service import Settlement


@attrs.frozen(kw_only=True)
class Process:
    """What one process has."""

    database: Database
    bus: PostgresBus
    ledger: PostgresLedger
    rig: Rig
    settlement: Settlement

    def at(self, clock: Clock) -> Settlement:
        """Return settling as of another time."""
        return Settlement.over(self.database, clock, self.ledger, self.bus, 1.0)


@contextlib.asynccontextmanager
async def opened(dsn: str, clock: Clock) -> AsyncIterator[Process]:
    """Open a process on ``dsn``, with connections of its own."""
    database = await Database.open(dsn, most_connections=4)
    try:
        async with PostgresBus.opened(database, dsn) as bus:
            ledger = PostgresLedger(database, clock, bus)
            settlement = Settlement.over(database, clock, ledger, bus, 1.0)
            yield Process(
                database=database,
                bus=bus,
                ledger=ledger,
                rig=Rig(database, ledger, clock),
                settlement=settlement,
            )
            await settlement.close()
    finally:
        await database.close()

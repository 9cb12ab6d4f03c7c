"""The composition root: the only place that knows which part stands on which."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from worldvpn_server.accounts.revocations import Revocations
from worldvpn_server.accounts.tokens import Tokens
from worldvpn_server.clock import Clock
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.pool import Database
from worldvpn_server.events.bus import PostgresBus
from worldvpn_server.events.snapshot import Snapshot
from worldvpn_server.events.streams import Streams
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.services import Services
from worldvpn_server.settlement.service import Settlement


@contextlib.asynccontextmanager
async def opened(config: ServerConfig, dsn: str, clock: Clock) -> AsyncIterator[Services]:
    """Open every part of one process on the migrated database ``dsn``; close them in reverse."""
    async with contextlib.AsyncExitStack() as stack:
        database = await Database.open(dsn)
        stack.push_async_callback(database.close)
        keys = KeyRing.open(config.keys, clock)
        bus = await stack.enter_async_context(PostgresBus.opened(database, dsn))
        revocations = await stack.enter_async_context(Revocations.opened(database, bus, clock))
        tokens = Tokens(keys, revocations, clock)
        snapshots: tuple[Snapshot, ...] = ()
        ledger = PostgresLedger(database, clock, bus)
        settlement = Settlement.over(database, clock, ledger, bus, config.payout_interval_s)
        stack.push_async_callback(settlement.close)
        yield Services(
            config=config,
            clock=clock,
            database=database,
            bus=bus,
            keys=keys,
            revocations=revocations,
            tokens=tokens,
            streams=Streams(bus=bus, holder=tokens, snapshots=snapshots),
            snapshots=snapshots,
            ledger=ledger,
            settlement=settlement,
            jobs=(*keys.jobs(), *revocations.jobs(), *settlement.jobs()),
        )

"""The composition root: the only place that knows which part stands on which."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from worldvpn_server.accounts.hashing import Argon2Hasher
from worldvpn_server.accounts.pseudonyms import Pseudonyms
from worldvpn_server.accounts.revocations import Revocations
from worldvpn_server.accounts.service import Accounts, Ground
from worldvpn_server.accounts.tokens import Tokens
from worldvpn_server.clock import Clock
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.pool import Database
from worldvpn_server.directory.files import Publisher
from worldvpn_server.directory.heartbeats import Heartbeats
from worldvpn_server.directory.networks import Networks
from worldvpn_server.directory.presence import MemoryPresence
from worldvpn_server.directory.shelf import Shelf
from worldvpn_server.directory.store import PostgresDirectory
from worldvpn_server.directory.streaming import StreamBeats
from worldvpn_server.events.bus import PostgresBus
from worldvpn_server.events.regions import DirectorySnapshot
from worldvpn_server.events.snapshot import Snapshot
from worldvpn_server.events.streams import Streams
from worldvpn_server.http.idempotency import Once
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.ledger.origin import origin_of
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.ledger.published import Published
from worldvpn_server.ledger.sealer import Sealer
from worldvpn_server.ledger.snapshot import BalanceSnapshot
from worldvpn_server.reach.holes import Holes, private_keys
from worldvpn_server.reach.prober import Prober
from worldvpn_server.services import Services
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.service import Sessions
from worldvpn_server.settlement.service import Settlement
from worldvpn_server.transparency import carried


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
        ledger = PostgresLedger(database, clock, bus)
        sealer = Sealer(
            database,
            clock,
            keys,
            origin_of(keys.root_public()),
            Published(config.data / "checkpoints"),
        )
        settlement = Settlement.over(database, clock, ledger, bus, config.payout_interval_s)
        stack.push_async_callback(settlement.close)
        presence = MemoryPresence(database, clock)
        shelf = Shelf(database)
        publisher = Publisher(
            database=database,
            clock=clock,
            keys=keys,
            bus=bus,
            interval_s=config.directory_interval_s,
        )
        networks = Networks.open(config.keys)
        directory = PostgresDirectory(database, clock, networks)
        holes = Holes(
            config=config,
            clock=clock,
            database=database,
            bus=bus,
            keys=private_keys(Pseudonyms.open(config.keys)),
        )
        sessions = Sessions.on(
            Parts(
                database=database,
                clock=clock,
                bus=bus,
                ledger=ledger,
                directory=directory,
                keys=keys,
                settler=settlement,
                punch=holes.parameters,
            )
        )
        once = Once(database, clock)
        accounts = Accounts.over(
            Ground(
                database=database,
                clock=clock,
                bus=bus,
                treasury=ledger,
                issuer=tokens,
                revocations=revocations,
                hasher=stack.enter_context(Argon2Hasher.started()),
                pseudonyms=Pseudonyms.open(config.keys),
                sessions=sessions.endings,
                nodes=directory,
                audience=keys.root_public(),
                lab_ranges=config.lab_ranges,
            )
        )
        snapshots: tuple[Snapshot, ...] = (
            BalanceSnapshot(ledger),
            sessions.views.snapshot,
            DirectorySnapshot(database),
        )
        streams = Streams(bus=bus, holder=tokens, snapshots=snapshots)
        streaming = StreamBeats(database=database, presence=presence, callers=streams.callers)
        prober = Prober.over(config, clock, database, bus)
        yield Services(
            config=config,
            clock=clock,
            database=database,
            bus=bus,
            keys=keys,
            revocations=revocations,
            tokens=tokens,
            streams=streams,
            snapshots=snapshots,
            ledger=ledger,
            settlement=settlement,
            directory=directory,
            networks=networks,
            sessions=sessions,
            accounts=accounts,
            once=once,
            presence=presence,
            heartbeats=Heartbeats(database, clock, presence),
            shelf=shelf,
            prober=prober,
            holes=holes,
            jobs=(
                *keys.jobs(),
                *bus.jobs(),
                *revocations.jobs(),
                *settlement.jobs(),
                *sealer.jobs(),
                *presence.jobs(),
                *streaming.jobs(),
                *publisher.jobs(),
                *shelf.jobs(),
                *sessions.jobs(),
                *once.jobs(),
                *accounts.jobs(),
                *prober.jobs(),
                *carried.jobs(database, clock),
            ),
        )

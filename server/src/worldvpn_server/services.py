"""All that routes and jobs stand on, made once a process by ``http.app``'s caller."""

from __future__ import annotations

import attrs

from worldvpn_server.accounts.revocations import Revocations
from worldvpn_server.accounts.service import Accounts
from worldvpn_server.accounts.tokens import Tokens
from worldvpn_server.clock import Clock
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.pool import Database
from worldvpn_server.directory.heartbeats import Heartbeats
from worldvpn_server.directory.networks import Networks
from worldvpn_server.directory.presence import MemoryPresence
from worldvpn_server.directory.shelf import Shelf
from worldvpn_server.directory.store import PostgresDirectory
from worldvpn_server.events.bus import PostgresBus
from worldvpn_server.events.snapshot import Snapshot
from worldvpn_server.events.streams import Streams
from worldvpn_server.http.idempotency import Once
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.operations.jobs import Job
from worldvpn_server.reach.holes import Holes
from worldvpn_server.reach.prober import Prober
from worldvpn_server.sessions.service import Sessions
from worldvpn_server.settlement.service import Settlement


@attrs.frozen(kw_only=True)
class Services:
    """The parts of one server process."""

    config: ServerConfig
    clock: Clock
    database: Database
    bus: PostgresBus
    keys: KeyRing
    revocations: Revocations
    tokens: Tokens
    streams: Streams
    snapshots: tuple[Snapshot, ...]
    ledger: PostgresLedger
    settlement: Settlement
    networks: Networks
    sessions: Sessions
    accounts: Accounts
    once: Once
    directory: PostgresDirectory
    presence: MemoryPresence
    heartbeats: Heartbeats
    shelf: Shelf
    prober: Prober
    holes: Holes
    #: What goes on in the background; ``operations.runner`` runs it.
    jobs: tuple[Job, ...] = ()

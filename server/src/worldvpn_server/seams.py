"""The seams: what leaves PostgreSQL first when one of it is no longer enough.

Each method that changes something takes the caller's transaction and is idempotent by a key, so
that an engine without it can be fed from an outbox instead (docs/operating.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from worldvpn_server.database.pool import Tx
from worldvpn_server.directory.values import (
    Candidate,
    Listing,
    NodeRecord,
    Offer,
    Query,
    Status,
)
from worldvpn_server.events.values import Cursor, Delivered, Event, Subscription
from worldvpn_server.ledger.values import Balance, Entry, Held, Journal, Release


class Ledger(Protocol):
    """Money, by account. No transaction posts to two users' accounts."""

    async def hold(self, tx: Tx, account: UUID, key: bytes, ticks: int) -> Held:
        """Move ``ticks`` from promo, then available, to held. The same ``key`` again: the same.

        Raises:
            CreditError: there is less; nothing was moved.
        """

    async def settle(self, tx: Tx, account: UUID, key: bytes, spent: Held) -> bool:
        """Move what was ``spent`` out of held to clearing; False: ``key`` did it before."""

    async def release(self, tx: Tx, release: Release) -> bool:
        """Give back what is held and will not be spent; False: its key did it before."""

    async def balance(self, account: UUID) -> Balance:
        """Return what an account has."""

    async def history(self, account: UUID, *, before: UUID | None, limit: int) -> Sequence[Entry]:
        """Return at most ``limit`` journals that changed credits, newest first, from ``before``."""


class Treasury(Protocol):
    """The system's side of the ledger: grants, payouts, vesting, penalties, reversals."""

    async def post(self, tx: Tx, journal: Journal) -> bool:
        """Post ``journal``; False: its key was posted before.

        Raises:
            LedgerError: it does not sum to zero, a balance would go below zero, or its key was
                posted with other lines.
        """

    async def post_many(self, tx: Tx, journals: Sequence[Journal]) -> Sequence[bool]:
        """Post ``journals`` in one round trip; in their order, what ``post`` returns for each."""


class Bus(Protocol):
    """Events: written with what they tell of, read in order, never lost."""

    async def publish(self, tx: Tx, *events: Event) -> None:
        """Write ``events`` to the outbox; readers are hinted after the commit."""

    def subscribe(self, topics: Sequence[UUID], device: UUID | None = None) -> Subscription:
        """Return a queue of what is published on ``topics`` from now on, in every process."""

    async def since(
        self, topics: Sequence[UUID], device: UUID | None, cursor: Cursor
    ) -> Sequence[Delivered] | None:
        """Return what came after ``cursor``; None: too long ago, a snapshot is needed."""

    def head(self) -> Cursor:
        """Return how far this process has read."""

    async def run(self) -> None:
        """Read the outbox and hand out, until cancelled."""


class Presence(Protocol):
    """Which nodes live: held by the process that hears them."""

    def beat(self, node: UUID, connections: int) -> None:
        """Take note that ``node`` is alive now."""

    def seen_at(self, node: UUID) -> datetime | None:
        """Return when this process heard ``node`` last; None: never."""

    async def flush(self) -> int:
        """Write what was heard since the last flush in one statement; return how many."""

    async def sweep(self) -> Sequence[UUID]:
        """Mark stale and offline what was not heard for too long; return what changed."""


class DirectoryStore(Protocol):
    """What nodes offer, and who is chosen."""

    async def put(self, tx: Tx, offer: Offer) -> NodeRecord:
        """Make or replace a node: one a device, and one of compatible clients an account.

        Raises:
            InvalidError: there is no such country.
            ConflictError: the device has another node.
            NotFoundError: the node is somebody else's.
        """

    async def find(self, query: Query) -> Sequence[Listing]:
        """Return what clients may see, by reputation descending, then latency ascending."""

    async def candidates(self, query: Query) -> Sequence[Candidate]:
        """Return nodes that a session could use, the one to try first in front."""

    async def mark(self, tx: Tx, node: UUID, status: Status) -> bool:
        """Set a node's status; False: it had it."""

    async def own(self, account: UUID, device: UUID | None) -> NodeRecord | None:
        """Return the node of a device."""

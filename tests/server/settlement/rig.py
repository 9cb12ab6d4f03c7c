"""People, nodes and open sessions with their keys, on a real ledger."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.credit.lengths import NO_HASH
from worldvpn_core.credit.receipt import Receipt, Role
from worldvpn_core.credit.units import CREDIT_TICKS, MEBIBYTE, PRICE_TICKS
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.keys import journal_key
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.ledger.values import Bucket, Journal, Kind
from worldvpn_server.ledger.welcome import open_wallet

#: 1 Gbit/s.
RATE_BPS: Final = 1_000_000_000
CAP_BYTES: Final = 20 * MEBIBYTE
LASTING: Final = timedelta(hours=4)

_ACCOUNT: Final = """
INSERT INTO account (id, name, name_key, skeleton, password_hash, recovery_hash, created_at)
VALUES ($1, $2, $2, $2, '', '', $3)
"""
_NODE: Final = """
INSERT INTO node (id, account, status, listed, country, region, city, node_group, protocols,
    bandwidth_mbps, most_guests, daily_bytes, allow_streaming, allow_torrents, inner4, inner6,
    rated_at, created_at, changed_at)
VALUES ($1, $2, 1, true, 'NL', 155, '', 'community', '{WireGuard}', 1000, 10, 1, true, true,
    '10.0.0.0/24', 'fd00::/64', $3, $3, $3)
"""
_SESSION: Final = """
INSERT INTO session (id, payer, owner, node, state, protocol, guest_x25519, guest_ed25519,
    node_ed25519, assigned4, assigned6, client_country, counted, independent, salt, price_ticks,
    holds, cap_bytes, held_promo_ticks, held_available_ticks, subsidised_bytes, rate_bps,
    created_at, opened_at, expires_at)
VALUES ($1, $2, $3, $4, 2, 'WireGuard', $5, $6, $7, $15, $16, 'XX', false, true, $8,
    5, 1, $9, $10, $11, $12, $13, $14, $14, $17)
"""
_TICKET: Final = """
INSERT INTO ticket (hash, session, number, cap_bytes, not_after, signed)
VALUES ($1, $2, $3, $4, $5, '')
"""
_TOP_UP: Final = """
UPDATE session SET holds = holds + 1, cap_bytes = cap_bytes + $2,
    held_promo_ticks = held_promo_ticks + $3, held_available_ticks = held_available_ticks + $4
WHERE id = $1 RETURNING holds, cap_bytes, expires_at
"""


@attrs.define(eq=False)
class Opened:
    """An open session, and the keys of both ends."""

    id: UUID
    payer: UUID
    owner: UUID
    node: UUID
    ticket: bytes
    guest: Ed25519PrivateKey
    peer: Ed25519PrivateKey

    def word(  # noqa: PLR0913 - the fields of a receipt
        self,
        role: Role,
        total_bytes: int,
        *,
        sequence: int = 1,
        up_bytes: int = 0,
        elapsed_ms: int = 60_000,
        ticket: bytes | None = None,
    ) -> bytes:
        """Return a receipt signed by ``role``; what is not up is down."""
        receipt = Receipt(
            role=role,
            ticket=ticket or self.ticket,
            sequence=sequence,
            up_bytes=up_bytes,
            down_bytes=total_bytes - up_bytes,
            elapsed_ms=elapsed_ms,
            previous=NO_HASH,
        )
        return receipt.sign(self.peer if role is Role.NODE else self.guest)

    def pair(self, total_bytes: int, *, sequence: int = 1, elapsed_ms: int = 60_000) -> list[bytes]:
        """Return what both ends sign when they agree."""
        return [
            self.word(role, total_bytes, sequence=sequence, elapsed_ms=elapsed_ms) for role in Role
        ]


@attrs.define(eq=False)
class Rig:
    """Makes them."""

    database: Database
    ledger: PostgresLedger
    clock: Clock

    async def person(self, *, available_credits: int = 0) -> UUID:
        """Make an account with 100 credits of promo, and some that are its own."""
        account = new_id()

        async def work(tx: Tx) -> None:
            await tx.sql.execute(_ACCOUNT, account, str(account), self.clock.now())
            await open_wallet(tx, self.ledger, account)
            if available_credits:
                await self.ledger.post(tx, grant(account, available_credits * CREDIT_TICKS))

        await self.database.run(work)
        return account

    async def node(self, owner: UUID) -> UUID:
        """Make a node of ``owner``."""
        node = new_id()
        async with self.database.transaction() as tx:
            await tx.sql.execute(_NODE, node, owner, self.clock.now())
        return node

    async def session(  # noqa: PLR0913 - what differs between sessions
        self,
        payer: UUID,
        node: UUID,
        owner: UUID,
        *,
        cap_bytes: int = CAP_BYTES,
        subsidised_bytes: int = 0,
        rate_bps: int = RATE_BPS,
        compat: bool = False,
    ) -> Opened:
        """Open a session with one ticket, held for as the server does it."""
        made = Opened(
            id=new_id(),
            payer=payer,
            owner=owner,
            node=node,
            ticket=os.urandom(32),
            guest=Ed25519PrivateKey.generate(),
            peer=Ed25519PrivateKey.generate(),
        )
        salt, now = os.urandom(32), self.clock.now()

        async def work(tx: Tx) -> None:
            held = await self.ledger.hold(
                tx, payer, journal_key(salt, "hold", 1), PRICE_TICKS * cap_bytes
            )
            await tx.sql.execute(
                _SESSION,
                *(made.id, payer, owner, node, os.urandom(32)),
                None if compat else made.guest.public_key().public_bytes_raw(),
                made.peer.public_key().public_bytes_raw(),
                *(salt, cap_bytes, held.promo_ticks, held.available_ticks),
                *(subsidised_bytes, rate_bps, now, *_addresses(made.id), now + LASTING),
            )
            await tx.sql.execute(_TICKET, made.ticket, made.id, 1, cap_bytes, now + LASTING)

        await self.database.run(work)
        return made

    async def top_up(self, session: Opened, extra_bytes: int) -> bytes:
        """Grant another ticket of ``session``; return its hash."""
        ticket = os.urandom(32)

        async def work(tx: Tx) -> None:
            await tx.sql.fetchval("SELECT 1 FROM session WHERE id = $1 FOR UPDATE", session.id)
            held = await self.ledger.hold(
                tx, session.payer, os.urandom(32), PRICE_TICKS * extra_bytes
            )
            row = await tx.sql.fetchrow(
                _TOP_UP, session.id, extra_bytes, held.promo_ticks, held.available_ticks
            )
            assert row is not None
            await tx.sql.execute(
                _TICKET, ticket, session.id, row["holds"], row["cap_bytes"], row["expires_at"]
            )

        await self.database.run(work)
        return ticket

    async def end(self, session: Opened) -> None:
        """End ``session`` as a disconnect does."""
        async with self.database.transaction() as tx:
            await tx.sql.execute(
                "UPDATE session SET state = 3, ended_at = $2 WHERE id = $1 AND state = 2",
                session.id,
                self.clock.now(),
            )

    async def settled_bytes(self, session: Opened) -> int | None:
        """Return how much of ``session`` is settled; None: its row is gone."""
        async with self.database.read() as sql:
            found: int | None = await sql.fetchval(
                "SELECT settled_bytes FROM session WHERE id = $1", session.id
            )
        return found

    async def wallets(self, accounts: Sequence[UUID]) -> list[tuple[int, ...]]:
        """Return promo, available, held, vesting, debt of each."""
        found = [await self.ledger.balance(each) for each in accounts]
        return [attrs.astuple(each) for each in found]


def grant(account: UUID, ticks: int) -> Journal:
    """Return a grant of ``ticks``."""
    lines = ((Bucket.MINT, -ticks), (Bucket.AVAILABLE, ticks))
    return Journal(account=account, key=os.urandom(32), kind=Kind.GRANT, lines=lines)


def _addresses(session: UUID) -> tuple[str, str]:
    word = hashlib.sha256(session.bytes).hexdigest()
    return (
        f"10.{int(word[:2], 16)}.{int(word[2:4], 16)}.{int(word[4:6], 16)}",
        f"fd00::{word[:4]}:{word[4:8]}",
    )

"""The sealer: chains what was committed into the Merkle tree and signs its head, every second.

It runs apart from the transactions that post, for a chain head inside each of them would make all
of them wait for each other. Journals behind the horizon have no predecessor still to come, thus
their order by position and id is final.
"""

from __future__ import annotations

from typing import Final, Protocol

import attrs

from worldvpn_core.credit.manifest import Use
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.keys.ring import Signer
from worldvpn_server.ledger.leaf import encoded
from worldvpn_server.ledger.merkle import Frontier, leaf_hash
from worldvpn_server.ledger.note import TreeHead, signed
from worldvpn_server.ledger.published import Published
from worldvpn_server.ledger.rows import LEAF_COLUMNS, sealed
from worldvpn_server.operations.jobs import Job

_INTERVAL_S: Final = 1.0
_MOST_AT_ONCE: Final = 4_096
#: Levels of which inner hashes are kept: a proof reads at most 255 hashes of each.
KEPT_LEVELS: Final = 8

#: The lock that ledger_seal takes too: two sealers wait for each other instead of failing.
_LOCK: Final = "SELECT pg_advisory_xact_lock(1465274195)"
_LAST: Final = """
SELECT size, frontier, seal.position, seal.journal
FROM checkpoint JOIN seal ON leaf = size - 1 ORDER BY size DESC LIMIT 1
"""
_NEXT: Final = (
    LEAF_COLUMNS
    + """
FROM journal WHERE (position, id) > ($1, $2) AND position < tx_horizon()
ORDER BY position, id LIMIT $3
"""
)
_SEAL: Final = "SELECT ledger_seal($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_BEFORE_ALL: Final = (-1, "00000000-0000-0000-0000-000000000000")


class Signers(Protocol):
    """Where the key that signs now comes from: ``keys.ring.KeyRing``."""

    def signer(self, use: Use) -> Signer:
        """Return the key that signs for ``use``."""


@attrs.frozen
class Sealer:
    """Seals the ledger under the name ``origin``, and publishes its checkpoints."""

    _database: Database
    _clock: Clock
    _signers: Signers
    _origin: str
    _published: Published

    async def seal(self) -> int:
        """Seal all that can be, publish it, and return how many journals that were.

        Raises:
            LedgerError: the database has lost journals that were published.
        """
        # First, so that a database that was set back is not sealed over.
        await self._published.catch_up(self._database)
        total = 0
        while True:
            added = await self._database.run(self._seal_some)
            total += added
            await self._published.catch_up(self._database)
            if added < _MOST_AT_ONCE:
                return total

    def jobs(self) -> tuple[Job, ...]:
        """Return what seals: in one process of all at a time."""
        return (Job(name="ledger-seal", interval_s=_INTERVAL_S, work=self.seal),)

    async def _seal_some(self, tx: Tx) -> int:
        await tx.sql.execute(_LOCK)
        last = await tx.sql.fetchrow(_LAST)
        frontier = Frontier() if last is None else Frontier.load(last["size"], last["frontier"])
        after = _BEFORE_ALL if last is None else (last["position"], last["journal"])
        rows = await tx.sql.fetch(_NEXT, *after, _MOST_AT_ONCE)
        if not rows:
            return 0
        hashes = [leaf_hash(encoded(sealed(row))) for row in rows]
        inner = [
            each
            for hash_ in hashes
            for each in frontier.append(hash_)
            if each.level % KEPT_LEVELS == 0
        ]
        now = self._clock.now().replace(microsecond=0)
        head = TreeHead(
            origin=self._origin,
            size=frontier.size,
            root=frontier.root(),
            time_s=int(now.timestamp()),
        )
        await tx.sql.execute(
            _SEAL,
            [row["id"] for row in rows],
            hashes,
            [each.level for each in inner],
            [each.index for each in inner],
            [each.hash for each in inner],
            head.root,
            bytes(frontier),
            signed(head, self._signers.signer(Use.CHECKPOINT).key),
            now,
        )
        return len(rows)

"""The chain, recomputed: every journal is the leaf that it was sealed as, under every head."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import asyncpg
import attrs

from worldvpn_server.ledger.findings import Findings
from worldvpn_server.ledger.leaf import Sealed, encoded
from worldvpn_server.ledger.merkle import Frontier, Subtree, leaf_hash
from worldvpn_server.ledger.note import NoteError, TreeHead, opened
from worldvpn_server.ledger.rows import LEAF_COLUMNS, sealed
from worldvpn_server.ledger.sealer import KEPT_LEVELS
from worldvpn_server.ledger.trust import Trust
from worldvpn_server.ledger.values import Bucket, Kind

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

_PREFETCH: Final = 1_000
#: The sealer runs every second: a journal that waits longer is hidden from it, or it is dead.
_UNSEALED: Final = timedelta(minutes=1)
_KINDS: Final = frozenset(Kind)
_BUCKETS: Final = frozenset(Bucket)

_JOURNALS: Final = LEAF_COLUMNS + " FROM journal ORDER BY position, id"
_SEALS: Final = "SELECT leaf, journal, position, hash FROM seal ORDER BY leaf"
_HEADS: Final = """
SELECT size, root, frontier, position, note, created_at FROM checkpoint ORDER BY size
"""
#: In the order in which they are completed.
_NODES: Final = """
SELECT level, index, hash FROM tree_node ORDER BY (index::numeric + 1) * (1::bigint << level), level
"""


@attrs.define(eq=False)
class Chain:
    """Walks journals, seals, inner hashes and heads side by side, once."""

    _sql: Connection
    _trust: Trust
    _findings: Findings
    _now: datetime
    #: Heads that were kept elsewhere, by size.
    _kept: Mapping[int, Iterable[TreeHead]]
    journals: int = attrs.field(default=0, init=False)
    checkpoints: int = attrs.field(default=0, init=False)
    _frontier: Frontier = attrs.field(factory=Frontier, init=False)
    _newest: TreeHead | None = attrs.field(default=None, init=False)

    async def walk(self) -> None:
        """Add to the findings whatever is not as it was sealed and signed."""
        seals, nodes, heads = (self._rows(each) for each in (_SEALS, _NODES, _HEADS))
        seal, head = await _next(seals), await _next(heads)
        async for row in self._rows(_JOURNALS):
            self.journals += 1
            journal = sealed(row)
            self._balanced(journal)
            if seal is None:
                self._waiting(journal)
                continue
            hash_ = leaf_hash(encoded(journal))
            self._sealed_as(journal, hash_, seal)
            for subtree in self._frontier.append(hash_):
                if subtree.level % KEPT_LEVELS == 0:
                    self._kept_as(subtree, await _next(nodes))
            while head is not None and head["size"] <= self._frontier.size:
                self._headed(head, seal)
                head = await _next(heads)
            self._kept_elsewhere()
            seal = await _next(seals)
        if seal is not None:
            self._findings.add("lost", f"leaf {seal['leaf']} was sealed and has no journal")
        if await _next(nodes) is not None:
            self._findings.add("tree", "there are inner hashes beyond the tree")
        while head is not None:
            self._findings.add("checkpoint", f"of {head['size']} leaves, which are not there")
            head = await _next(heads)
        self._ended()

    def _balanced(self, journal: Sealed) -> None:
        wrong = (
            "has no postings" * (not journal.postings)
            or "does not sum to zero" * (sum(ticks for _, ticks in journal.postings) != 0)
            or "has a posting of nothing" * (not all(ticks for _, ticks in journal.postings))
            or "is of no known kind" * (journal.kind not in _KINDS)
            or "is in no known bucket" * any(at not in _BUCKETS for at, _ in journal.postings)
        )
        if wrong:
            self._findings.add("journal", f"{journal.id} {wrong}")

    def _waiting(self, journal: Sealed) -> None:
        if self._now - journal.created_at > _UNSEALED:
            self._findings.add("unsealed", f"journal {journal.id} waits since {journal.created_at}")

    def _sealed_as(self, journal: Sealed, hash_: bytes, seal: asyncpg.Record) -> None:
        leaf = self._frontier.size
        said = (seal["leaf"], seal["journal"], seal["position"], seal["hash"])
        if said != (leaf, journal.id, journal.position, hash_):
            self._findings.add("leaf", f"{leaf}: journal {journal.id} is not as it was sealed")

    def _kept_as(self, subtree: Subtree, node: asyncpg.Record | None) -> None:
        if node is None or tuple(node) != (subtree.level, subtree.index, subtree.hash):
            self._findings.add("tree", f"inner hash {subtree.level}/{subtree.index} is another")

    def _headed(self, row: asyncpg.Record, seal: asyncpg.Record) -> None:
        self.checkpoints += 1
        head = TreeHead(
            origin=self._trust.origin,
            size=self._frontier.size,
            root=self._frontier.root(),
            time_s=int(row["created_at"].timestamp()),
        )
        said = (row["size"], row["root"], row["frontier"], row["position"])
        due = (head.size, head.root, bytes(self._frontier), seal["position"])
        if said != due or row["created_at"].microsecond:
            self._findings.add("checkpoint", f"of {row['size']} leaves is not the tree's")
        self._newest = None
        try:
            self._newest = opened(row["note"], self._trust.believed)
        except NoteError as error:
            if not (self._trust.some_revoked and row["note"].startswith(head.body() + "\n")):
                self._findings.add("checkpoint", str(error))
        else:
            if self._newest != head:
                self._findings.add("checkpoint", f"the one signed for {row['size']} leaves differs")

    def _kept_elsewhere(self) -> None:
        for head in self._kept.get(self._frontier.size, ()):
            if head.root != self._frontier.root():
                self._findings.add(
                    "rewritten", f"the first {head.size} journals are not those signed for then"
                )

    def _ended(self) -> None:
        size = self._frontier.size
        if size and (self._newest is None or self._newest.size != size):
            self._findings.add("checkpoint", f"none that is believed is of all {size} leaves")
        for kept in self._kept:
            if kept > size:
                self._findings.add(
                    "lost", f"a checkpoint was signed of {kept} leaves, here are {size}"
                )

    async def _rows(self, statement: str) -> AsyncIterator[asyncpg.Record]:
        async for row in self._sql.cursor(statement, prefetch=_PREFETCH):
            yield row


async def _next(rows: AsyncIterator[asyncpg.Record]) -> asyncpg.Record | None:
    return await anext(rows, None)

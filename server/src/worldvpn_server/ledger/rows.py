"""Journals out of the database as leaves: one statement for whoever hashes them."""

from __future__ import annotations

from typing import Final

import asyncpg

from worldvpn_server.ledger.leaf import Sealed

#: To be completed by FROM ... AS journal, with conditions.
LEAF_COLUMNS: Final = """
SELECT journal.id, journal.account, journal.key, journal.kind, journal.note,
    journal.created_at, journal.position,
    ARRAY(SELECT bucket FROM posting WHERE posting.journal = journal.id ORDER BY bucket) AS buckets,
    ARRAY(SELECT ticks FROM posting WHERE posting.journal = journal.id ORDER BY bucket) AS ticks,
    (SELECT reverses FROM reversal WHERE reversal.journal = journal.id) AS reverses
"""


def sealed(row: asyncpg.Record) -> Sealed:
    """Return a row of ``LEAF_COLUMNS`` as what its leaf says."""
    return Sealed(
        id=row["id"],
        account=row["account"],
        key=row["key"],
        kind=row["kind"],
        note=row["note"],
        created_at=row["created_at"],
        position=row["position"],
        postings=tuple(zip(row["buckets"], row["ticks"], strict=True)),
        reverses=row["reverses"],
    )

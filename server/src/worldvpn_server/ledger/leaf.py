"""A journal with all its postings as the bytes of a leaf: one encoding each, no two alike."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

_VERSION: Final = 1
#: version, id, account, reverses, kind, microseconds, position, lengths of key and note, postings.
_HEAD: Final = struct.Struct("!B16s16s16shqqIIH")
_POSTING: Final = struct.Struct("!hq")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING: Final = UUID(int=0)


@attrs.frozen(kw_only=True)
class Sealed:
    """All that a leaf says: a row of journal, its postings by bucket, and what it corrects."""

    id: UUID
    account: UUID
    key: bytes
    kind: int
    note: str
    created_at: datetime
    position: int
    postings: Sequence[tuple[int, int]]
    reverses: UUID | None = None


def encoded(journal: Sealed) -> bytes:
    """Return the leaf of ``journal``. Big-endian, lengths first, postings sorted by bucket."""
    note = journal.note.encode()
    head = _HEAD.pack(
        _VERSION,
        journal.id.bytes,
        journal.account.bytes,
        (journal.reverses or _NOTHING).bytes,
        journal.kind,
        (journal.created_at - _EPOCH) // timedelta(microseconds=1),
        journal.position,
        len(journal.key),
        len(note),
        len(journal.postings),
    )
    postings = (_POSTING.pack(*each) for each in sorted(journal.postings))
    return b"".join((head, journal.key, note, *postings))

"""Corrections: a journal is never changed, another one takes back what it did, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from worldvpn_server.database.pool import Tx
from worldvpn_server.errors import LedgerError, NotFoundError
from worldvpn_server.ledger.values import Bucket, Journal, Kind
from worldvpn_server.seams import Treasury

#: What a reversal may correct. A hold is released by its session, vesting is corrected by
#: reversing what was earned, and a wrong reversal by a grant or a penalty.
REVERSIBLE: Final = frozenset(
    {Kind.WELCOME, Kind.SPEND, Kind.EARN, Kind.GRANT, Kind.PENALTY, Kind.LATE}
)
#: Where ticks go back to, when not to where they came from. Holds belong to sessions that have
#: ended. Clearing is what is due to owners and stays so: payer's and owner's journals share no
#: id, each is corrected by itself, and the mint is even once both are.
_INSTEAD: Final[Mapping[Bucket, Bucket]] = {
    Bucket.HELD: Bucket.AVAILABLE,
    Bucket.DEBT: Bucket.AVAILABLE,
    Bucket.CLEARING: Bucket.MINT,
}

_JOURNAL: Final = "SELECT account, kind FROM journal WHERE id = $1"
_POSTINGS: Final = "SELECT bucket, ticks FROM posting WHERE journal = $1"
_DONE: Final = "SELECT EXISTS (SELECT FROM reversal WHERE reverses = $1)"
_VESTING: Final = """
SELECT id, ticks FROM vesting WHERE account = $1 ORDER BY due_at DESC, id DESC FOR UPDATE
"""
_SHORTEN: Final = "UPDATE vesting SET ticks = ticks - $2 WHERE id = $1"
_END: Final = "DELETE FROM vesting WHERE id = $1"


def reversed_lines(
    lines: tuple[tuple[Bucket, int], ...], vesting_ticks: int
) -> tuple[tuple[Bucket, int], ...]:
    """Return what takes back ``lines``, when ``vesting_ticks`` of the account still vest. Pure.

    What no longer vests is taken from available; what is not there either becomes debt, which
    the ledger sees to.
    """
    back: dict[Bucket, int] = {}
    for bucket, ticks in lines:
        to = _INSTEAD.get(bucket, bucket)
        back[to] = back.get(to, 0) - ticks
    excess = max(0, -back.get(Bucket.VESTING, 0) - vesting_ticks)
    if excess:
        back[Bucket.VESTING] += excess
        back[Bucket.AVAILABLE] = back.get(Bucket.AVAILABLE, 0) - excess
    return tuple((bucket, ticks) for bucket, ticks in back.items() if ticks)


async def reverse(tx: Tx, treasury: Treasury, journal: UUID, note: str) -> bool:
    """Take back what ``journal`` did; False: that was done before.

    Raises:
        NotFoundError: there is no such journal.
        LedgerError: journals of its kind are not corrected by a reversal.
    """
    row = await tx.sql.fetchrow(_JOURNAL, journal)
    if row is None:
        raise NotFoundError(f"there is no journal {journal}")
    kind = Kind(row["kind"])
    if kind not in REVERSIBLE:
        raise LedgerError(f"a journal of kind {kind.name} is not corrected by a reversal")
    postings = await tx.sql.fetch(_POSTINGS, journal)
    lines = tuple((Bucket(each["bucket"]), int(each["ticks"])) for each in postings)
    # Locked before it is asked whether it was done: two reversals at once are one.
    vesting = await tx.sql.fetch(_VESTING, row["account"])
    if await tx.sql.fetchval(_DONE, journal):
        return False
    back = reversed_lines(lines, sum(each["ticks"] for each in vesting))
    left = -sum(ticks for bucket, ticks in back if bucket is Bucket.VESTING)
    for each in vesting:
        if left <= 0:
            break
        taken = min(left, each["ticks"])
        left -= taken
        if taken == each["ticks"]:
            await tx.sql.execute(_END, each["id"])
        else:
            await tx.sql.execute(_SHORTEN, each["id"], taken)
    return await treasury.post(
        tx,
        Journal(
            account=row["account"],
            key=b"reversal" + journal.bytes,
            kind=Kind.REVERSAL,
            lines=back,
            note=note,
            reverses=journal,
        ),
    )

"""Receipts as they come in: read, their signatures checked, kept, and joined to what is known."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from worldvpn_core.credit.receipt import Receipt, Role, read_receipt, verify_receipt
from worldvpn_core.errors import CreditProofError
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.settlement.figures import MOST, Said, Word, is_too_late
from worldvpn_server.settlement.values import MOST_KEPT, News, Outcome, Standing

#: Up to here a thread costs more than it saves: one check takes some 0.1 ms.
_FEW: Final = 2

_FIND: Final = """
SELECT t.hash, s.id, s.guest_ed25519, s.node_ed25519, s.expires_at
FROM ticket AS t JOIN session AS s ON s.id = t.session WHERE t.hash = ANY ($1)
"""
#: ``other``: a word under the same number was there before.
_KEEP: Final = """
INSERT INTO receipt (session, role, sequence, hash, signed, received_at)
SELECT session, role, sequence, hash, signed, $1
FROM unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::bytea[], $6::bytea[])
    AS given (session, role, sequence, hash, signed)
ORDER BY session, role, sequence, hash
ON CONFLICT DO NOTHING
RETURNING session, hash, EXISTS (
    SELECT FROM receipt AS old WHERE old.session = receipt.session AND old.role = receipt.role
    AND old.sequence = receipt.sequence AND old.hash <> receipt.hash
) AS other
"""


@attrs.frozen(kw_only=True)
class Proof:
    """A receipt whose signature holds, and the session it is of."""

    session: UUID
    receipt: Receipt
    hash: bytes
    signed: bytes = attrs.field(repr=False)

    @property
    def said(self) -> Said:
        """What it adds to what is known."""
        word = Word.of(self.receipt.up_bytes, self.receipt.down_bytes, self.receipt.elapsed_ms)
        return Said(node=word) if self.receipt.role is Role.NODE else Said(guest=word)


@attrs.frozen(kw_only=True)
class _Signer:
    """The session of a ticket, and by role whose keys speak for it."""

    session: UUID
    keys: Mapping[Role, bytes | None]
    expires_at: datetime


Checked = Proof | Outcome


async def check(database: Database, batch: Sequence[bytes], now: datetime) -> tuple[Checked, ...]:
    """Return for each receipt what it proves, or why it proves nothing. Writes nothing."""
    read = [_read(each) for each in batch]
    tickets = {each.ticket for each in read if each}
    if not tickets:
        return tuple(Outcome.MALFORMED for _ in read)
    async with database.read() as sql:
        found = await sql.fetch(_FIND, list(tickets))
    signers = {
        row["hash"]: _Signer(
            session=row["id"],
            keys={Role.GUEST: row["guest_ed25519"], Role.NODE: row["node_ed25519"]},
            expires_at=row["expires_at"],
        )
        for row in found
    }
    if len(batch) <= _FEW:
        return _check_all(batch, read, signers, now)
    return await asyncio.to_thread(_check_all, batch, read, signers, now)


def _read(signed: bytes) -> Receipt | None:
    try:
        receipt = read_receipt(signed)
    except CreditProofError:
        return None
    return receipt if 0 < receipt.sequence <= MOST else None


def _check_all(
    batch: Sequence[bytes],
    read: Sequence[Receipt | None],
    signers: Mapping[bytes, _Signer],
    now: datetime,
) -> tuple[Checked, ...]:
    checked: list[Checked] = []
    for signed, receipt in zip(batch, read, strict=True):
        # The library keeps the interpreter while it computes: let the loop's thread go first.
        time.sleep(0)
        checked.append(
            _check(signed, receipt, signers.get(receipt.ticket), now)
            if receipt
            else Outcome.MALFORMED
        )
    return tuple(checked)


def _check(signed: bytes, receipt: Receipt, signer: _Signer | None, now: datetime) -> Checked:
    if signer is None:
        return Outcome.UNKNOWN_TICKET
    key = signer.keys[receipt.role]
    if key is None:
        return Outcome.BAD_SIGNATURE
    try:
        verify_receipt(signed, key)
    except CreditProofError:
        return Outcome.BAD_SIGNATURE
    if is_too_late(signer.expires_at, now):
        return Outcome.EXPIRED
    return Proof(session=signer.session, receipt=receipt, hash=receipt.hash(), signed=signed)


async def keep(
    tx: Tx, proofs: Sequence[Proof], standing: Mapping[UUID, Standing], now: datetime
) -> tuple[tuple[Outcome, ...], dict[UUID, News]]:
    """Store ``proofs`` of sessions locked in ``tx``; return what each came to, and what is new.

    Figures count however many receipts a session has; beyond ``MOST_KEPT`` they are not kept.
    """
    stored = [each for each in proofs if _room(standing, each)]
    rows = await tx.sql.fetch(
        _KEEP,
        now,
        [each.session for each in stored],
        [each.receipt.role for each in stored],
        [each.receipt.sequence for each in stored],
        [each.hash for each in stored],
        [each.signed for each in stored],
    )
    fresh = {(row["session"], row["hash"]): row["other"] for row in rows}
    seen: set[tuple[UUID, Role, int]] = set()
    outcomes = []
    news: dict[UUID, News] = defaultdict(News)
    for each in proofs:
        outcome = _outcome(each, standing, fresh, seen)
        outcomes.append(outcome)
        if outcome not in {Outcome.DUPLICATE, Outcome.UNKNOWN_TICKET}:
            news[each.session] = _added(news[each.session], each, outcome)
    return tuple(outcomes), dict(news)


def _room(standing: Mapping[UUID, Standing], proof: Proof) -> bool:
    place = standing.get(proof.session)
    return place is not None and place.receipts < MOST_KEPT


def _outcome(
    proof: Proof,
    standing: Mapping[UUID, Standing],
    fresh: dict[tuple[UUID, bytes], bool],
    seen: set[tuple[UUID, Role, int]],
) -> Outcome:
    """Return what ``proof`` came to; ``fresh`` and ``seen`` follow the batch."""
    if proof.session not in standing:
        return Outcome.UNKNOWN_TICKET
    if not _room(standing, proof):
        return Outcome.ACCEPTED
    other = fresh.pop((proof.session, proof.hash), None)
    if other is None:
        return Outcome.DUPLICATE
    number = (proof.session, proof.receipt.role, proof.receipt.sequence)
    if other or number in seen:
        return Outcome.EQUIVOCATION
    seen.add(number)
    return Outcome.ACCEPTED


def _added(news: News, proof: Proof, outcome: Outcome) -> News:
    twice = outcome is Outcome.EQUIVOCATION
    return News(
        said=news.said.joined(proof.said),
        receipts=news.receipts + 1,
        equivocations=news.equivocations + twice,
        node_equivocations=news.node_equivocations + (twice and proof.receipt.role is Role.NODE),
    )

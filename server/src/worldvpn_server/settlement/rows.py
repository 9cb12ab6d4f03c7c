"""The money of sessions in SQL: locked in one order, written in one statement a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from worldvpn_server.database.pool import Tx
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.values import Held
from worldvpn_server.sessions.values import State
from worldvpn_server.settlement.figures import Said, Terms, Word
from worldvpn_server.settlement.nodes import carried
from worldvpn_server.settlement.step import Step
from worldvpn_server.settlement.values import News, Standing

#: In the order of ids, so that two batches never wait for each other in a circle. A final word
#: lowers what a session keeps a hold for, but not what its tickets granted.
_LOCK: Final = """
SELECT s.id, s.payer, s.payer_device, s.owner, s.node, s.state, s.salt, s.price_ticks,
    s.cap_bytes, s.settled_bytes, s.held_promo_ticks, s.held_available_ticks,
    s.subsidised_bytes, s.subsidy_paid_bytes, s.settlements, s.receipts, s.node_equivocations,
    s.rate_bps, s.node_up, s.node_down, s.node_elapsed_ms,
    s.guest_up, s.guest_down, s.guest_elapsed_ms, s.final_up IS NOT NULL AS final,
    s.node_final,
    coalesce(s.opened_at, s.created_at) AS opened_at, s.expires_at,
    s.guest_ed25519 IS NULL AS compat,
    greatest(s.cap_bytes, (SELECT max(t.cap_bytes) FROM ticket AS t WHERE t.session = s.id))
        AS granted_bytes
FROM session AS s WHERE s.id = ANY ($1) ORDER BY s.id FOR NO KEY UPDATE OF s
"""

#: The outbox between the payer's journal and the owner's names no session.
_WRITE: Final = """
WITH owed AS (
    INSERT INTO payout
        (id, owner, available_ticks, vesting_ticks, subsidy_ticks, burned_ticks, created_at,
            node, carried_bytes, begun, verdict)
    SELECT id, owner, available, vesting, subsidy, burned, $1, node, bytes, begun, verdict
    FROM unnest(
        $20::uuid[], $21::uuid[], $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[],
        $26::uuid[], $27::bigint[], $28::boolean[], $29::boolean[]
    ) AS due (id, owner, available, vesting, subsidy, burned, node, bytes, begun, verdict)
)
UPDATE session AS s SET
    node_up = greatest(s.node_up, n.node_up),
    node_down = greatest(s.node_down, n.node_down),
    node_elapsed_ms = greatest(s.node_elapsed_ms, n.node_elapsed_ms),
    guest_up = greatest(s.guest_up, n.guest_up),
    guest_down = greatest(s.guest_down, n.guest_down),
    guest_elapsed_ms = greatest(s.guest_elapsed_ms, n.guest_elapsed_ms),
    final_up = CASE WHEN n.final THEN
        CASE WHEN s.guest_ed25519 IS NULL THEN n.node_up ELSE n.guest_up END END,
    final_down = CASE WHEN n.final THEN
        CASE WHEN s.guest_ed25519 IS NULL THEN n.node_down ELSE n.guest_down END END,
    node_final = n.node_final,
    state = n.state,
    cap_bytes = n.cap_bytes,
    settled_bytes = n.settled_bytes,
    held_promo_ticks = n.held_promo,
    held_available_ticks = n.held_available,
    subsidy_paid_bytes = n.subsidy_paid,
    settled_at = CASE WHEN n.settled_bytes > s.settled_bytes THEN $1 ELSE s.settled_at END,
    settlements = s.settlements + n.moves::integer,
    receipts = s.receipts + n.receipts,
    equivocations = s.equivocations + n.equivocations,
    node_equivocations = s.node_equivocations + n.node_equivocations
FROM unnest(
    $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::boolean[], $10::smallint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
    $15::bigint[], $16::boolean[], $17::integer[], $18::integer[], $19::integer[],
    $30::boolean[]
) AS n (
    id, node_up, node_down, node_elapsed_ms, guest_up, guest_down, guest_elapsed_ms,
    final, state, cap_bytes, settled_bytes, held_promo, held_available,
    subsidy_paid, moves, receipts, equivocations, node_equivocations,
    node_final
) WHERE s.id = n.id
"""


async def lock(tx: Tx, sessions: Sequence[UUID]) -> dict[UUID, Standing]:
    """Return where ``sessions`` stand; nobody else changes them until the transaction ends."""
    return {row["id"]: _standing(row) for row in await tx.sql.fetch(_LOCK, list(sessions))}


async def write(tx: Tx, steps: Sequence[Step], news: Mapping[UUID, News], now: datetime) -> None:
    """Write what ``steps`` changed in their sessions, and what their owners are owed."""
    learned = [news.get(each.before.id, News()) for each in steps]
    words = [(each.said.node, each.said.guest) for each in steps]
    due = [
        (each.before.owner, each.earned, said)
        for each, heard in zip(steps, learned, strict=True)
        if (said := carried(each, heard)).carried_bytes or said.verdict is not None
    ]
    await tx.sql.execute(
        _WRITE,
        now,
        [each.before.id for each in steps],
        *(
            [word and getattr(word, field) for word in by_role]
            for by_role in zip(*words, strict=True)
            for field in ("up_bytes", "down_bytes", "elapsed_ms")
        ),
        [each.said.final for each in steps],
        [each.state for each in steps],
        [each.cap_bytes for each in steps],
        [each.settled_bytes for each in steps],
        [each.held.promo_ticks for each in steps],
        [each.held.available_ticks for each in steps],
        [each.subsidy_paid_bytes for each in steps],
        [each.moves for each in steps],
        [each.receipts for each in learned],
        [each.equivocations for each in learned],
        [each.node_equivocations for each in learned],
        [new_id() for _ in due],
        [owner for owner, _, _ in due],
        [share.available_ticks for _, share, _ in due],
        [share.vesting_ticks for _, share, _ in due],
        [share.subsidy_ticks for _, share, _ in due],
        [share.burned_ticks for _, share, _ in due],
        [said.node for _, _, said in due],
        [said.carried_bytes for _, _, said in due],
        [said.begun for _, _, said in due],
        [said.verdict for _, _, said in due],
        [each.said.node_final for each in steps],
    )


def _standing(row: asyncpg.Record) -> Standing:
    return Standing(
        id=row["id"],
        payer=row["payer"],
        payer_device=row["payer_device"],
        owner=row["owner"],
        node=row["node"],
        state=State(row["state"]),
        salt=row["salt"],
        price_ticks=row["price_ticks"],
        cap_bytes=row["cap_bytes"],
        settled_bytes=row["settled_bytes"],
        held=Held(promo_ticks=row["held_promo_ticks"], available_ticks=row["held_available_ticks"]),
        subsidised_bytes=row["subsidised_bytes"],
        subsidy_paid_bytes=row["subsidy_paid_bytes"],
        settlements=row["settlements"],
        receipts=row["receipts"],
        node_equivocations=row["node_equivocations"],
        terms=Terms(
            cap_bytes=row["granted_bytes"],
            rate_bps=row["rate_bps"],
            opened_at=row["opened_at"],
            expires_at=row["expires_at"],
            compat=row["compat"],
        ),
        said=Said(
            node=word(row, "node"),
            guest=word(row, "guest"),
            final=row["final"],
            node_final=row["node_final"],
        ),
    )


def word(row: asyncpg.Record, role: str) -> Word | None:
    """Return what ``role`` ("node", "guest") said by a row of ``session``."""
    if row[f"{role}_up"] is None:
        return None
    return Word(
        up_bytes=row[f"{role}_up"],
        down_bytes=row[f"{role}_down"],
        elapsed_ms=row[f"{role}_elapsed_ms"],
    )

"""What a settlement says about its node: what it carried in its life, and whether it was honest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.database.pool import Tx
from worldvpn_server.directory.reputation import Rating, rated
from worldvpn_server.sessions.values import State
from worldvpn_server.settlement.figures import agree
from worldvpn_server.settlement.step import Step
from worldvpn_server.settlement.values import News

#: A session that carried less says nothing about its node.
_TELLING_BYTES: Final = MEBIBYTE

_LOCK: Final = """
SELECT id, successes, failures, rated_at FROM node WHERE id = ANY ($1)
ORDER BY id FOR NO KEY UPDATE
"""
_CARRIED: Final = """
UPDATE node SET lifetime_bytes = lifetime_bytes + n.bytes,
    lifetime_sessions = lifetime_sessions + n.sessions
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS n (id, bytes, sessions)
WHERE node.id = n.id
"""
_RATED: Final = """
UPDATE node SET successes = n.successes, failures = n.failures, rated_at = n.rated_at,
    reputation = n.reputation, settled_sessions = settled_sessions + n.settled
FROM unnest($1::uuid[], $2::float8[], $3::float8[], $4::timestamptz[], $5::real[], $6::integer[])
    AS n (id, successes, failures, rated_at, reputation, settled)
WHERE node.id = n.id
"""


def verdict(step: Step, news: News) -> bool | None:
    """Return whether a session that is over speaks for its node; None: it says nothing. Pure.

    Against it speak two words under one number, and claims beyond what its guest signed for.
    """
    if step.before.node_equivocations + news.node_equivocations:
        return False
    node, guest = step.said.node, step.said.guest
    if node and guest and not agree(step.said) and node.total_bytes > guest.total_bytes:
        return False
    return True if step.settled_bytes >= _TELLING_BYTES else None


async def tell(tx: Tx, steps: Sequence[Step], news: Mapping[UUID, News], now: datetime) -> None:
    """Write what ``steps`` say about their nodes: one round trip, two more when sessions end."""
    carried: Counter[UUID] = Counter()
    begun: Counter[UUID] = Counter()
    for each in steps:
        if each.new_bytes:
            carried[each.before.node] += each.new_bytes
            begun[each.before.node] += each.before.settled_bytes == 0
    verdicts = [
        (each.before.node, said)
        for each in steps
        if each.state is State.SETTLED is not each.before.state
        and (said := verdict(each, news[each.before.id])) is not None
    ]
    if verdicts:
        # All nodes of the batch at once, for they are locked in one order.
        await _rate(tx, {*carried, *(node for node, _ in verdicts)}, verdicts, now)
    if carried:
        nodes = sorted(carried)
        await tx.sql.execute(
            _CARRIED, nodes, [carried[each] for each in nodes], [begun[each] for each in nodes]
        )


async def _rate(
    tx: Tx, nodes: set[UUID], verdicts: Sequence[tuple[UUID, bool]], now: datetime
) -> None:
    ratings = {
        row["id"]: Rating(successes=row["successes"], failures=row["failures"], at=row["rated_at"])
        for row in await tx.sql.fetch(_LOCK, sorted(nodes))
    }
    settled: Counter[UUID] = Counter()
    for node, success in verdicts:
        if node in ratings:
            ratings[node] = rated(ratings[node], now, success=success)
            settled[node] += success
    told = sorted(set(ratings) & {node for node, _ in verdicts})
    await tx.sql.execute(
        _RATED,
        told,
        [ratings[each].successes for each in told],
        [ratings[each].failures for each in told],
        [ratings[each].at for each in told],
        [ratings[each].score for each in told],
        [settled[each] for each in told],
    )

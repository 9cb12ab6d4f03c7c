"""What a settlement says about its node: what it carried in its life, and whether it was honest.

It is told with the owner's payout. All sessions of a busy node would otherwise wait for each
other's commits at that node's one row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

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


@attrs.frozen(kw_only=True)
class Carried:
    """What one settlement says about its node; ``verdict`` None: nothing of its honesty."""

    node: UUID
    carried_bytes: int
    begun: bool
    verdict: bool | None


def carried(step: Step, news: News) -> Carried:
    """Return what ``step`` says about its node. Pure."""
    ends = step.state is State.SETTLED is not step.before.state
    return Carried(
        node=step.before.node,
        carried_bytes=step.new_bytes,
        begun=step.new_bytes > 0 and step.before.settled_bytes == 0,
        verdict=_verdict(step, news) if ends else None,
    )


def _verdict(step: Step, news: News) -> bool | None:
    """Against a node speak two words under one number, and claims its guest did not sign for."""
    if step.before.node_equivocations + news.node_equivocations:
        return False
    node, guest = step.said.node, step.said.guest
    if node and guest and not agree(step.said) and node.total_bytes > guest.total_bytes:
        return False
    return True if step.settled_bytes >= _TELLING_BYTES else None


async def tell(tx: Tx, said: Sequence[Carried], now: datetime) -> None:
    """Write what settlements said about their nodes."""
    sums: Counter[UUID] = Counter()
    begun: Counter[UUID] = Counter()
    verdicts: dict[UUID, list[bool]] = defaultdict(list)
    for each in said:
        sums[each.node] += each.carried_bytes
        begun[each.node] += each.begun
        if each.verdict is not None:
            verdicts[each.node].append(each.verdict)
    nodes = sorted(sums)
    found = await tx.sql.fetch(_LOCK, nodes)
    await tx.sql.execute(
        _CARRIED, nodes, [sums[each] for each in nodes], [begun[each] for each in nodes]
    )
    ratings = {
        row["id"]: Rating(successes=row["successes"], failures=row["failures"], at=row["rated_at"])
        for row in found
        if row["id"] in verdicts
    }
    for node in tuple(ratings):
        for success in verdicts[node]:
            ratings[node] = rated(ratings[node], now, success=success)
    told = sorted(ratings)
    if told:
        await tx.sql.execute(
            _RATED,
            told,
            [ratings[each].successes for each in told],
            [ratings[each].failures for each in told],
            [ratings[each].at for each in told],
            [ratings[each].score for each in told],
            [sum(verdicts[each]) for each in told],
        )

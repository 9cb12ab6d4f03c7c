"""Discovery as SQL: only the filters that are asked for, so that each finds its index.

A filter that is written as "or it is null" hides from the planner which index serves it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import attrs

from worldvpn_server.directory.values import STALE_S, Query

#: What was found and turns out dead by its beats is passed over, as long as it is not that many:
#: after a time without the server all are, and looking for one that is not would cost everybody.
_MOST_PASSED: Final = 500
#: How many of the best to pick from, and how many newcomers.
_BEST: Final = 64
_NEWCOMERS: Final = 16

_COLUMNS: Final = """
n.id, n.account, n.device, n.country, n.city, n.node_group, n.protocols, n.reputation,
n.guests, n.most_guests, n.bandwidth_mbps, n.latency_ms, n.settled_sessions, n.x25519,
n.inner4, n.inner6
"""


@attrs.define
class Statement:
    """SQL under way: conditions are appended with the values they speak of."""

    conditions: list[str]
    values: list[object] = attrs.field(factory=list)

    def where(self, condition: str, value: object) -> None:
        """Add a condition; ``{}`` in it is where ``value`` goes."""
        self.conditions.append(condition.format(self.place(value)))

    def place(self, value: object) -> str:
        """Return how the text of the statement names ``value``."""
        self.values.append(value)
        return f"${len(self.values)}"


def listing(query: Query, now: datetime) -> tuple[str, list[object]]:
    """Return the statement for what clients may see, best first."""
    made = _filtered(query)
    best = _best(made, _MOST_PASSED)
    return _alive(made, best, now, query.limit), made.values


def picking(query: Query, now: datetime) -> tuple[str, list[object]]:
    """Return the statement for the best candidates, and for newcomers of their own."""
    made = _filtered(query)
    if not query.compatible:
        made.conditions.append("n.x25519 IS NOT NULL")
    settled, newcomer = "n.settled_sessions >= 20", "n.settled_sessions < 20"
    best = _alive(made, _best(made, _MOST_PASSED, settled), now, _BEST)
    if query.fastest:
        return best, made.values
    fresh = _alive(made, _best(made, _MOST_PASSED, newcomer), now, _NEWCOMERS)
    return f"({best}) UNION ALL ({fresh})", made.values


def _filtered(query: Query) -> Statement:
    made = Statement(["n.open"])
    made.where("n.account <> {}", query.asking)
    if query.node is not None:
        made.where("n.id = {}", query.node)
    if query.country is not None:
        made.where("n.country = {}", query.country)
    if query.protocol is not None:
        made.where("n.protocols @> ARRAY[{}::text]", str(query.protocol))
    if query.min_bandwidth_mbps > 0:
        made.where("n.bandwidth_mbps >= {}", query.min_bandwidth_mbps)
    if query.group is not None:
        made.where("n.node_group = {}", str(query.group))
    if query.without:
        made.where("n.id <> ALL({}::uuid[])", list(query.without))
    return made


def _best(made: Statement, most: int, *more: str) -> str:
    conditions = " AND ".join([*made.conditions, *more])
    return (
        f"SELECT {_COLUMNS} FROM node n WHERE {conditions} "  # noqa: S608 - no value is in it
        f"ORDER BY n.reputation DESC, n.latency_ms, n.id LIMIT {most}"
    )


def _alive(made: Statement, best: str, now: datetime, limit: int) -> str:
    since = made.place(now - timedelta(seconds=STALE_S))
    return (
        f"SELECT n.* FROM ({best}) n WHERE EXISTS "  # noqa: S608 - no value is in it
        f"(SELECT FROM presence p WHERE p.node = n.id AND p.seen_at > {since}) "
        f"ORDER BY n.reputation DESC, n.latency_ms, n.id LIMIT {made.place(limit)}"
    )

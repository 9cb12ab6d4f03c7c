"""Nodes as the signed directory shows them: coarse where it would tell of their guests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

import asyncpg

from worldvpn_core.catalogue import Entry, Load
from worldvpn_server.directory.values import PROBATION_SESSIONS, Group

#: What ``entry`` reads, beside the region and whether the node is shown at all.
COLUMNS: Final = """
id, region, node_shown(node) AS shown, country, city, node_group, protocols, bandwidth_mbps,
node_load(guests, node_room(most_guests, settled_sessions)) AS load, reputation, latency_ms,
settled_sessions
"""


def entry(row: asyncpg.Record) -> Entry:
    """Return a node's line in the directory."""
    latency_ms = row["latency_ms"]
    return Entry(
        id=row["id"],
        country=row["country"],
        city=row["city"],
        public=row["node_group"] == Group.PUBLIC,
        on_probation=row["settled_sessions"] < PROBATION_SESSIONS,
        protocols=frozenset(row["protocols"]),
        bandwidth_mbps=row["bandwidth_mbps"],
        load=Load(row["load"]),
        reputation=round(row["reputation"]),
        latency_ms=None if latency_ms is None else round(latency_ms),
    )


def by_id(rows: Iterable[asyncpg.Record]) -> Mapping[UUID, Entry]:
    """Return the lines of those that are shown."""
    return {row["id"]: entry(row) for row in rows if row["shown"]}

"""Rows of the directory's tables as values."""

from __future__ import annotations

from typing import Final

import asyncpg

from worldvpn_server.directory.values import (
    Candidate,
    Group,
    Listing,
    NodeRecord,
    Protocol,
    Status,
)

#: What ``record`` reads.
RECORD: Final = """
id, account, device, status, listed, country, region, city, node_group, protocols, bandwidth_mbps,
most_guests, guests, daily_bytes, allow_streaming, allow_torrents, x25519, inner4, inner6,
reach_reason, reputation, latency_ms, settled_sessions, lifetime_sessions, lifetime_bytes
"""


def record(row: asyncpg.Record) -> NodeRecord:
    """Return a node as its owner may see it."""
    return NodeRecord(
        id=row["id"],
        account=row["account"],
        device=row["device"],
        status=Status(row["status"]),
        listed=row["listed"],
        country=row["country"],
        region=row["region"],
        city=row["city"],
        group=Group(row["node_group"]),
        protocols=_protocols(row),
        bandwidth_mbps=row["bandwidth_mbps"],
        most_guests=row["most_guests"],
        guests=row["guests"],
        daily_bytes=row["daily_bytes"],
        allow_streaming=row["allow_streaming"],
        allow_torrents=row["allow_torrents"],
        x25519=row["x25519"],
        inner4=row["inner4"],
        inner6=row["inner6"],
        reach_reason=row["reach_reason"],
        reputation=row["reputation"],
        latency_ms=row["latency_ms"],
        settled_sessions=row["settled_sessions"],
        lifetime_sessions=row["lifetime_sessions"],
        lifetime_bytes=row["lifetime_bytes"],
    )


def listing(row: asyncpg.Record) -> Listing:
    """Return a node as anybody may see it."""
    return Listing(
        id=row["id"],
        country=row["country"],
        city=row["city"],
        group=Group(row["node_group"]),
        protocols=_protocols(row),
        reputation=row["reputation"],
        guests=row["guests"],
        most_guests=row["most_guests"],
        bandwidth_mbps=row["bandwidth_mbps"],
        latency_ms=row["latency_ms"],
    )


def candidate(row: asyncpg.Record) -> Candidate:
    """Return a node as a session needs it."""
    return Candidate(
        id=row["id"],
        account=row["account"],
        device=row["device"],
        country=row["country"],
        protocols=_protocols(row),
        x25519=row["x25519"],
        inner4=row["inner4"],
        inner6=row["inner6"],
        bandwidth_mbps=row["bandwidth_mbps"],
        most_guests=row["most_guests"],
        guests=row["guests"],
        reputation=row["reputation"],
        settled_sessions=row["settled_sessions"],
    )


def _protocols(row: asyncpg.Record) -> tuple[Protocol, ...]:
    return tuple(Protocol(name) for name in row["protocols"])

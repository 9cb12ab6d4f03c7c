"""A node makes or replaces its entry. What others found out about it stays."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from worldvpn_server.database.pool import Tx
from worldvpn_server.directory import rows
from worldvpn_server.directory.countries import region_of
from worldvpn_server.directory.networks import Networks
from worldvpn_server.directory.prefixes import inner_networks
from worldvpn_server.directory.values import NodeRecord, Offer, OfferedEndpoint, Status
from worldvpn_server.errors import ConflictError, NotFoundError

_NUMBER: Final = "SELECT nextval('node_number')"

#: Listed again by the prober only, once what it reached has changed; a compatible client's node
#: cannot be reached by it at all, and is listed as it says.
_PUT: Final = f"""
INSERT INTO node AS n (
    id, account, device, status, listed, country, region, city, node_group, protocols,
    bandwidth_mbps, most_guests, daily_bytes, allow_streaming, allow_torrents, schedule, carriers,
    x25519, inner4, inner6, network, rated_at, created_at, changed_at
) VALUES (
    $1, $2, $3, $4, $3::uuid IS NULL, $5, $6, $7, 'community', $8,
    $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20, $20
)
ON CONFLICT (account, device) DO UPDATE SET
    status = excluded.status, country = excluded.country, region = excluded.region,
    city = excluded.city, protocols = excluded.protocols,
    bandwidth_mbps = excluded.bandwidth_mbps, most_guests = excluded.most_guests,
    daily_bytes = excluded.daily_bytes, allow_streaming = excluded.allow_streaming,
    allow_torrents = excluded.allow_torrents, schedule = excluded.schedule,
    carriers = excluded.carriers, x25519 = excluded.x25519, network = excluded.network,
    changed_at = excluded.changed_at, left_at = NULL,
    listed = n.device IS NULL OR (n.listed AND $21),
    reach_reason = CASE WHEN n.device IS NULL OR $21 THEN n.reach_reason ELSE 'not-checked' END,
    reached_at = CASE WHEN $21 THEN n.reached_at END
WHERE n.id = excluded.id OR n.device IS NULL
RETURNING {rows.RECORD}
"""  # noqa: S608 - columns only

#: Whoever signs in again is another device. What is online, or has guests left, stays where it is.
_FOLLOW: Final = f"""
UPDATE node AS n SET device = $3
WHERE n.id = $1 AND n.account = $2 AND n.device <> $3 AND n.status = {Status.OFFLINE:d}
    AND NOT EXISTS (SELECT FROM session AS s WHERE s.node = n.id AND s.state IN (1, 2))
    AND NOT EXISTS (SELECT FROM node AS own WHERE own.account = $2 AND own.device = $3)
"""  # noqa: S608 - our own numbers only

_HEARD: Final = """
INSERT INTO presence (node, seen_at) VALUES ($1, $2)
ON CONFLICT (node) DO UPDATE SET seen_at = excluded.seen_at
"""

_KEY: Final = "SELECT x25519 FROM node WHERE id = $1"
_ENDPOINTS: Final = (
    "SELECT host, port, carrier FROM node_endpoint WHERE node = $1 AND carrier <> 'punched'"
)
_DROP: Final = """
DELETE FROM node_endpoint e WHERE e.node = $1 AND e.carrier <> 'punched' AND NOT EXISTS (
    SELECT FROM unnest($2::inet[], $3::integer[], $4::text[]) AS kept(host, port, carrier)
    WHERE (kept.host, kept.port, kept.carrier) = (e.host, e.port, e.carrier)
)
"""
_KEEP: Final = """
INSERT INTO node_endpoint AS e (node, host, port, carrier, proven_at)
SELECT $1, host, port, carrier, CASE WHEN host = $5 THEN $6::timestamptz END
FROM unnest($2::inet[], $3::integer[], $4::text[]) AS kept(host, port, carrier)
ON CONFLICT (node, host, port, carrier)
DO UPDATE SET proven_at = coalesce(excluded.proven_at, e.proven_at)
"""


async def put(tx: Tx, offer: Offer, now: datetime, networks: Networks) -> NodeRecord:
    """Write ``offer`` and return the node as it is now.

    An offline node of another device of the account is this device's from now on.

    Raises:
        InvalidError: there is no such country.
        ConflictError: the device has another node.
        NotFoundError: the node is somebody else's.
    """
    region = region_of(offer.country)
    same = offer.device is None or await _reached_alike(tx, offer)
    inner4, inner6 = inner_networks(await tx.sql.fetchval(_NUMBER))
    try:
        await tx.sql.execute(_FOLLOW, offer.id, offer.account, offer.device)
        row = await tx.sql.fetchrow(
            _PUT,
            offer.id,
            offer.account,
            offer.device,
            Status.ONLINE if offer.accepting else Status.DRAINING,
            offer.country,
            region,
            offer.city,
            [str(each) for each in offer.protocols],
            offer.bandwidth_mbps,
            offer.most_guests,
            offer.daily_bytes,
            offer.allow_streaming,
            offer.allow_torrents,
            _json(offer.schedule),
            _json(offer.carriers),
            offer.x25519,
            inner4,
            inner6,
            None if (where := _where(offer)) is None else networks.name(where),
            now,
            same,
        )
    except asyncpg.UniqueViolationError as error:
        raise NotFoundError("there is no such node, or it is not yours") from error
    if row is None:
        raise ConflictError("this device has another node: delete that one, or write to it")
    node = rows.record(row)
    await tx.sql.execute(_HEARD, node.id, now)
    await _put_endpoints(tx, node.id, offer, now)
    return node


def _where(offer: Offer) -> IPv4Address | IPv6Address | None:
    """Return the address whose network the node is in. Pure.

    Who speaks through a tunnel is not in the network that it speaks from: guests come elsewhere.
    """
    hosts = [each.host for each in offer.endpoints]
    elsewhere = offer.source is not None and hosts and offer.source not in hosts
    return hosts[0] if elsewhere else offer.source


async def _reached_alike(tx: Tx, offer: Offer) -> bool:
    found = await tx.sql.fetch(_ENDPOINTS, offer.id)
    before = {
        OfferedEndpoint(host=row["host"], port=row["port"], carrier=row["carrier"]) for row in found
    }
    return before == set(offer.endpoints) and (
        await tx.sql.fetchval(_KEY, offer.id) == offer.x25519
    )


async def _put_endpoints(tx: Tx, node: UUID, offer: Offer, now: datetime) -> None:
    places = tuple(set(offer.endpoints))
    columns = (
        [each.host for each in places],
        [each.port for each in places],
        [each.carrier for each in places],
    )
    await tx.sql.execute(_DROP, node, *columns)
    await tx.sql.execute(_KEEP, node, *columns, offer.source, now)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

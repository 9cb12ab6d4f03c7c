"""Holes in routers: by which port a node or a guest is seen from outside, and who is told.

A node behind a router that leads nothing on calls our two UDP ports with its own WireGuard
socket, by handshakes that nobody answers: the router then has a mapping, and we know it. Where
both ports see the same mapping, a guest that is sent there comes through as soon as the node has
sent to it. Nothing is believed but the source of an authenticated handshake, and only it is
passed on (API: "hole punching uses observed addresses only").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs
import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from worldvpn_server.accounts.pseudonyms import Pseudonyms
from worldvpn_server.clock import Clock
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.pool import Connection, Database
from worldvpn_server.events.values import Event
from worldvpn_server.http.source import Address
from worldvpn_server.reach.values import PUNCHED, Place
from worldvpn_server.seams import Bus
from worldvpn_server.sessions.news import key_text

#: The event that tells a node from where its guest calls.
PUNCH: Final = "punch"
LISTENERS: Final = (0, 1)
#: A mapping that was not seen for so long may be gone: nodes call every few seconds.
_FRESH: Final = timedelta(seconds=60)

_SEEN: Final = """
INSERT INTO observed AS o (node, listener, host, port, stamp, seen_at)
SELECT id, $2, $3, $4, $5, $6 FROM node WHERE x25519 = $1 AND device IS NOT NULL
ON CONFLICT (node, listener) DO UPDATE SET host = excluded.host, port = excluded.port,
    stamp = excluded.stamp, seen_at = excluded.seen_at
WHERE o.stamp < excluded.stamp
"""
_DUE: Final = """
INSERT INTO reach_due (node, due_at)
SELECT DISTINCT o.node, $2::timestamptz FROM observed o JOIN node n ON n.id = o.node
WHERE n.x25519 = $1
    AND NOT EXISTS (SELECT FROM node_endpoint e WHERE e.node = o.node AND e.reached_at IS NOT NULL
        AND (e.carrier <> 'punched' OR (e.host, e.port) = (o.host, o.port)))
ON CONFLICT (node) DO UPDATE SET due_at = least(reach_due.due_at, excluded.due_at)
"""
_OF_NODE: Final = """
SELECT host, port FROM observed WHERE node = $1 AND seen_at > $2 ORDER BY listener
"""
_GUEST: Final = """
SELECT s.id, s.node, s.owner, n.device FROM session s JOIN node n ON n.id = s.node
WHERE s.guest_x25519 = $1 AND s.state = 2 AND s.carrier = 'punched' AND n.device IS NOT NULL
"""


class PunchNews(msgspec.Struct, frozen=True, kw_only=True):
    """What a node is told: send to its guest there, so that the guest's packets come through."""

    node_id: UUID
    session_id: UUID
    public_key: str
    host: str
    port: int


class PunchWords(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a node calls, to be seen: our keys and UDP ports, in order."""

    keys: list[str]
    ports: list[int]


@attrs.frozen(kw_only=True)
class Observation:
    """Who called which of our ports, by its handshake, from where and when as it says itself."""

    key: bytes
    stamp: bytes
    listener: int
    host: Address
    port: int


def private_keys(pseudonyms: Pseudonyms) -> tuple[X25519PrivateKey, ...]:
    """Return the keys under which we are called: the same on every machine of one database."""
    return tuple(
        X25519PrivateKey.from_private_bytes(pseudonyms.of("punch", listener))
        for listener in LISTENERS
    )


@attrs.frozen(kw_only=True)
class Holes:
    """What was observed, of one process."""

    config: ServerConfig
    clock: Clock
    database: Database
    bus: Bus
    keys: tuple[X25519PrivateKey, ...] = attrs.field(repr=False)

    @property
    def words(self) -> PunchWords | None:
        """Whom a node calls; None: we have no such ports."""
        if not self.config.punch_ports:
            return None
        public = (key.public_key().public_bytes_raw() for key in self.keys)
        return PunchWords(
            keys=[key_text(each) or "" for each in public], ports=list(self.config.punch_ports)
        )

    @property
    def parameters(self) -> Mapping[str, str]:
        """Whom a guest calls, as the parameters of its carrier."""
        words = self.words
        return {} if words is None else {"key": words.keys[0], "port": str(words.ports[0])}

    async def observed(self, seen: Observation) -> None:
        """Keep from where a node called, or tell a node from where its guest did."""
        now = self.clock.now()
        place = (seen.host, seen.port)
        async with self.database.transaction() as tx:
            found = await tx.sql.execute(_SEEN, seen.key, seen.listener, *place, seen.stamp, now)
            if found != "INSERT 0 0":
                await tx.sql.execute(_DUE, seen.key, now)
                return
            for row in await tx.sql.fetch(_GUEST, seen.key):
                news = PunchNews(
                    node_id=row["node"],
                    session_id=row["id"],
                    public_key=key_text(seen.key) or "",
                    host=str(seen.host),
                    port=seen.port,
                )
                body = msgspec.json.encode(news)
                event = Event(topic=row["owner"], device=row["device"], kind=PUNCH, body=body)
                await self.bus.publish(tx, event)


async def seen_of(sql: Connection, node: UUID, now: datetime) -> tuple[tuple[Address, int], ...]:
    """Return by which mapping ``node`` was seen lately, at each of our ports that has seen it."""
    rows = await sql.fetch(_OF_NODE, node, now - _FRESH)
    return tuple((row["host"], row["port"]) for row in rows)


def hole_in(seen: tuple[tuple[Address, int], ...]) -> Place | None:
    """Return where a guest is sent: the one mapping that all our ports have seen. Pure."""
    if len(seen) != len(LISTENERS) or len(set(seen)) != 1:
        return None
    host, port = seen[0]
    return Place(host=host, port=port, carrier=PUNCHED)


def is_symmetric(seen: tuple[tuple[Address, int], ...]) -> bool:
    """Say whether the router gives each of our ports another mapping: no guest comes in. Pure."""
    return len(set(seen)) > 1

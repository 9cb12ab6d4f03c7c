"""Asks a node to admit a fresh peer for a moment, and waits for its word."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from uuid import UUID, uuid4

import attrs
import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database
from worldvpn_server.events.values import Event
from worldvpn_server.reach.values import Subject
from worldvpn_server.seams import Bus

#: The kinds of events: to the node, and of its answer, on a topic of the probe's own.
PROBE: Final = "probe"
ADMITTED: Final = "admitted"
#: How long a node may take to answer.
ADMIT_S: Final = 2.0
#: After that the node forgets the peer, used or not.
_LIFE: Final = timedelta(seconds=15)
#: The end of a node's network is the prober's: guests are given addresses from its start.
_FIRST4: Final = 252
_PEERS4: Final = 3
_FIRST6: Final = 1 << 48


class ProbeNews(msgspec.Struct, frozen=True, kw_only=True):
    """What a node is told: admit this peer, then say so."""

    node_id: UUID
    probe_id: UUID
    public_key: str
    assigned_ip: str
    assigned_ipv6: str
    expires_at: str


@attrs.frozen(kw_only=True)
class Peer:
    """The prober inside a node's tunnel."""

    static: X25519PrivateKey = attrs.field(repr=False)
    inner4: IPv4Address
    inner6: IPv6Address


def fresh_peer(subject: Subject) -> Peer:
    """Return a peer that nobody has seen, at an address that no guest has."""
    return Peer(
        static=X25519PrivateKey.generate(),
        inner4=subject.inner4[_FIRST4 + secrets.randbelow(_PEERS4)],
        inner6=subject.inner6[_FIRST6 + secrets.randbits(32)],
    )


@attrs.frozen(kw_only=True)
class Admission:
    """Speaks with nodes by events: theirs may be held by any process."""

    database: Database
    bus: Bus
    clock: Clock

    async def ask(self, subject: Subject, peer: Peer) -> bool:
        """Return whether the node has admitted ``peer`` within ``ADMIT_S``."""
        probe = uuid4()  # not to be guessed: whoever knows it may answer for the node
        answers = self.bus.subscribe([probe])
        try:
            await self._tell(subject, probe, peer)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ADMIT_S):
                    async for answer in answers:
                        if answer.event.kind == ADMITTED:
                            return answer.event.body == _body(subject.node)
        finally:
            answers.close()
        return False

    async def admitted(self, node: UUID, probe: UUID) -> None:
        """Pass on that ``node`` has admitted the peer of ``probe``."""
        async with self.database.transaction() as tx:
            await self.bus.publish(tx, Event(topic=probe, kind=ADMITTED, body=_body(node)))

    async def _tell(self, subject: Subject, probe: UUID, peer: Peer) -> None:
        news = ProbeNews(
            node_id=subject.node,
            probe_id=probe,
            public_key=base64.b64encode(peer.static.public_key().public_bytes_raw()).decode(),
            assigned_ip=str(peer.inner4),
            assigned_ipv6=str(peer.inner6),
            expires_at=(self.clock.now() + _LIFE).isoformat(),
        )
        event = Event(
            topic=subject.account,
            device=subject.device,
            kind=PROBE,
            body=msgspec.json.encode(news),
        )
        async with self.database.transaction() as tx:
            await self.bus.publish(tx, event)


def _body(node: UUID) -> bytes:
    return msgspec.json.encode({"node_id": node})

"""Finds out which nodes can be reached, without letting anybody aim the probes elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.accounts.pseudonyms import Pseudonyms, network_of
from worldvpn_server.clock import Clock
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.pool import Database
from worldvpn_server.errors import ApiError, ConflictError, NotFoundError, ThrottledError
from worldvpn_server.http.source import Address
from worldvpn_server.operations.jobs import Job
from worldvpn_server.reach import exchange, rows
from worldvpn_server.reach.admission import Admission, Peer, fresh_peer
from worldvpn_server.reach.echo import NONCE_BYTES, Echo
from worldvpn_server.reach.exchange import Dial, Question
from worldvpn_server.reach.holes import hole_in, is_symmetric, seen_of
from worldvpn_server.reach.listening import dial_from
from worldvpn_server.reach.nonces import Nonces
from worldvpn_server.reach.rules import may_be_probed
from worldvpn_server.reach.slots import Slots
from worldvpn_server.reach.values import PUNCHED, Place, Reason, Subject, Verdict, best, to_probe
from worldvpn_server.seams import Bus
from worldvpn_server.sessions.addresses import GATEWAY

_log = logging.getLogger(__name__)

_INTERVAL_S: Final = 10.0
#: Nodes checked at once by the job: with six hours between checks enough for 100,000.
_BATCH: Final = 64
_PUT_OFF: Final = timedelta(minutes=2)
#: A node's own address in its tunnels.


@attrs.frozen(kw_only=True)
class Prober:
    """Checks nodes: when their owner asks, after a change, and every few hours."""

    config: ServerConfig
    clock: Clock
    database: Database
    admission: Admission
    slots: Slots
    nonces: Nonces
    dial: Dial = exchange.dial
    under_way: dict[UUID, asyncio.Task[Verdict]] = attrs.field(factory=dict)

    @classmethod
    def over(cls, config: ServerConfig, clock: Clock, database: Database, bus: Bus) -> Prober:
        """Return a prober of one process. Raises StartError: the folder of keys cannot be used."""
        pseudonyms = Pseudonyms.open(config.keys)
        return cls(
            config=config,
            clock=clock,
            database=database,
            admission=Admission(database=database, bus=bus, clock=clock),
            slots=Slots(database=database, pseudonyms=pseudonyms, clock=clock),
            nonces=Nonces(pseudonyms),
        )

    async def check(self, node: UUID) -> Verdict:
        """Find out whether ``node`` can be reached, write it down and return it.

        Raises:
            NotFoundError: there is no such node, or no device runs it.
            ThrottledError: the account or the network of an endpoint is checked too often.
            ConflictError: the node was changed meanwhile.
        """
        # The prober has few addresses in a node's tunnel: one check of a node at a time.
        under_way = self.under_way.get(node)
        if under_way is None:
            under_way = self.under_way[node] = asyncio.create_task(self._check(node))
            under_way.add_done_callback(lambda _task: self.under_way.pop(node, None))
        return await asyncio.shield(under_way)

    async def _check(self, node: UUID) -> Verdict:
        subject = await self._subject(node)
        places = to_probe(subject)
        probed = () if isinstance(places, Reason) else places
        # One of each family at most, in that order: who waits for another here is never waited for.
        await self.slots.take(
            ("this account", subject.account),
            *(("this network", network_of(each.host)) for each in probed),
        )
        reason, reached = await self._try(subject, places)
        async with self.database.transaction() as tx:
            verdict = await rows.write(tx, subject, reason, reached, self.clock.now())
        if verdict is None:
            raise ConflictError("the node was changed while it was checked: check it again")
        return verdict

    async def prove(self, node: UUID, address: Address) -> bool:
        """Take note that ``node`` spoke from ``address``; False: it has no endpoint there."""
        async with self.database.read() as sql:
            return await rows.prove(sql, node, address, self.clock.now())

    async def require_owned(self, node: UUID, account: UUID, device: UUID | None) -> None:
        """Raise NotFoundError unless ``node`` runs on that very device of that account."""
        async with self.database.read() as sql:
            if device is None or not await rows.is_owned(sql, node, account, device):
                raise NotFoundError("there is no such node, or another device runs it")

    def jobs(self) -> tuple[Job, ...]:
        """Return what checks nodes without being asked."""
        return (Job(name="reach", interval_s=_INTERVAL_S, work=self.check_waiting),)

    async def check_waiting(self) -> int:
        """Check nodes that are new, changed, or due; return how many."""
        async with self.database.read() as sql:
            nodes = await rows.waiting(sql, self.clock.now(), _BATCH)
        await asyncio.gather(*(self._check_quietly(node) for node in nodes))
        return len(nodes)

    async def _check_quietly(self, node: UUID) -> None:
        try:
            await self.check(node)
        except ThrottledError:
            async with self.database.read() as sql:
                await rows.put_off(sql, node, self.clock.now() + _PUT_OFF)
        except (NotFoundError, ConflictError):
            return  # gone, or changed: it will be found again
        except ApiError as error:
            _log.warning("a node could not be checked: %s", error.code)

    async def _subject(self, node: UUID) -> Subject:
        async with self.database.read() as sql:
            row = await rows.node_of(sql, node)
            if row is None:
                raise NotFoundError("there is no such node, or no device runs it")
            found = await rows.places_of(sql, node)
            now = self.clock.now()
            seen = await seen_of(sql, node, now)
        places = [
            attrs.evolve(
                rows.place_of(each),
                allowed=self._may_probe(each["host"], each["proven_at"], now),
            )
            for each in found
            if each["carrier"] != PUNCHED
        ]
        hole = hole_in(seen)
        if hole is not None:
            hole = attrs.evolve(hole, allowed=self._may_probe(hole.host, now, now))
        return attrs.evolve(
            rows.subject_of(row, places), hole=hole, is_symmetric=is_symmetric(seen)
        )

    def _may_probe(self, host: Address, proven_at: datetime | None, now: datetime) -> bool:
        return may_be_probed(
            host,
            proven_at,
            now,
            is_ours=is_ours(host),
            lab_ranges=self.config.lab_ranges,
            own_ranges=self.config.own_ranges,
        )

    async def _try(
        self, subject: Subject, places: Sequence[Place] | Reason
    ) -> tuple[Reason, Sequence[Place]]:
        if isinstance(places, Reason):
            return places, ()
        peer = fresh_peer(subject)
        if not await self.admission.ask(subject, peer):
            return Reason.NODE_SILENT, ()
        first = [place for place in places if place.carrier != PUNCHED]
        reasons = [await self._probe(subject, peer, place) for place in first]
        reached = [
            place for place, reason in zip(first, reasons, strict=True) if reason is Reason.REACHED
        ]
        if not reached and subject.hole is not None and subject.hole in places:
            reasons.append(await self._probe(subject, peer, subject.hole))
            reached = [subject.hole] if reasons[-1] is Reason.REACHED else []
        reason = best(reasons)
        if reason is Reason.NO_ANSWER and subject.is_symmetric:
            reason = Reason.SYMMETRIC
        return reason, reached

    async def _probe(self, subject: Subject, peer: Peer, place: Place) -> Reason:
        echo = Echo(
            source=peer.inner4,
            target=subject.inner4[GATEWAY],
            identifier=secrets.randbits(16),
            nonce=secrets.token_bytes(NONCE_BYTES),
        )
        question = Question(responder=subject.x25519 or b"", static=peer.static, echo=echo)
        dial = self.dial
        if place.carrier == PUNCHED:
            dial = dial_from(self.config.host, self.config.punch_ports[0])
        return await exchange.probe(question, place.host, place.port, self.clock, dial)


def is_ours(address: Address) -> bool:
    """Return whether ``address`` is one of this machine's: only those can be bound to."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as line:
        line.bind((str(address), 0))
        return True
    return False

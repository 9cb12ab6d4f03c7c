"""People with devices, and nodes that listen on the bus and answer like nodes do."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

import attrs
import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.server.conftest import MovingClock
from worldvpn_core.credit.ticket import Ticket, open_ticket
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.database.pool import Tx
from worldvpn_server.ids import new_id
from worldvpn_server.keys.ring import Use
from worldvpn_server.ledger.values import Bucket, Journal, Kind
from worldvpn_server.ledger.welcome import open_wallet
from worldvpn_server.services import Services

_ACCOUNT: Final = """
INSERT INTO account (id, name, name_key, skeleton, password_hash, recovery_hash, created_at)
VALUES ($1, $2, $2, $2, '', '', $3)
"""
_DEVICE: Final = """
INSERT INTO device (id, account, name, x25519, ed25519, created_at, keys_at, seen_at)
VALUES ($1, $2, 'laptop', $3, $4, $5, $5, $5)
"""
_NODE: Final = """
INSERT INTO node (id, account, device, status, listed, country, region, city, node_group, protocols,
    bandwidth_mbps, most_guests, daily_bytes, allow_streaming, allow_torrents, x25519, inner4,
    inner6, network, settled_sessions, rated_at, created_at, changed_at)
VALUES ($1, $2, $3, 1, true, $4, 155, '', 'community', '{WireGuard}', 100, $5, 1000000000, true,
    true, $6, $7, $8, $9, 20, $10, $10, $10)
"""
_PRESENT: Final = "INSERT INTO presence (node, seen_at) VALUES ($1, $2)"
_ENDPOINT: Final = """
INSERT INTO node_endpoint (node, host, port, carrier, proven_at, reached_at)
VALUES ($1, $2, 51820, 'udp', $3, $3)
"""

Json = dict[str, Any]


def key_text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def fresh_x25519() -> str:
    """Return a new key's public half, base64."""
    return key_text(X25519PrivateKey.generate().public_key().public_bytes_raw())


def fresh_ed25519() -> str:
    """Return a new key's public half, base64."""
    return key_text(Ed25519PrivateKey.generate().public_key().public_bytes_raw())


def ticket_bytes(text: str) -> bytes:
    """Return a signed ticket from base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@attrs.define(eq=False)
class Guest:
    """A signed-in device, or a compatible client where ``device`` is None."""

    services: Services
    http: httpx.AsyncClient
    account: UUID
    username: str
    device: UUID | None

    @property
    def headers(self) -> dict[str, str]:
        audience = Audience.COMPAT if self.device is None else Audience.V1
        token = self.services.tokens.issue(
            account=self.account,
            username=self.username,
            sid=new_id(),
            audience=audience,
            device=self.device,
        )
        return {"Authorization": f"Bearer {token}"}

    def caller(self) -> Caller:
        """Return what its token says."""
        return Caller(
            account=self.account,
            username=self.username,
            sid=new_id(),
            device=self.device,
            audience=Audience.V1,
            expires_s=2**40,
        )

    def through(self, services: Services, http: httpx.AsyncClient) -> Guest:
        """Return the same person as a client of another process."""
        return attrs.evolve(self, services=services, http=http)

    async def call(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> httpx.Response:
        return await self.http.request(method, path, json=body, headers={**self.headers, **headers})

    async def open(
        self, *, path: str = "/v1/sessions", key: str | None = None, **changes: object
    ) -> httpx.Response:
        """Open a session with fresh keys."""
        body = {
            "protocol": "WireGuard",
            "x25519": fresh_x25519(),
            "ed25519": fresh_ed25519(),
            **changes,
        }
        headers = {**self.headers, "Idempotency-Key": key or str(uuid4())}
        return await self.http.post(path, json=body, headers=headers)

    async def connect(self, **changes: object) -> httpx.Response:
        """Connect as compatible clients do."""
        body = {
            "protocol": "WireGuard",
            "username": self.username,
            "public_key": fresh_x25519(),
            **changes,
        }
        return await self.call("POST", "/vpn/connect", body)

    async def balance(self) -> tuple[int, int]:
        """Return (spendable, held) in ticks."""
        balance = await self.services.ledger.balance(self.account)
        return balance.spendable_ticks, balance.held_ticks


Manner = Callable[[Json], Json | None]


def accepts(_: Json) -> Json | None:
    """Say yes, with fresh keys."""
    return {"accept": True, "x25519": fresh_x25519(), "ed25519": fresh_ed25519()}


def refuses(_: Json) -> Json | None:
    """Say no."""
    return {"accept": False}


def is_silent(_: Json) -> Json | None:
    """Say nothing."""
    return None


@attrs.define(eq=False)
class Node:
    """A node that hears its events and answers offers in its ``manner``."""

    owner: Guest
    id: UUID
    manner: Manner = accepts
    heard: list[Json] = attrs.field(factory=list)
    answers: list[httpx.Response] = attrs.field(factory=list)
    _news: asyncio.Event = attrs.field(factory=asyncio.Event)

    def actions(self) -> list[str]:
        """Return what it was told to do, in order."""
        return [each["action"] for each in self.heard]

    def offer(self) -> Json:
        """Return the last offer it heard."""
        return next(each for each in reversed(self.heard) if each["action"] == "offer")

    async def answer(self, session: str, body: Json) -> httpx.Response:
        return await self.owner.call("POST", f"/v1/nodes/{self.id}/guests/{session}", body)

    async def listen(self) -> None:
        """Hear and answer until cancelled."""
        heard = self.owner.services.bus.subscribe([self.owner.account], self.owner.device)
        async for each in heard:
            if each.event.kind != "guest":
                continue
            told = msgspec.json.decode(each.event.body, type=Json)
            self.heard.append(told)
            self._news.set()
            answer = self.manner(told) if told["action"] == "offer" else None
            if answer is not None:
                self.answers.append(await self.answer(told["session_id"], answer))

    async def told(self, action: str) -> Json:
        """Return the first thing it was told of this kind, once it has come."""
        async with asyncio.timeout(10):
            while action not in self.actions():
                self._news.clear()
                await self._news.wait()
        return next(each for each in self.heard if each["action"] == action)


@attrs.define(eq=False)
class Street:
    """Makes people and nodes."""

    services: Services
    http: httpx.AsyncClient
    _tasks: list[asyncio.Task[None]] = attrs.field(factory=list)
    _made: int = 0

    async def guest(self, *, credits_: int = 100, compat: bool = False) -> Guest:
        """Make an account with that many credits, and a device."""
        account, device = new_id(), None if compat else new_id()
        now = self.services.clock.now()
        self._made += 1
        name = f"person{self._made}"

        async def work(tx: Tx) -> None:
            await tx.sql.execute(_ACCOUNT, account, name, now)
            await open_wallet(tx, self.services.ledger, account)
            if credits_ != 100:
                ticks = (credits_ - 100) * CREDIT_TICKS
                bucket = Bucket.PROMO if ticks < 0 else Bucket.AVAILABLE
                lines = ((bucket, ticks), (Bucket.MINT, -ticks))
                grant = Journal(account=account, key=b"grant", kind=Kind.GRANT, lines=lines)
                await self.services.ledger.post(tx, grant)
            if device is not None:
                await tx.sql.execute(_DEVICE, device, account, os.urandom(32), os.urandom(32), now)

        await self.services.database.run(work)
        return Guest(self.services, self.http, account, name, device)

    async def node(
        self,
        manner: Manner = accepts,
        *,
        country: str = "DE",
        guests: int = 10,
        compat: bool = False,
        network: bytes = b"n",
    ) -> Node:
        """Make a node of a new owner, online and reached, and let it listen."""
        owner = await self.guest(compat=compat)
        node = Node(owner, new_id(), manner)
        number, now = self._made, self.services.clock.now()

        async def work(tx: Tx) -> None:
            await tx.sql.execute(
                _NODE,
                *(node.id, owner.account, owner.device, country, guests),
                *(None if compat else os.urandom(32), f"10.70.{number}.0/24"),
                *(f"fd57:5650:0:{number}::/64", network, now),
            )
            await tx.sql.execute(_PRESENT, node.id, now)
            await tx.sql.execute(_ENDPOINT, node.id, f"198.51.100.{number}", now)

        await self.services.database.run(work)
        if not compat:
            self._tasks.append(asyncio.create_task(node.listen()))
            await asyncio.sleep(0)
        return node

    def pass_by(self, **time: float) -> None:
        """Let time pass."""
        assert isinstance(self.services.clock, MovingClock)
        self.services.clock.pass_by(**time)

    async def beat(self, node: Node) -> None:
        """Let the node be heard of now."""
        async with self.services.database.transaction() as tx:
            await tx.sql.execute(
                "UPDATE presence SET seen_at = $2 WHERE node = $1",
                *(node.id, self.services.clock.now()),
            )

    async def guests_of(self, node: Node) -> int:
        """Return how many guests the directory counts there."""
        async with self.services.database.read() as sql:
            count: int = await sql.fetchval("SELECT guests FROM node WHERE id = $1", node.id)
        return count

    async def rows(self, statement: str, *values: object) -> list[Json]:
        async with self.services.database.read() as sql:
            return [dict(row) for row in await sql.fetch(statement, *values)]

    def ticket(self, text: str) -> Ticket:
        """Return the ticket in an answer, its signature checked."""
        signer = self.services.keys.signer(Use.TICKET)
        return open_ticket(ticket_bytes(text), signer.key.public_key().public_bytes_raw())

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

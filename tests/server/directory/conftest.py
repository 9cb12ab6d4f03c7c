"""Accounts with nodes, written straight into the database, and callers with tokens."""

from __future__ import annotations

import secrets
from ipaddress import IPv4Address, ip_address
from typing import Any, Final
from uuid import UUID

import attrs
import httpx
import pytest

from tests.server.conftest import MovingClock
from worldvpn_server.accounts.values import Audience
from worldvpn_server.database.pool import Database
from worldvpn_server.directory.networks import Networks
from worldvpn_server.directory.presence import MemoryPresence
from worldvpn_server.directory.store import PostgresDirectory
from worldvpn_server.directory.values import NodeRecord, Offer, Protocol
from worldvpn_server.ids import new_id
from worldvpn_server.services import Services

#: The key of the test's networks.
NETWORKS: Final = Networks(bytes(range(32)))

_ACCOUNT: Final = """
INSERT INTO account (id, name, name_key, skeleton, password_hash, recovery_hash, created_at)
VALUES ($1, $2, $2, $2, '', '', now())
"""
_DEVICE: Final = """
INSERT INTO device (id, account, name, x25519, ed25519, created_at, seen_at)
VALUES ($1, $2, '', $3, $4, now(), now())
"""


@attrs.frozen
class Town:
    """A directory, and how people get into it."""

    database: Database
    clock: MovingClock
    directory: PostgresDirectory

    async def account(self) -> UUID:
        """Return a new account."""
        account = new_id()
        async with self.database.transaction() as tx:
            await tx.sql.execute(_ACCOUNT, account, str(account))
        return account

    async def device(self, account: UUID) -> UUID:
        """Return a new device of an account."""
        device = new_id()
        keys = secrets.token_bytes(32), secrets.token_bytes(32)
        async with self.database.transaction() as tx:
            await tx.sql.execute(_DEVICE, device, account, *keys)
        return device

    async def node(self, **changes: Any) -> NodeRecord:  # noqa: ANN401 - fields of an offer
        """Return a node of a new account's device that was reached."""
        account = await self.account()
        said = {"account": account, "device": await self.device(account), **changes}
        node = await self.put(offer(**said))
        await self.set(node.id, listed=True)
        return node

    async def put(self, said: Offer) -> NodeRecord:
        """Register what is offered."""
        return await self.database.run(lambda tx: self.directory.put(tx, said))

    async def set(self, node: UUID, **columns: object) -> None:
        """Write what others find out about a node."""
        places = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 2))
        async with self.database.transaction() as tx:
            await tx.sql.execute(
                f"UPDATE node SET {places} WHERE id = $1",  # noqa: S608 - names are the test's
                node,
                *columns.values(),
            )

    async def see(self, node: UUID, column: str) -> Any:  # noqa: ANN401 - whatever it holds
        """Return a column of a node."""
        async with self.database.read() as sql:
            statement = f"SELECT {column} FROM node WHERE id = $1"  # noqa: S608 - the test's
            return await sql.fetchval(statement, node)


def offer(*, account: UUID, device: UUID | None, **changes: Any) -> Offer:  # noqa: ANN401 - its fields
    """Return an offer as most nodes make it."""
    said: dict[str, Any] = {
        "id": new_id(),
        "country": "DE",
        "city": "Berlin",
        "protocols": (Protocol.WIREGUARD,),
        "bandwidth_mbps": 50,
        "most_guests": 10,
        "daily_bytes": 50 * 10**9,
        "allow_streaming": True,
        "allow_torrents": False,
        "x25519": None if device is None else secrets.token_bytes(32),
    }
    return Offer(account=account, device=device, **(said | changes))


def address(text: str) -> IPv4Address:
    """Return an IPv4 address."""
    made = ip_address(text)
    assert isinstance(made, IPv4Address)
    return made


@pytest.fixture
def town(database: Database, clock: MovingClock) -> Town:
    return Town(database, clock, PostgresDirectory(database, clock, NETWORKS))


@pytest.fixture
def presence(database: Database, clock: MovingClock) -> MemoryPresence:
    return MemoryPresence(database, clock)


@attrs.frozen
class Client:
    """Somebody signed in."""

    http: httpx.AsyncClient
    account: UUID
    token: str

    async def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.http.request(method, path, json=body, headers=headers)


@attrs.frozen
class Desk:
    """Signs people in on the whole application."""

    http: httpx.AsyncClient
    services: Services
    town: Town

    async def compatible(self) -> Client:
        """Return a compatible client of a new account."""
        account = await self.town.account()
        return Client(self.http, account, self._token(account, Audience.COMPAT, None))

    async def device(self, account: UUID | None = None) -> Client:
        """Return a client of /v1 with a device of its own."""
        account = account or await self.town.account()
        device = await self.town.device(account)
        return Client(self.http, account, self._token(account, Audience.V1, device))

    def _token(self, account: UUID, audience: Audience, device: UUID | None) -> str:
        return self.services.tokens.issue(
            account=account, username="somebody", sid=new_id(), audience=audience, device=device
        )


@pytest.fixture
def desk(client: httpx.AsyncClient, services: Services, clock: MovingClock) -> Desk:
    town = Town(services.database, clock, services.directory)
    return Desk(client, services, town)

"""A node with a device that is signed in, and a WireGuard end that a test plays itself."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import socket
from ipaddress import ip_address
from typing import Any, Final, cast
from uuid import UUID

import attrs
import httpx
from cryptography.exceptions import InvalidTag

from tests.server.reach.responder import Responder
from tests.server.reach.test_noise import reply
from worldvpn_server.accounts.values import Audience
from worldvpn_server.http.app import build
from worldvpn_server.http.source import Address
from worldvpn_server.ids import new_id
from worldvpn_server.services import Services

HOME: Final = "203.0.113.10"

_ACCOUNT: Final = """
INSERT INTO account (id, name, name_key, skeleton, password_hash, recovery_hash, created_at)
VALUES ($1, $2, $2, $2, '', '', now())
"""
_DEVICE: Final = """
INSERT INTO device (id, account, name, x25519, ed25519, created_at, seen_at)
VALUES ($1, $2, '', $3, $4, now(), now())
"""


class End(asyncio.DatagramProtocol):
    """A WireGuard end on this machine: answers handshakes and echoes of admitted peers."""

    def __init__(self) -> None:
        self.responder = Responder()
        self.peers: set[bytes] = set()
        self.echoes = True
        self.datagrams = 0
        self._line = cast("asyncio.DatagramTransport", None)

    @property
    def public(self) -> bytes:
        """The key that the node says it has."""
        return self.responder.public

    def admit(self, peer: bytes, inner: Address) -> None:
        """Let ``peer`` in, under that address inside."""
        del inner
        self.peers.add(peer)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._line = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.datagrams += 1
        try:
            if data[0] == 1:
                answer = self.responder.answer(data)
                if self.responder.peer not in self.peers:
                    return
            elif self.echoes:
                answer = self.responder.seal(reply(self.responder.open(data)[:60]))
            else:
                return
        except InvalidTag:
            return
        self._line.sendto(answer, addr)

    def dial(self, address: Address, port: int) -> socket.socket:
        """Return a socket that ends here, whatever the address."""
        del address, port
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        line.connect(self._line.get_extra_info("sockname"))
        return line


@attrs.define
class House:
    """An account's device and node, and how they speak to the server."""

    services: Services
    account: UUID
    device: UUID
    node: UUID
    end: End
    source: str = HOME
    admits: bool = True
    news: list[dict[str, Any]] = attrs.field(factory=list)
    heard: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Call the server from ``source``, as the device."""
        token = self.services.tokens.issue(
            account=self.account,
            username="ada",
            sid=new_id(),
            device=self.device,
            audience=Audience.V1,
        )
        transport = httpx.ASGITransport(
            app=cast("Any", build(self.services)), client=(self.source, 40_000)
        )
        async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:
            headers = {"Authorization": f"Bearer {token}"}
            return await client.request(method, path, json=body, headers=headers)

    async def offer(self, *hosts: str, carrier: str = "udp") -> None:
        """Put the node, with endpoints there."""
        body = {
            "country_code": "DE",
            "protocols": ["WireGuard"],
            "x25519": base64.b64encode(self.end.public).decode(),
            "endpoints": [{"host": host, "port": 51820, "carrier": carrier} for host in hosts],
            "carriers": [{"name": carrier}],
        }
        answer = await self.call("PUT", f"/v1/nodes/{self.node}", body)
        assert answer.status_code in {200, 201}, answer.text

    async def reach(self) -> httpx.Response:
        """Ask for a check."""
        return await self.call("POST", f"/v1/nodes/{self.node}/reach")

    async def listen(self) -> None:
        """Do what the server asks of the node, until cancelled."""
        async for delivered in self.services.bus.subscribe([self.account], self.device):
            if delivered.event.kind != "probe":
                continue
            news = json.loads(delivered.event.body)
            self.news.append(news)
            self.heard.set()
            if self.admits:
                inner = ip_address(news["assigned_ip"])
                self.end.admit(base64.b64decode(news["public_key"]), inner)
                await self.call("POST", f"/v1/nodes/{self.node}/probes/{news['probe_id']}")

    async def see(self) -> dict[str, Any]:
        """Return the node as the database has it."""
        async with self.services.database.read() as sql:
            row = await sql.fetchrow("SELECT * FROM node WHERE id = $1", self.node)
        assert row is not None
        return dict(row)


async def settle_in(services: Services, end: End) -> House:
    """Return a new account with a device, whose node has not been offered yet."""
    account, device = new_id(), new_id()
    async with services.database.transaction() as tx:
        await tx.sql.execute(_ACCOUNT, account, str(account))
        keys = secrets.token_bytes(32), secrets.token_bytes(32)
        await tx.sql.execute(_DEVICE, device, account, *keys)
    return House(services, account, device, new_id(), end)

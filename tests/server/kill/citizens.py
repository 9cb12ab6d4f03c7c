"""Guests and owners of nodes who speak to a server by HTTP alone."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from typing import Final
from uuid import UUID, uuid4

import attrs
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.server.accounts.people import PASSWORD, Phone, b64
from tests.server.events.ear import Parser
from tests.server.kill.town import Json, Town
from tests.server.sessions.street import fresh_x25519
from worldvpn_core.credit.lengths import NO_HASH
from worldvpn_core.credit.receipt import Receipt, Role
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.database.pool import Connection

#: Fast enough that no byte has to wait before it is billable.
_MBPS: Final = 100_000
_RETRY_S: Final = 0.02
_OK: Final = 200
_CREATED: Final = 201
_CONFLICT: Final = 409
_NO_CREDIT: Final = 402


@attrs.define(eq=False)
class Citizen:
    """Somebody with an account and a device."""

    town: Town
    name: str
    phone: Phone
    access: str

    @classmethod
    async def register(cls, town: Town) -> Citizen:
        """Register; where the answer was lost, sign in."""
        phone, name = town.phone(), f"c{uuid4().hex[:20]}"
        answer = await town.ask("POST", "/v1/auth/register", phone.sign_in(name))
        if answer.status_code == _CREATED:
            town.told.people.add(name)
            return cls(town, name, phone, answer.json()["signed_in"]["access_token"])
        assert answer.status_code == _CONFLICT, answer.text
        answer = await town.ask("POST", "/v1/auth/token", phone.sign_in(name))
        assert answer.status_code == _OK, answer.text
        town.told.people.add(name)
        return cls(town, name, phone, answer.json()["access_token"])

    async def ask(self, method: str, path: str, body: object = None, **more: str) -> httpx.Response:
        return await self.town.ask(
            method, path, body, **{"Authorization": f"Bearer {self.access}", **more}
        )

    async def claim(self) -> None:
        """Do what an old client does: sign in by password, and say what it carried."""
        body = {"username": self.name, "password": PASSWORD}
        signed = await self.town.ask("POST", "/auth/login", body)
        assert signed.status_code == _OK, signed.text
        head = {"Authorization": f"Bearer {signed.json()['token']}"}
        said = {"shared_bytes": 1, "consumed_bytes": 2}
        noted = await self.town.ask("POST", "/credits/sync", said, **head)
        assert noted.status_code == _OK, noted.text
        claims = self.town.told.claims
        claims[self.name] = claims.get(self.name, 0) + 1


@attrs.define(eq=False)
class Owner:
    """A node that hears offers by its event stream, and takes every guest."""

    citizen: Citizen
    node: UUID
    number: int
    #: With what it signs, by session.
    keys: dict[str, tuple[str, Ed25519PrivateKey]] = attrs.field(factory=dict)
    _x25519: str = attrs.field(factory=fresh_x25519)
    _parser: Parser = attrs.field(factory=Parser)

    @classmethod
    async def settle_down(cls, town: Town, number: int) -> Owner:
        """Register a node, and have it listed as one that was reached."""
        owner = cls(await Citizen.register(town), uuid4(), number)
        await owner.put()
        await town.until(owner._list, "UPDATE 1")
        return owner

    async def put(self) -> None:
        body = {
            "country_code": "DE",
            "protocols": ["WireGuard"],
            "x25519": self._x25519,
            "endpoints": [{"host": f"198.51.100.{self.number}", "port": 51820}],
            "bandwidth_mbps": _MBPS,
            "most_guests": 100,
        }
        answer = await self.citizen.ask("PUT", f"/v1/nodes/{self.node}", body)
        assert answer.status_code in {_OK, _CREATED}, answer.text
        self.citizen.town.told.nodes.add(self.node)

    async def _list(self, sql: Connection) -> str:
        """List it once the prober has looked: no packet comes to where it says it is."""
        await sql.execute(
            "UPDATE node_endpoint SET proven_at = now(), reached_at = now() WHERE node = $1",
            self.node,
        )
        return await sql.execute(
            "UPDATE node SET listed = true, reach_reason = 'reached', settled_sessions = 20 "
            "WHERE id = $1 AND reach_reason <> 'not-checked'",
            self.node,
        )

    async def listen(self) -> None:
        """Hear and answer for ever; who loses the stream comes back where it was."""
        async with asyncio.TaskGroup() as answering:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    await self._hear(answering)
                await asyncio.sleep(_RETRY_S)

    async def _hear(self, answering: asyncio.TaskGroup) -> None:
        town = self.citizen.town
        headers = {"Authorization": f"Bearer {self.citizen.access}"}
        if self._parser.last_id:
            headers["Last-Event-ID"] = self._parser.last_id
        self._parser.feed(b"\n\n")  # what was cut short is sent again
        async with town.http.stream("GET", town.server.url + "/v1/events", headers=headers) as got:
            if got.status_code != _OK:
                return
            async for chunk in got.aiter_raw():
                for heard in self._parser.feed(chunk):
                    told = json.loads(heard.data)
                    if heard.kind == "guest" and told["action"] == "offer":
                        answering.create_task(self._accept(told["session_id"]))

    async def _accept(self, session: str) -> None:
        x25519, ed25519 = self.keys.setdefault(
            session, (fresh_x25519(), Ed25519PrivateKey.generate())
        )
        body = {
            "accept": True,
            "x25519": x25519,
            "ed25519": b64(ed25519.public_key().public_bytes_raw()),
        }
        answer = await self.citizen.ask("POST", f"/v1/nodes/{self.node}/guests/{session}", body)
        # Withdrawn: the guest went on, or was asked for again.
        assert answer.status_code in {_OK, 404, _CONFLICT}, answer.text
        if answer.status_code == _OK:
            self._granted(answer.json())

    def _granted(self, answer: Json) -> None:
        told = self.citizen.town.told.of(UUID(answer["session_id"]))
        told.granted_bytes = max(told.granted_bytes, answer["cap_bytes"])


@attrs.define(eq=False)
class Guest:
    """Opens sessions, signs for what they carry, and leaves; a new one when all is spent."""

    town: Town
    owners: list[Owner]
    citizen: Citizen | None = None

    async def live(self) -> None:
        """Do that until the town closes: who has a session then still ends it with a last word."""
        while not self.town.is_closing:
            citizen = self.citizen = self.citizen or await Citizen.register(self.town)
            key = Ed25519PrivateKey.generate()
            opened = await self._open(citizen, key)
            if opened is None:
                self.citizen = None
                continue
            await self._use(citizen, key, opened)
            if self.town.chance.random() < 0.1:
                await citizen.claim()

    async def _open(self, citizen: Citizen, key: Ed25519PrivateKey) -> Ticket | None:
        public = b64(key.public_key().public_bytes_raw())
        body = {"protocol": "WireGuard", "x25519": fresh_x25519(), "ed25519": public}
        once = {"Idempotency-Key": str(uuid4())}
        while (answer := await citizen.ask("POST", "/v1/sessions", body, **once)).is_error:
            if answer.status_code == _NO_CREDIT:
                return None
            # The request that died is still being answered.
            assert answer.status_code == _CONFLICT, answer.text
            await asyncio.sleep(_RETRY_S)
        ticket = self.town.ticket(answer.json()["ticket"])
        told = self.town.told.of(ticket.session)
        told.granted_bytes = max(told.granted_bytes, ticket.cap_bytes)
        return ticket

    async def _use(self, citizen: Citizen, key: Ed25519PrivateKey, ticket: Ticket) -> None:
        chance, told = self.town.chance, self.town.told.of(ticket.session)
        _, peer = next(
            each.keys[str(ticket.session)]
            for each in self.owners
            if str(ticket.session) in each.keys
        )
        carried = 0
        for sequence in range(1, chance.randint(2, 5)):
            carried = min(carried + chance.randint(1, MEBIBYTE), ticket.cap_bytes)
            pair = [
                _signed(Role.GUEST, ticket, sequence, carried, key),
                _signed(Role.NODE, ticket, sequence, carried, peer),
            ]
            answer = await citizen.ask("POST", "/v1/receipts", {"receipts": pair})
            assert set(answer.json()["outcomes"]) <= {"accepted", "duplicate"}, answer.text
            told.signed_bytes = carried
            if chance.random() < 0.3:
                ticket = await self._top_up(citizen, ticket)
        path = f"/v1/sessions/{ticket.session}"
        if chance.random() < 0.2:
            await citizen.ask("GET", path)
        last = {"final_receipt": _signed(Role.GUEST, ticket, 99, carried, key)}
        ended = await citizen.ask("DELETE", path, last)
        assert ended.status_code == _OK, ended.text
        told.ended = True

    async def _top_up(self, citizen: Citizen, ticket: Ticket) -> Ticket:
        answer = await citizen.ask("POST", f"/v1/sessions/{ticket.session}/ticket")
        if answer.status_code == _NO_CREDIT:
            return ticket
        assert answer.status_code == _OK, answer.text
        raised = self.town.ticket(answer.json()["ticket"])
        told = self.town.told.of(ticket.session)
        told.granted_bytes = max(told.granted_bytes, raised.cap_bytes)
        return raised


def _signed(
    role: Role, ticket: Ticket, sequence: int, carried_bytes: int, key: Ed25519PrivateKey
) -> str:
    receipt = Receipt(
        role=role,
        ticket=ticket.hash(),
        sequence=sequence,
        up_bytes=0,
        down_bytes=carried_bytes,
        elapsed_ms=60_000 * sequence,
        previous=NO_HASH,
    )
    return base64.urlsafe_b64encode(receipt.sign(key)).rstrip(b"=").decode()

"""People with devices, as a client has them."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Any, cast

import attrs
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from worldvpn_server.accounts.proofs import Claim, Purpose, statement
from worldvpn_server.clock import Clock
from worldvpn_server.http.app import build
from worldvpn_server.services import Services

PASSWORD = "a long enough secret 7"  # noqa: S105 - a test's own
Json = Mapping[str, Any]


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@attrs.define(eq=False)
class Phone:
    """A device: two secret keys, and what it signs for one server."""

    audience: bytes
    clock: Clock
    name: str = "phone"
    ed25519: Ed25519PrivateKey = attrs.field(factory=Ed25519PrivateKey.generate)
    x25519: X25519PrivateKey = attrs.field(factory=X25519PrivateKey.generate)

    @property
    def ed_public(self) -> bytes:
        return self.ed25519.public_key().public_bytes_raw()

    @property
    def x_public(self) -> bytes:
        return self.x25519.public_key().public_bytes_raw()

    @property
    def body(self) -> Json:
        return {"name": self.name, "x25519": b64(self.x_public), "ed25519": b64(self.ed_public)}

    def sign(self, purpose: Purpose, *about: bytes) -> Json:
        time_s, nonce = int(self.clock.now().timestamp()), os.urandom(16)
        signed = statement(self.audience, Claim(purpose=purpose, about=about), time_s, nonce)
        signature = self.ed25519.sign(signed)
        return {"time_s": time_s, "nonce": b64(nonce), "signature": b64(signature)}

    def sign_in(self, username: str, password: str = PASSWORD) -> Json:
        proof = self.sign(Purpose.SIGN_IN, username.encode(), self.x_public, self.ed_public)
        return {"username": username, "password": password, "device": self.body, "proof": proof}

    def refresh(self, token: str) -> Json:
        return {"refresh_token": token, "proof": self.sign(Purpose.REFRESH, token.encode())}


@attrs.define(eq=False)
class Person:
    """A user who is signed in with a device."""

    http: httpx.AsyncClient
    phone: Phone
    signed: Json
    recovery_code: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.signed['access_token']}"}

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path, headers=self.headers)

    async def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        return await self.http.request(method, path, json=body, headers=self.headers)

    async def refresh(self, token: str | None = None) -> httpx.Response:
        presented = self.signed["refresh_token"] if token is None else token
        return await self.http.post("/v1/auth/refresh", json=self.phone.refresh(presented))


def new_phone(services: Services, name: str = "phone") -> Phone:
    return Phone(services.keys.root_public(), services.clock, name)


async def sign_up(http: httpx.AsyncClient, services: Services, username: str) -> Person:
    """Register with a device, as new clients do."""
    phone = new_phone(services)
    answer = await http.post("/v1/auth/register", json=phone.sign_in(username))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return Person(http, phone, made["signed_in"], made["recovery_code"])


async def sign_in(http: httpx.AsyncClient, phone: Phone, username: str) -> Person:
    answer = await http.post("/v1/auth/token", json=phone.sign_in(username))
    assert answer.status_code == 200, answer.text
    return Person(http, phone, answer.json())


def from_address(services: Services, address: str) -> httpx.AsyncClient:
    """Return a client of the application that calls from ``address``."""
    transport = httpx.ASGITransport(
        app=cast("Any", build(services)), raise_app_exceptions=False, client=(address, 40_000)
    )
    return httpx.AsyncClient(transport=transport, base_url="https://central.test")

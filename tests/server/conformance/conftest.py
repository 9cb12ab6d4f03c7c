"""Compatible clients, as they have always called."""

from __future__ import annotations

import attrs
import httpx
import pytest

from tests.server.conformance.routes import Route

PASSWORD = "a long enough secret 7"  # noqa: S105 - a test's own


@attrs.frozen
class OldClient:
    """One signed-in user of the compatible routes."""

    http: httpx.AsyncClient
    username: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path, headers=self.headers)

    async def post(self, path: str, body: object = None) -> httpx.Response:
        return await self.http.post(path, headers=self.headers, json=body)

    async def call(self, route: Route) -> httpx.Response:
        return await self.http.request(
            route.method, route.path, json=route.body, headers=self.headers
        )


async def sign_up(http: httpx.AsyncClient, username: str) -> OldClient:
    """Register and sign in, as old clients do."""
    body = {"username": username, "password": PASSWORD}
    registered = await http.post("/auth/register", json=body)
    assert registered.status_code == 201, registered.text
    signed_in = await http.post("/auth/login", json=body)
    assert signed_in.status_code == 200, signed_in.text
    return OldClient(http, username, signed_in.json()["token"])


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> OldClient:
    """A user who connects."""
    return await sign_up(client, "ada")


@pytest.fixture
async def bob(client: httpx.AsyncClient) -> OldClient:
    """A user whose node is online."""
    bob = await sign_up(client, "bob")
    registered = await bob.post(
        "/nodes/register", {"country_code": "DE", "protocols": ["WireGuard"]}
    )
    assert registered.status_code == 201, registered.text
    return bob

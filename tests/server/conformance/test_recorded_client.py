"""What an existing client does on its first evening, call by call."""

from __future__ import annotations

import httpx
import pytest

from tests.server.conformance.conftest import OldClient
from tests.server.conformance.routes import PUBLIC_KEY

pytestmark = pytest.mark.anyio


async def test_old_client_registers_connects_and_leaves(
    client: httpx.AsyncClient, bob: OldClient
) -> None:
    identity = {"username": "grace", "password": "a long enough secret 7"}
    registered = await client.post("/auth/register", json={**identity, "email": "g@example.org"})
    assert registered.status_code == 201
    assert registered.json()["username"] == "grace"

    signed_in = await client.post("/auth/login", json=identity)
    assert signed_in.json()["user_id"] == registered.json()["user_id"]
    grace = OldClient(client, "grace", signed_in.json()["token"])

    found = (await grace.get("/nodes/discover?country=DE&protocol=WireGuard&limit=5")).json()
    assert found["count"] == len(found["nodes"]) == 1
    (node,) = found["nodes"]
    assert node.keys() >= {
        *("id", "country_code", "reputation_score", "connections"),
        *("bandwidth_mbps", "latency_ms", "protocols", "group"),
    }
    assert node["protocols"] == '["WireGuard"]'

    connected = await grace.post(
        "/vpn/connect",
        {
            "protocol": "WireGuard",
            "username": "grace",
            "public_key": PUBLIC_KEY,
            "preferred_country": "*",
        },
    )
    assert connected.status_code == 200, connected.text
    assert connected.json()["node_country"] == "DE"
    assert (await grace.get("/credits/balance")).json() == {"credits": 100}
    assert (await bob.post("/nodes/heartbeat")).json()["active_connections"] == 1

    session_id = connected.json()["session_id"]
    left = await grace.post("/vpn/disconnect", {"session_id": session_id})
    assert left.json() == {"status": "disconnected", "session_id": session_id}
    assert (await bob.post("/nodes/heartbeat")).json()["active_connections"] == 0
    assert (await grace.get("/credits/balance")).json() == {"credits": 100}

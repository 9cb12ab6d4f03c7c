"""Whether the server is up, and what it says of paths it does not have."""

from __future__ import annotations

import httpx
import pytest

from worldvpn_server.config import VERSION

pytestmark = pytest.mark.anyio


async def test_health_has_the_three_fields_that_clients_read(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ok", "service": "worldvpn-server", "version": VERSION},
    )


async def test_server_with_its_database_is_ready(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_unknown_path_is_an_error_like_any_other(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")

    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})

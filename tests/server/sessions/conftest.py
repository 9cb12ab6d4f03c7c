"""People and nodes for tests of sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.server.sessions.street import Guest, Street
from worldvpn_server.services import Services


@pytest.fixture
async def street(services: Services, client: httpx.AsyncClient) -> AsyncIterator[Street]:
    """People and nodes on the services of this test."""
    made = Street(services, client)
    yield made
    await made.close()


@pytest.fixture
async def ada(street: Street) -> Guest:
    """Somebody with a device and 100 credits."""
    return await street.guest()

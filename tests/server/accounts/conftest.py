"""Somebody with an account and a device."""

from __future__ import annotations

import httpx
import pytest

from tests.server.accounts.people import Person, sign_up
from worldvpn_server.services import Services


@pytest.fixture
async def ada(client: httpx.AsyncClient, services: Services) -> Person:
    return await sign_up(client, services, "ada")

"""A rig on the services of the test."""

from __future__ import annotations

import pytest

from tests.server.settlement.rig import Rig
from worldvpn_server.services import Services


@pytest.fixture
def rig(services: Services) -> Rig:
    """People, nodes and sessions on the services of this test."""
    return Rig(services.database, services.ledger, services.clock)

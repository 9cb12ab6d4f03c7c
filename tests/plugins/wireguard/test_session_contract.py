"""WireGuard keeps the contract of what goes through the directory's nodes."""

from __future__ import annotations

import pytest

from tests.plugins.wireguard.test_tunnel import ScriptedDevice, ScriptedEngine, WillingLinks
from worldvpn_core.contracts import Transport
from worldvpn_core.testing.session_contract import SessionTransportContract
from worldvpn_wireguard.transport import WireGuardTransport


class TestWireGuard(SessionTransportContract):
    @pytest.fixture
    def transport(self) -> Transport:
        return WireGuardTransport(ScriptedEngine(ScriptedDevice(lambda _: True)), WillingLinks())

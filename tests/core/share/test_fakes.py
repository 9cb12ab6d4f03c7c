"""The fake exit keeps the contract that it stands in for."""

from __future__ import annotations

import pytest

from worldvpn_core.contracts import Exit, Invitation
from worldvpn_core.testing.exit_contract import ExitContract, ExitGround
from worldvpn_core.testing.namespace_fakes import FakeNamespaces
from worldvpn_core.testing.share_fakes import FakeExit
from worldvpn_core.types import IpAddress


class Ground:
    """A host in memory."""

    def __init__(self) -> None:
        self.namespaces = FakeNamespaces()
        self._exit = FakeExit(self.namespaces)

    def exit(self) -> Exit:
        self._exit = FakeExit(self.namespaces)
        return self._exit

    async def state(self) -> str:
        return str(await self.namespaces.all())

    async def reaches(self, invitation: Invitation, source: IpAddress) -> bool:
        known = self._exit.served[-1].guests.get(invitation.guest.public_key)
        return known is not None and source in known.addresses


@pytest.mark.anyio
class TestFakeExit(ExitContract):
    """The suite on the fake."""

    @pytest.fixture
    def ground(self) -> ExitGround:
        """A fresh host."""
        return Ground()

    @pytest.fixture
    def anyio_backend(self) -> str:
        """The daemon's own loop."""
        return "asyncio"

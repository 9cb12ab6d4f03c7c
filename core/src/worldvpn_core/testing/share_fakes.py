"""An exit in memory."""

from __future__ import annotations

import asyncio
import os

from worldvpn_core.contracts import (
    Guest,
    Invitation,
    ListenerInfo,
    NamespacePlan,
    Namespaces,
    SharePlan,
)
from worldvpn_core.share.plan import KEY_BYTES
from worldvpn_core.testing.namespace_fakes import FakeNamespaces
from worldvpn_core.types import NODE, NODE_UPLINK, Endpoint, IpAddress, Server


class FakeListener:
    """A node in memory: knows its guests, falls when ``fall`` is called."""

    def __init__(self, info: ListenerInfo, namespaces: Namespaces, log: list[str]) -> None:
        self.info = info
        self.guests: dict[bytes, Guest] = {}
        self.closed = 0
        self._namespaces = namespaces
        self._log = log
        self._down: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    async def admit(self, guest: Guest) -> None:
        self._log.append("admit")
        self.guests[guest.public_key] = guest

    async def dismiss(self, public_key: bytes) -> None:
        self._log.append("dismiss")
        self.guests.pop(public_key, None)

    async def wait_down(self) -> Exception | None:
        return await asyncio.shield(self._down)

    def fall(self, error: Exception) -> None:
        """Let it fall by itself."""
        self._down.set_result(error)

    async def close(self) -> None:
        self.closed += 1
        self.guests.clear()
        await self._namespaces.remove(NODE)
        if not self._down.done():
            self._down.set_result(None)


class FakeExit:
    """Serves in memory; raises ``failure``, or hangs while ``hangs`` is set.

    ``lie`` replaces what it reports, as a plugin that breaks its contract would.
    """

    name = "fake"

    def __init__(self, namespaces: Namespaces | None = None, log: list[str] | None = None) -> None:
        self.namespaces = namespaces or FakeNamespaces()
        self.failure: Exception | None = None
        self.hangs = False
        self.lie: ListenerInfo | None = None
        self.served: list[FakeListener] = []
        self.log = [] if log is None else log

    async def serve(self, plan: SharePlan) -> FakeListener:
        self.log.append("serve")
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        await self.namespaces.make(
            NamespacePlan(name=NODE, uplink=NODE_UPLINK, prefixes=plan.prefixes)
        )
        own = tuple(prefix[2] for prefix in plan.prefixes)
        info = ListenerInfo(
            public_key=bytes(32),
            listen=tuple(Endpoint(host=host, port=plan.listen_port) for host in own),
            addresses=own,
        )
        listener = FakeListener(self.lie or info, self.namespaces, self.log)
        self.served.append(listener)
        return listener

    def invite(
        self,
        node: ListenerInfo,
        remote: Server,
        addresses: tuple[IpAddress, ...],
        dns: tuple[IpAddress, ...],
    ) -> Invitation:
        del node, dns
        guest = Guest(public_key=os.urandom(KEY_BYTES), addresses=addresses)
        return Invitation(guest=guest, profile=f"{remote.host}:{remote.port}")

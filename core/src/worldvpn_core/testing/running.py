"""A tunnel runner on a host of fakes, driven step by step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs

from worldvpn_core.contracts import LinkFacts, Transport
from worldvpn_core.enforce import Enforcer, Protection
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.runner import TunnelRunner
from worldvpn_core.settings import Settings
from worldvpn_core.testing.fakes import (
    FakeDns,
    FakeFirewall,
    FakeJournal,
    FakeLinks,
    FakeRouting,
    FakeTransport,
)
from worldvpn_core.tunnel.events import ConnectRequested, Event
from worldvpn_core.tunnel.opener import Opener, until_down
from worldvpn_core.tunnel.states import Disconnected, State
from worldvpn_core.types import TunnelPlan


@attrs.define
class World:
    """A runner on a host of fakes."""

    log: list[str] = attrs.field(factory=list)
    settings: Settings = attrs.field(factory=Settings)
    states: list[State] = attrs.field(factory=list)
    refused: list[WorldVpnError] = attrs.field(factory=list)
    #: What could not be given back, and None once it could.
    unrestored: list[WorldVpnError | None] = attrs.field(factory=list)
    initial: State = attrs.field(factory=Disconnected)
    firewall: FakeFirewall = attrs.field(init=False)
    routing: FakeRouting = attrs.field(init=False)
    dns: FakeDns = attrs.field(init=False)
    journal: FakeJournal = attrs.field(init=False)
    links: FakeLinks = attrs.field(factory=FakeLinks)
    transport: FakeTransport = attrs.field(init=False)
    #: What plugins offer, by its name: ``transport``, and what a test adds.
    transports: dict[str, Transport] = attrs.field(factory=dict)
    enforcer: Enforcer = attrs.field(init=False)
    runner: TunnelRunner = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.firewall = FakeFirewall(self.log)
        self.routing = FakeRouting(self.log)
        self.dns = FakeDns(self.log)
        self.journal = FakeJournal(log=self.log)
        self.links.present["eth0"] = LinkFacts(name="eth0", index=2)
        self.transport = self.transports["fake"] = FakeTransport(self.links, self.log)
        self.enforcer = Enforcer(
            Protection(
                firewall=self.firewall, routing=self.routing, journal=self.journal, dns=self.dns
            ),
            settings=lambda: self.settings,
        )
        opener = Opener(
            transports=self.transports,
            links=self.links,
            watch=lambda _plan, opened: until_down(opened),
        )
        self.runner = TunnelRunner(
            self.enforcer, opener, on_change=self._changed, initial=self.initial
        )
        self.runner.on_unrestored = self.unrestored.append
        self.runner.on_refused = lambda _event, error: self.refused.append(error)

    def _changed(self, _old: State, new: State, _event: Event) -> None:
        self.log.append(type(new).__name__)
        self.states.append(new)

    def connect(self, to: TunnelPlan) -> None:
        """Ask for the tunnel ``to``."""
        self.runner.post(ConnectRequested(plan=to, outer_endpoints=to.remotes))

    async def until(self, holds: Callable[[State], bool]) -> State:
        """Return the first state for which ``holds`` does; TimeoutError after 5 s."""
        async with asyncio.timeout(5):
            return await self.runner.reached(holds)

    async def settled(self) -> None:
        """Let everything that can run now run."""
        for _ in range(50):
            await asyncio.sleep(0)


@asynccontextmanager
async def running(world: World) -> AsyncIterator[World]:
    """Run the runner of ``world`` for as long as the context lasts."""
    task = asyncio.create_task(world.runner.run())
    try:
        yield world
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await world.runner.close()

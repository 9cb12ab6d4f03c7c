"""A broker before a fake server: what it was asked, what it posts, and what it tells."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import attrs

from tests.core.central.server_side import FakeAgent, linked, open_vault, signed_in
from worldvpn_core.central.around import AroundBroker
from worldvpn_core.central.broker import Broker
from worldvpn_core.central.lease_text import from_line
from worldvpn_core.central.leases import Lease
from worldvpn_core.central.pins import KnownNodes
from worldvpn_core.central.place import Place
from worldvpn_core.central.tried import Measured
from worldvpn_core.notices import Notices
from worldvpn_core.settings import Settings
from worldvpn_core.testing.fakes import FakeLinks, FakeTransport
from worldvpn_core.testing.samples import connected
from worldvpn_core.tunnel.events import Event, TunnelDown
from worldvpn_core.types import Cause, Profile
from worldvpn_core.vault.vault import Vault


@attrs.define(kw_only=True, eq=False)
class Brokering:
    """The broker and its surroundings."""

    vault: Vault
    folder: Path
    agent: FakeAgent = attrs.field(factory=FakeAgent)
    notices: Notices = attrs.field(factory=Notices)
    settings: Settings = attrs.field(factory=Settings)
    posted: list[Event] = attrs.field(factory=list)
    changes: asyncio.Event = attrs.field(factory=asyncio.Event)
    stored: asyncio.Event = attrs.field(factory=asyncio.Event)
    fell: asyncio.Event = attrs.field(factory=asyncio.Event)
    attempts: int = 0
    measured: tuple[Measured, ...] = ()
    broker: Broker = attrs.field(init=False)
    transport: FakeTransport = attrs.field(factory=lambda: FakeTransport(FakeLinks()))

    @classmethod
    async def made(cls, folder: Path) -> Self:
        """Return one for somebody who is signed in."""
        case = cls(vault=await open_vault(folder, signed_in()), folder=folder)
        case.begin()
        return case

    def restarted(self) -> Self:
        """Return another daemon's broker, before the same server, with the same vault."""
        case = type(self)(vault=self.vault, folder=self.folder, agent=self.agent)
        case.begin()
        return case

    def begin(self) -> None:
        """Make the broker, as a daemon does once its vault is open."""
        around = AroundBroker(
            settings=lambda: self.settings,
            post=self.post,
            changed=self.count,
            known=KnownNodes(self.folder / "nodes.json"),
            measured=lambda: self.measured,
            notices=self.notices,
        )
        link = linked(self.agent, self.vault, self.folder)
        self.broker = Broker(link, around)
        self.broker.account_changed()

        def changed() -> None:
            link.account_changed()
            self.broker.account_changed()
            self.stored.set()

        self.vault.on_change = changed

    def post(self, event: Event) -> None:
        """Keep what the tunnel's machine would be told."""
        self.posted.append(event)
        self.fell.set()

    def count(self) -> None:
        """Take note that what is shown is another."""
        self.changes.set()

    async def renewed(self) -> None:
        """Wait until the ticket was renewed."""
        await asyncio.wait_for(self.changes.wait(), 5)

    def shown(self) -> Mapping[str, object]:
        """Return what is shown of the session in use."""
        shown = self.broker.shown()
        assert shown is not None
        return shown

    def live(self) -> str:
        """Return the session that was opened first."""
        return next(iter(self.agent.open))

    def choose(
        self, *, blocked_nodes: tuple[str, ...] = (), favourite_nodes: tuple[str, ...] = ()
    ) -> None:
        """Let the owner choose these nodes."""
        self.settings = Settings(blocked_nodes=blocked_nodes, favourite_nodes=favourite_nodes)

    async def profile(self, place: str, *, again: bool = False) -> Profile:
        """Open a session at ``place``."""
        return await self.broker.profile(Place.parse(place), self.transport, again=again)

    async def connected(self, place: str, *, again: bool = False) -> str:
        """Open a session at ``place``, and let a tunnel use it; return its id."""
        profile = await self.profile(place, again=again)
        self.attempts += 1
        self.broker.bind(self.attempts, profile)
        self.broker.followed(connected(self.attempts))
        return profile.id

    async def settled(self) -> None:
        """Let everything that can run now run."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def kept(self, tickets: int) -> tuple[Lease, ...]:
        """Wait until the vault has this many tickets that were fetched ahead; return them."""
        async with asyncio.timeout(5):
            while len(lines := self.vault.secrets.ahead if self.vault.secrets else ()) != tickets:
                self.stored.clear()
                await self.stored.wait()
        return tuple(map(from_line, lines))

    def told(self) -> dict[str, str]:
        """Return the notices by their codes."""
        return dict(self.notices.all(Settings()))

    async def fallen(self) -> Cause:
        """Wait until the tunnel is to fall; return why."""
        await asyncio.wait_for(self.fell.wait(), 5)
        (event,) = self.posted
        assert isinstance(event, TunnelDown)
        assert event.attempt == self.attempts
        return event.cause

"""A daemon's control with a broker, on a host of fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs

from tests.core.central.server_side import FakeAgent, linked, open_vault, signed_in
from worldvpn_core.central.around import AroundBroker
from worldvpn_core.central.broker import Broker
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.pins import KnownNodes
from worldvpn_core.control import TunnelControl
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.notices import Notices
from worldvpn_core.profiles import ProfileStore
from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import profile
from worldvpn_core.tunnel.events import ConnectRequested, Event
from worldvpn_core.tunnel.states import Connected, State
from worldvpn_core.types import IpAddress, Refusal, SessionRequest
from worldvpn_core.wanted import Means, Wanted

UID = 1_000


@attrs.define
class Hosted(World):
    """A world whose control and broker hear of each change, as the daemon's do."""

    control: TunnelControl = attrs.field(init=False)
    broker: Broker = attrs.field(init=False)
    agent: FakeAgent = attrs.field(factory=FakeAgent)
    #: What gates were asked, and their answer.
    asked: list[SessionRequest] = attrs.field(factory=list)
    refusal: Refusal | None = None

    def _changed(self, old: State, new: State, event: Event) -> None:
        World._changed(self, old, new, event)
        self.control.heard(old, new)
        self.broker.followed(new)

    def begin(self, link: CentralLink, folder: Path, wanted: Wanted | None) -> None:
        """Let ``wanted`` be wanted of a control that opens sessions by ``link``."""
        profiles = ProfileStore(folder / "profiles")
        profiles.load()
        profiles.save(profile(), replace=False)
        self.broker = Broker(
            link,
            AroundBroker(
                settings=lambda: self.settings,
                post=self.runner.post,
                changed=lambda: None,
                known=KnownNodes(folder / "nodes.json"),
                measured=tuple,
                notices=Notices(),
            ),
        )
        self.runner.on_refused = self._dropped
        self.control = TunnelControl(
            self.runner,
            Means(
                profiles=profiles,
                transports=self.transports,
                resolve=_no_names,
                refusal=self._refusal,
                settings=lambda: self.settings,
                default_dns=(),
                broker=self.broker,
            ),
            wanted,
        )

    def _dropped(self, event: Event, error: WorldVpnError) -> None:
        self.refused.append(error)
        assert isinstance(event, ConnectRequested)
        self.broker.dropped(event.plan.attempt)

    def _refusal(self, request: SessionRequest) -> Refusal | None:
        self.asked.append(request)
        return self.refusal

    async def reach(self, target: str) -> Connected:
        """Ask for ``target``, and return what is connected then."""
        attempt = await self.control.connect(target, partial=False, uid=UID)
        return await self.connected(attempt)

    async def connected(self, attempt: int) -> Connected:
        """Wait until this attempt, or a later one, is connected."""
        state = await self.until(
            lambda state: isinstance(state, Connected) and state.plan.attempt >= attempt
        )
        assert isinstance(state, Connected)
        return state


@asynccontextmanager
async def hosted(
    folder: Path, wanted: Wanted | None = None, *, initial: State | None = None
) -> AsyncIterator[Hosted]:
    """Run a world for somebody who is signed in, for as long as the context lasts."""
    world = Hosted() if initial is None else Hosted(initial=initial)
    link = linked(world.agent, await open_vault(folder, signed_in()), folder)
    world.begin(link, folder, wanted)
    async with running(world):
        try:
            yield world
        finally:
            world.control.reconnector.stop()
            world.broker.close()


async def _no_names(name: str) -> tuple[IpAddress, ...]:
    raise AssertionError(f"{name} was looked up")

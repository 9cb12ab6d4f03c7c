"""A node's entry at a fake server, followed as a daemon follows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import attrs

from tests.core.share.central_fakes import FakeServer
from worldvpn_core.central.calls import Announce
from worldvpn_core.errors import ConfigError
from worldvpn_core.settings import Settings
from worldvpn_core.share.listed import Listed
from worldvpn_core.share.registered import NodeFile
from worldvpn_core.share.states import Serving, ShareState
from worldvpn_core.testing import samples
from worldvpn_core.types import Endpoint, IpNetwork

SERVING: Final = next(state for state in samples.share_states() if isinstance(state, Serving))
WANTED: Final = Settings(sharing=True, share_country="DE", share_city="Köln", share_guests=7)


@attrs.define(eq=False)
class Registry:
    """A node's entry at a fake server."""

    server: FakeServer
    listed: Listed = attrs.field(init=False)
    settings: Settings = WANTED
    state: ShareState = SERVING
    adopted: list[tuple[IpNetwork, ...]] = attrs.field(factory=list)
    told: list[tuple[bool, str]] = attrs.field(factory=list)
    refusal: ConfigError | None = None
    tunnelled: bool = False
    public: Endpoint | None = None
    moved: asyncio.Event = attrs.field(factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Follow the node from now on, in whatever state the test has put it."""
        if self.task is None:
            self.task = asyncio.create_task(self.listed.run())

    def adopt(self, prefixes: tuple[IpNetwork, ...]) -> None:
        self.adopted.append(prefixes)
        if self.refusal is not None:
            raise self.refusal

    def changed(self) -> None:
        self.told.append((self.listed.is_listed, self.listed.reason))
        self.moved.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        self.start()
        async with asyncio.timeout(20):
            while not holds():
                self.moved.clear()
                await self.moved.wait()

    async def hurried(self) -> None:
        """Let what is new be followed."""
        self.start()
        self.listed.hurry()
        for _ in range(20):
            await asyncio.sleep(0)

    @property
    def calls(self) -> list[Announce]:
        return [call for call in self.server.asked if isinstance(call, Announce)]


@asynccontextmanager
async def followed(path: Path) -> AsyncIterator[Registry]:
    registry = Registry(FakeServer())
    file = NodeFile(path)
    file.load()
    registry.listed = Listed(
        link=registry.server,
        file=file,
        settings=lambda: registry.settings,
        state=lambda: registry.state,
        adopt=registry.adopt,
        protocol="wireguard",
        changed=registry.changed,
        public=lambda: registry.public,
        is_tunnelled=lambda: registry.tunnelled,
    )
    registry.server.at_ask = registry.moved.set
    try:
        yield registry
    finally:
        if registry.task is not None:
            registry.task.cancel()
            await asyncio.gather(registry.task, return_exceptions=True)

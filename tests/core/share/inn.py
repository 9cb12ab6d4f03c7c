"""A host of fakes that shares, and takes the guests of a fake central server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs

from tests.core.share.central_fakes import (
    FakeServer,
    offer,
    session,
)
from worldvpn_core.central.calls import Answer
from worldvpn_core.central.news import GuestNews
from worldvpn_core.receipts.node_side import NodeSide
from worldvpn_core.share.events import ShareRequested
from worldvpn_core.share.hosting import Hosting
from worldvpn_core.share.registered import NodeFile, owner_of
from worldvpn_core.share.runner import ShareRunner
from worldvpn_core.share.states import Serving, ShareState
from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import guest, node_link, share_plan
from worldvpn_core.testing.share_fakes import FakeExit

REQUESTED = ShareRequested(plan=share_plan(), link=node_link(), guests=())


class Inn:
    """A world that shares, and takes the server's guests."""

    def __init__(self, path: Path) -> None:
        self.world = World()
        self.exit = FakeExit(log=self.world.log)
        self.server = FakeServer()
        self.path = path
        self.runner = ShareRunner(
            self.world.enforcer, self.world.runner, self.exit, on_change=self._changed
        )
        #: Whether its session was on disk, at each state in which a guest is to be let in.
        self.on_disk: list[bool] = []
        self.file = NodeFile(path)
        self.hosting = self.started()

    def started(self, receipts: NodeSide | None = None) -> Hosting:
        """Return what takes guests, as a daemon that starts makes it."""
        self.file = NodeFile(self.path)
        self.file.load()
        return Hosting(
            self.server, self.runner, self.file, lambda: self.server.kept("manifest"), receipts
        )

    def _changed(self, state: ShareState) -> None:
        if isinstance(state, Serving) and state.guests:
            on_disk = NodeFile(self.path)
            on_disk.load()
            self.on_disk.append(on_disk.get(session(1)) is not None)

    def offer(self, number: int = 1, **changes: Any) -> GuestNews:  # noqa: ANN401 - of any field
        return attrs.evolve(offer(self.node_id, number), **changes)

    @property
    def node_id(self) -> str:
        """The node's id, as the account's that is signed in."""
        owner = owner_of(self.server)
        assert owner is not None
        return self.file.node_id(owner)

    async def serve(self) -> None:
        self.runner.post(REQUESTED)
        async with asyncio.timeout(5):
            await self.runner.reached(lambda state: isinstance(state, Serving))

    def fill(self) -> None:
        """Have as many guests come as there may be."""
        for number in (2, 3):
            self.server.guests[session(number)] = guest(number).public_key
            self.hosting.heard(self.offer(number))

    async def settled(self) -> None:
        """Let all that can be done now be done."""
        async with asyncio.timeout(5):
            for _ in range(3):
                await self.world.settled()
                await self.runner.settled()

    async def hear(self, *news: Any) -> None:  # noqa: ANN401 - any news
        for each in news:
            self.hosting.heard(each)
        await self.settled()

    async def restart(self) -> None:
        """Let the daemon and its node start anew, with what is on disk."""
        self.hosting.close()
        await self.runner.close()
        self.hosting = self.started()
        await self.serve()
        assert not self.inside

    async def empties(self) -> None:
        """Return once nobody is in any more."""
        async with asyncio.timeout(10):
            await self.runner.reached(lambda state: isinstance(state, Serving) and not state.guests)
        await self.settled()

    @property
    def inside(self) -> set[bytes]:
        """Keys of those whom the node lets in."""
        return {*self.exit.served[-1].guests}

    @property
    def answers(self) -> list[Answer]:
        return [call for call in self.server.asked if isinstance(call, Answer)]


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Inn]:
    inn = Inn(path)
    async with running(inn.world):
        task = asyncio.create_task(inn.runner.run())
        try:
            await inn.serve()
            yield inn
        finally:
            inn.hosting.close()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await inn.runner.close()

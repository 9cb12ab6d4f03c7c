"""A host of fakes that shares, whose guests do what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs

from tests.core.share.central_fakes import FakeServer, offer, session
from tests.core.share.test_sharing import House
from worldvpn_core.central.calls import Announce, Answer
from worldvpn_core.central.node_calls import SendAway
from worldvpn_core.contracts import Watched
from worldvpn_core.credit.figures import Figures
from worldvpn_core.ipc.share import ShareGuests
from worldvpn_core.share.sharing import AroundSharing
from worldvpn_core.share.states import Draining, Off, Serving
from worldvpn_core.testing.running import running
from worldvpn_core.testing.samples import guest

ALIAS, OTHER = "ab" * 16, "cd" * 16


class Watch(House):
    """A host that shares, whose guests do what a test says."""

    def __init__(self, state_dir: Path) -> None:
        self.costs: bool | None = None
        self.central = FakeServer()
        super().__init__(state_dir, self.central)

    def around(self, **parts: Any) -> AroundSharing:  # noqa: ANN401 - of any field
        return AroundSharing(**{**parts, "host": attrs.evolve(parts["host"], uplink=self)})

    async def is_metered(self) -> bool | None:
        return self.costs

    @property
    def cause(self) -> str | None:
        state = self.sharing.runner.state
        return state.cause.code if isinstance(state, Off | Draining) and state.cause else None

    def choose(self, **changes: Any) -> None:  # noqa: ANN401 - of any setting
        self.world.settings = attrs.evolve(self.world.settings, **changes)
        self.sharing.requests.settings_changed()

    async def held(self, code: str) -> None:
        await self.until(lambda: self.cause == code)

    async def serves(self) -> None:
        await self.until(lambda: isinstance(self.sharing.runner.state, Serving) and self.is_listed)

    async def offered(self, number: int = 1, alias: str | None = ALIAS) -> bool:
        """Let the server offer a guest; return whether it was let in."""
        self.central.guests[session(number)] = guest(number).public_key
        answered, before = asyncio.Event(), len(self.answers)

        def asked() -> None:
            if len(self.answers) > before:
                answered.set()

        self.central.at_ask = asked
        self.sharing.heard(attrs.evolve(offer(self.node_id, number), alias=alias, country="NL"))
        async with asyncio.timeout(5):
            await answered.wait()
            await self.world.settled()
            await self.sharing.runner.settled()
        last = self.answers[-1]
        return isinstance(last, Answer) and last.keys is not None

    @property
    def answers(self) -> list[Answer | SendAway]:
        return [call for call in self.central.asked if isinstance(call, Answer | SendAway)]

    @property
    def sent_away(self) -> dict[str, int]:
        """For how many seconds the server is to keep each session's guest away, as it was told."""
        return {call.session_id: call.for_s for call in self.answers if isinstance(call, SendAway)}

    @property
    def announced(self) -> list[Announce]:
        return [call for call in self.central.asked if isinstance(call, Announce)]

    def does(self, number: int, up: int = 0, down: int = 0, **done: Any) -> None:  # noqa: ANN401 - of Watched
        address = guest(number).addresses[0]
        self.meter.figures[address] = Figures(up_bytes=up, down_bytes=down)
        self.meter.done[address] = Watched(**done)

    async def look(self) -> None:
        await self.sharing.warden.look()
        await self.sharing.runner.settled()

    async def people(self) -> list[dict[str, Any]]:
        answer = await self.sharing.requests.dispatch(ShareGuests())
        found = answer["guests"]
        assert isinstance(found, list)
        return found

    @property
    def inside(self) -> set[bytes]:
        return {*self.exit.served[-1].guests}


@asynccontextmanager
async def watched(state_dir: Path) -> AsyncIterator[Watch]:
    house = Watch(state_dir)
    async with running(house.world):
        task = asyncio.create_task(house.sharing.run())
        house.sharing.control.follow()
        try:
            yield house
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await house.sharing.leave()

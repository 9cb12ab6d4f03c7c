"""Two servers on one database: who loses one goes on at the other, without a loss or a double."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs
import httpx
import pytest

from tests.server.conftest import LAB_RANGES, Fresh
from tests.server.events.conftest import Sign
from tests.server.events.ear import Ear, Parser
from tests.server.events.writers import Writers
from tests.server.operations.process import ServerProcess, data_folder
from worldvpn_server.accounts.values import Audience
from worldvpn_server.clock import SystemClock
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.events.bus import PostgresBus
from worldvpn_server.events.values import Event
from worldvpn_server.http.app import build
from worldvpn_server.ids import new_id
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio

_LAST = 10**9


@attrs.define
class Client:
    """Reads notices, at whichever server answers, until it has heard all of them."""

    urls: list[str]
    token: str
    numbers: list[int] = attrs.field(factory=list)
    snapshots: int = 0
    parser: Parser = attrs.field(factory=Parser)

    async def hear(self, last: int) -> None:
        """Read until number ``last`` has come."""
        while last not in self.numbers:
            try:
                await self._hear_at(self.urls[0], last)
            except httpx.TransportError:
                self.urls.append(self.urls.pop(0))
                # What was cut in the middle of an event was not heard.
                self.parser = Parser(self.parser.last_id)
                await asyncio.sleep(0.02)

    async def _hear_at(self, url: str, last: int) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.parser.last_id:
            headers["Last-Event-ID"] = self.parser.last_id
        async with (
            httpx.AsyncClient(timeout=30) as http,
            http.stream("GET", f"{url}/v1/events", headers=headers) as answer,
        ):
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                for heard in self.parser.feed(chunk):
                    self.snapshots += heard.kind == "snapshot"
                    if heard.kind == "notice":
                        self.numbers.append(json.loads(heard.data)["n"])
                if last in self.numbers:
                    return


@contextmanager
def _servers(keys: Path, dsn: str, count: int) -> Iterator[list[ServerProcess]]:
    with ExitStack() as stack:
        started = []
        for _ in range(count):
            data = stack.enter_context(data_folder())
            shutil.copytree(keys, data / "keys")
            started.append(ServerProcess.start(data, "--dsn", dsn))
            stack.callback(started[-1].stop)
        yield started


def _kill(server: ServerProcess) -> None:
    for pid in (*server.workers(), server.process.pid):
        os.kill(pid, signal.SIGKILL)
    server.process.wait()


async def test_clients_of_a_killed_server_go_on_at_the_other_without_a_loss(
    fresh: Fresh, tmp_path: Path
) -> None:
    me = new_id()
    config = ServerConfig(data=tmp_path, dsn=fresh.dsn, lab_ranges=LAB_RANGES)
    async with opened(config, fresh.dsn, SystemClock()) as here:
        with _servers(config.keys, fresh.dsn, 2) as servers:
            urls = [each.url for each in servers]
            token = here.tokens.issue(
                account=me, username="tester", sid=new_id(), audience=Audience.V1
            )
            clients = [Client([*urls], token), Client([*reversed(urls)], token)]
            writers = Writers(here.bus, here.database, me, seed=1)
            async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
                for each in clients:
                    tasks.create_task(each.hear(_LAST))
                while not all(each.snapshots for each in clients):  # noqa: ASYNC110 - they poll too
                    await asyncio.sleep(0.02)
                writing = asyncio.create_task(writers.write(writers=8, transactions=12))
                await asyncio.sleep(0.4)
                _kill(servers[0])
                await writing
                async with here.database.transaction() as tx:
                    await here.bus.publish(
                        tx, Event(topic=me, kind="notice", body=b'{"n":%d}' % _LAST)
                    )

    assert clients[0].urls[0] == urls[1]
    assert [sorted(each.numbers[:-1]) for each in clients] == [sorted(writers.committed)] * 2
    assert clients[0].numbers == clients[1].numbers
    assert [each.snapshots for each in clients] == [1, 1]


@pytest.mark.parametrize("seed", range(3))
async def test_reader_that_comes_and_goes_hears_all_that_another_process_says_in_order(
    fresh: Fresh, services: Services, sign: Sign, seed: int
) -> None:
    me, app = new_id(), build(services)
    steady = services.bus.subscribe([me])
    async with (
        asyncio.timeout(30),
        PostgresBus.opened(services.database, fresh.dsn) as elsewhere,
    ):
        writers = Writers(elsewhere, services.database, me, seed=seed)
        writing = asyncio.create_task(writers.write(writers=6, transactions=8))
        heard: list[str] = []
        place = ""
        while not writing.done() or len(heard) < len(writers.committed):
            async with Ear.open(app, sign(me), place) as ear:
                if not place:
                    await ear.until("current")
                await asyncio.sleep(0.03)
                heard += [each.data for each in ear.rest() if each.kind == "notice"]
                place = ear.parser.last_id
        await writing

    seen = [each.event.body.decode() for each in steady.take()]
    assert heard == seen
    assert sorted(json.loads(each)["n"] for each in heard) == sorted(writers.committed)

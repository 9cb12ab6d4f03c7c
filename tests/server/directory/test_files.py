"""Signed files and changes: encoded once, the same for all, and they add up."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import attrs
import httpx
import msgspec
import pytest

from tests.server.conftest import Fresh, MovingClock
from tests.server.directory.conftest import Town
from worldvpn_core.catalogue import Catalogue, Load, apply_delta, key_id_of, open_catalogue
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.directory import capacity
from worldvpn_server.directory.countries import Region
from worldvpn_server.directory.files import WHOLE_AGE, Publisher
from worldvpn_server.directory.shelf import Shelf
from worldvpn_server.ids import EVERYBODY
from worldvpn_server.keys.ring import Use
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio
EUROPE = Region.EUROPE


@attrs.frozen
class Press:
    """Publishes, and reads what was published as clients do."""

    services: Services
    town: Town
    publisher: Publisher
    shelf: Shelf

    async def publish(self) -> None:
        """Publish once, and let this process see it."""
        await self.publisher.publish()
        await self.shelf.reload()

    def whole(self, region: Region = EUROPE) -> Catalogue:
        """Return a region's whole file."""
        file = self.shelf.whole(region)
        assert file is not None
        return self.opened(file.body)

    def delta(self, version: int, region: Region = EUROPE) -> Catalogue:
        """Return the changes to ``version``."""
        file = self.shelf.delta(region, version)
        assert file is not None
        return self.opened(file.body)

    def opened(self, body: bytes) -> Catalogue:
        """Verify and read a file."""
        public = self.services.keys.verifier(Use.DIRECTORY, key_id_of(body))
        assert public is not None
        return open_catalogue(body, public, self.services.clock.now().timestamp())


@pytest.fixture
def press(services: Services, clock: MovingClock) -> Press:
    town = Town(services.database, clock, services.directory)
    return Press(services, town, _publisher(services), services.shelf)


def _publisher(services: Services) -> Publisher:
    return Publisher(
        database=services.database,
        clock=services.clock,
        keys=services.keys,
        bus=services.bus,
    )


async def test_whole_file_names_nodes_that_live_and_were_reached(press: Press) -> None:
    node = await press.town.node(country="DE", city="Köln")
    hidden, elsewhere = await press.town.node(), await press.town.node(country="US")
    await press.town.set(hidden.id, listed=False)
    await press.publish()
    entry = press.whole().entries[node.id]

    assert set(press.whole().entries) == {node.id}
    assert set(press.whole(Region.AMERICAS).entries) == {elsewhere.id}
    assert (entry.country, entry.city, entry.load, entry.reputation) == ("DE", "Köln", 0, 50)
    assert (entry.on_probation, entry.latency_ms) == (True, None)


async def test_whole_file_is_the_first_one_and_all_changes(
    press: Press, clock: MovingClock
) -> None:
    dice = random.Random(11)  # noqa: S311 - no secret
    nodes = [(await press.town.node()).id for _ in range(12)]
    await press.publish()
    held = press.whole()
    for _ in range(25):
        clock.pass_by(seconds=10)
        for _ in range(dice.randint(0, 4)):
            await _change(press.town, nodes, dice)
        before = press.shelf.newest()[EUROPE]
        await press.publish()
        if press.shelf.newest()[EUROPE] > before:
            held = apply_delta(held, press.delta(before + 1))
    clock.pass_by(seconds=WHOLE_AGE.total_seconds())
    for _ in Region:
        await press.publish()
    whole = press.whole()

    assert whole.version == held.version > 10
    assert whole.entries == held.entries
    assert whole.entries


async def _change(town: Town, nodes: list[UUID], dice: random.Random) -> None:
    """Do something to one of ``nodes``, or make one."""
    if dice.random() < 0.2:
        nodes.append((await town.node()).id)
        return
    node = dice.choice(nodes)
    if dice.random() < 0.1:
        nodes.remove(node)
        async with town.database.transaction() as tx:
            await tx.sql.execute("DELETE FROM node WHERE id = $1", node)
        return
    changes: list[tuple[str, list[float]]] = [
        ("status", [0, 1, 1, 2]),
        ("listed", [True, True, False]),
        ("guests", [0, 1, 2]),
        ("reputation", [20.0, 80.0]),
        ("latency_ms", [10.0, 90.0]),
        ("region", [Region.EUROPE, Region.EUROPE, Region.ASIA]),
        ("settled_sessions", [3, 30]),
    ]
    column, values = dice.choice(changes)
    await town.set(node, **{column: dice.choice(values)})


async def test_node_without_news_makes_no_version(press: Press, clock: MovingClock) -> None:
    node = await press.town.node()
    await press.publish()
    before = press.shelf.newest()
    clock.pass_by(seconds=10)
    await press.town.set(node.id, reputation=50.2, lifetime_bytes=10**9)
    await press.publish()

    assert press.shelf.newest() == before


async def test_load_is_told_in_four_steps(press: Press, clock: MovingClock) -> None:
    node = await press.town.node(most_guests=9)
    await press.town.set(node.id, settled_sessions=20)
    await press.publish()
    held, loads = press.whole(), []
    for _ in range(9):
        await press.town.database.run(lambda tx: capacity.reserve(tx, node.id))
        clock.pass_by(seconds=10)
        before = press.shelf.newest()[EUROPE]
        await press.publish()
        if press.shelf.newest()[EUROPE] > before:
            held = apply_delta(held, press.delta(before + 1))
        loads.append(held.entries[node.id].load)

    assert loads == [0, 0, 1, 1, 1, 2, 2, 2, Load.FULL]


async def test_node_that_moves_or_goes_leaves_its_region(press: Press, clock: MovingClock) -> None:
    moving, going = await press.town.node(), await press.town.node()
    await press.publish()
    clock.pass_by(seconds=10)
    await press.town.set(moving.id, country="US", region=Region.AMERICAS)
    async with press.town.database.transaction() as tx:
        await tx.sql.execute("DELETE FROM node WHERE id = $1", going.id)
    await press.publish()

    assert press.delta(2).gone == {moving.id, going.id}
    assert set(press.delta(2, Region.AMERICAS).entries) == {moving.id}


async def test_everybody_hears_of_a_version_by_its_number_alone(press: Press) -> None:
    heard = press.services.bus.subscribe((EVERYBODY,))
    await press.town.node()
    await press.publish()
    told = []
    async for each in heard:
        told.append(each.event)
        if len(told) == len(Region):
            break
    heard.close()

    assert {each.kind for each in told} == {"directory"}
    assert [msgspec.json.decode(each.body) for each in told] == [
        {"region": region, "version": 1} for region in Region
    ]


async def test_two_publishers_never_sign_one_version_twice(
    press: Press, fresh: Fresh, tmp_path: Path, clock: MovingClock
) -> None:
    await press.publish()
    async with AsyncExitStack() as stack:
        config = ServerConfig(data=tmp_path, dsn=fresh.dsn)
        other = await stack.enter_async_context(opened(config, fresh.dsn, clock))
        rival = _publisher(other)
        await press.publish()
        held = press.whole()
        for _ in range(5):
            await press.town.node()
            clock.pass_by(seconds=10)
            await press.publisher.publish()
            await rival.publish()
        await other.shelf.reload()
        await press.shelf.reload()
        newest = press.shelf.newest()[EUROPE]
        for version in range(held.version + 1, newest + 1):
            held = apply_delta(held, press.delta(version))

        assert other.shelf.newest() == press.shelf.newest()
        assert len(held.entries) == 5


async def test_files_are_cacheable(press: Press, client: httpx.AsyncClient) -> None:
    await press.town.node()
    await press.publish()
    whole = await client.get(f"/v1/directory/{EUROPE:d}")
    again = await client.get(
        f"/v1/directory/{EUROPE:d}", headers={"If-None-Match": whole.headers["etag"]}
    )
    index = await client.get("/v1/directory")

    assert (whole.status_code, again.status_code, again.content) == (200, 304, b"")
    assert "public" in whole.headers["cache-control"]
    assert len(press.opened(whole.content).entries) == 1
    assert {"region": EUROPE, "version": 1, "whole_version": 1} in index.json()["regions"]


async def test_delta_is_the_same_bytes_for_everybody_and_for_ever(
    press: Press, client: httpx.AsyncClient, clock: MovingClock
) -> None:
    await press.publish()
    await press.town.node()
    clock.pass_by(seconds=10)
    await press.publish()
    path = f"/v1/directory/{EUROPE:d}/2"
    bodies = {(await client.get(path)).content for _ in range(3)}
    clock.pass_by(seconds=600)
    await press.publish()
    bodies.add((await client.get(path)).content)
    clock.pass_by(seconds=3_600)
    await press.publish()

    assert len(bodies) == 1
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/v1/directory/7", "/v1/directory/150/99", "/v1/directory/-1"])
async def test_file_that_is_not_there_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code in {404, 422}


async def test_directory_has_no_endpoint_in_it(press: Press) -> None:
    node = await press.town.node(city="Berlin")
    await press.publish()

    assert set(attrs.asdict(press.whole().entries[node.id])) == {
        *("id", "country", "city", "public", "on_probation"),
        *("protocols", "bandwidth_mbps", "load", "reputation", "latency_ms"),
    }

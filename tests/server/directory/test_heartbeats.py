"""Heartbeats of compatible clients: exact, however many come at once."""

from __future__ import annotations

import asyncio

import pytest

from tests.server.conftest import Fresh, MovingClock
from tests.server.directory.conftest import Town, offer
from worldvpn_server.database.pool import Database
from worldvpn_server.directory import capacity
from worldvpn_server.directory.heartbeats import Heartbeats
from worldvpn_server.directory.presence import MemoryPresence
from worldvpn_server.directory.values import Status
from worldvpn_server.errors import UnavailableError

pytestmark = pytest.mark.anyio


@pytest.fixture
def heartbeats(town: Town, presence: MemoryPresence, clock: MovingClock) -> Heartbeats:
    return Heartbeats(town.database, clock, presence)


async def test_each_of_many_beats_is_told_of_its_own_node(
    town: Town, heartbeats: Heartbeats, presence: MemoryPresence, clock: MovingClock
) -> None:
    accounts = [await town.account() for _ in range(40)]
    nodes = [(await town.put(offer(account=each, device=None))).id for each in accounts]
    strangers = [await town.account() for _ in range(5)]

    answers = await asyncio.gather(
        *(heartbeats.beat(each) for each in [*accounts, *strangers, *accounts])
    )

    assert [each and each.node for each in answers] == [*nodes, *[None] * 5, *nodes]
    assert {presence.seen_at(each) for each in nodes} == {clock.now()}


async def test_guests_are_those_of_this_moment(town: Town, heartbeats: Heartbeats) -> None:
    account = await town.account()
    node = await town.put(offer(account=account, device=None))
    told = [await heartbeats.beat(account)]
    for change in (capacity.reserve, capacity.free):
        async with town.database.transaction() as tx:
            await change(tx, node.id)
        told.append(await heartbeats.beat(account))

    assert [each and each.guests for each in told] == [0, 1, 0]


async def test_node_of_a_device_is_not_beaten_for_by_its_account(
    town: Town, heartbeats: Heartbeats
) -> None:
    node = await town.node()

    assert await heartbeats.beat(node.account) is None


async def test_beat_after_a_silence_counts_at_once(
    town: Town, heartbeats: Heartbeats, clock: MovingClock
) -> None:
    account = await town.account()
    node = await town.put(offer(account=account, device=None))
    await town.database.run(lambda tx: town.directory.mark(tx, node.id, Status.OFFLINE))
    clock.pass_by(seconds=600)
    await heartbeats.beat(account)

    assert await town.see(node.id, "status") == Status.ONLINE


async def test_beat_while_the_database_is_away_says_so_and_the_next_one_counts(
    town: Town, fresh: Fresh, clock: MovingClock
) -> None:
    account = await town.account()
    node = await town.put(offer(account=account, device=None))
    database = await Database.open(fresh.dsn)
    heartbeats = Heartbeats(database, clock, MemoryPresence(database, clock))
    await database.close()
    with pytest.raises(UnavailableError):
        await heartbeats.beat(account)

    heartbeats._database = town.database
    alive = await heartbeats.beat(account)

    assert alive is not None
    assert alive.node == node.id


async def test_request_that_is_given_up_takes_no_other_with_it(
    town: Town, heartbeats: Heartbeats
) -> None:
    account = await town.account()
    node = await town.put(offer(account=account, device=None))
    leaving = asyncio.create_task(heartbeats.beat(account))
    staying = asyncio.create_task(heartbeats.beat(account))
    await asyncio.sleep(0)
    leaving.cancel()
    alive = await staying

    assert alive is not None
    assert alive.node == node.id

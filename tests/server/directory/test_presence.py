"""Dead nodes go and come back, whichever process hears them."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from tests.server.conftest import Fresh, MovingClock
from tests.server.directory.conftest import Town
from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.pool import Database
from worldvpn_server.directory.presence import MemoryPresence
from worldvpn_server.directory.streaming import StreamBeats
from worldvpn_server.directory.values import Query, Status
from worldvpn_server.errors import UnavailableError
from worldvpn_server.ids import new_id

pytestmark = pytest.mark.anyio
NOBODY = UUID(int=1)


async def _found(town: Town) -> list[UUID]:
    return [each.id for each in await town.directory.find(Query(asking=NOBODY))]


async def test_silent_node_is_stale_after_90_s_and_offline_after_120(
    town: Town, presence: MemoryPresence, clock: MovingClock
) -> None:
    node = await town.node()
    seen = []
    for seconds in (89, 1, 29, 1):
        clock.pass_by(seconds=seconds)
        changed = await presence.sweep()
        seen.append((Status(await town.see(node.id, "status")), list(changed)))

    assert seen == [
        (Status.ONLINE, []),
        (Status.STALE, [node.id]),
        (Status.STALE, []),
        (Status.OFFLINE, [node.id]),
    ]


async def test_dead_node_is_not_found_even_before_the_sweep(town: Town, clock: MovingClock) -> None:
    node = await town.node()
    clock.pass_by(seconds=89)
    before = await _found(town)
    clock.pass_by(seconds=1)

    assert (before, await _found(town)) == ([node.id], [])


async def test_beats_keep_a_node_and_only_that_one(
    town: Town, presence: MemoryPresence, clock: MovingClock
) -> None:
    beating, silent = await town.node(), await town.node()
    for _ in range(10):
        clock.pass_by(seconds=30)
        presence.beat(beating.id, 3)
        await presence.sweep()

    assert await town.see(beating.id, "status") == Status.ONLINE
    assert await town.see(silent.id, "status") == Status.OFFLINE
    assert presence.seen_at(beating.id) == clock.now()


@pytest.mark.parametrize("seconds", [100, 500])
async def test_beat_brings_back_a_node_that_was_given_up(
    town: Town, presence: MemoryPresence, clock: MovingClock, seconds: int
) -> None:
    node = await town.node()
    clock.pass_by(seconds=seconds)
    await presence.sweep()
    gone = await _found(town)

    presence.beat(node.id, 0)
    await presence.flush()

    assert (gone, await _found(town)) == ([], [node.id])


async def test_beat_from_before_the_farewell_does_not_bring_a_node_back(
    town: Town, presence: MemoryPresence, clock: MovingClock
) -> None:
    node = await town.node()
    presence.beat(node.id, 0)
    clock.pass_by(seconds=1)
    await town.database.run(lambda tx: town.directory.mark(tx, node.id, Status.OFFLINE))
    await presence.flush()
    left = await town.see(node.id, "status")

    clock.pass_by(seconds=1)
    presence.beat(node.id, 0)
    await presence.flush()

    assert (left, await town.see(node.id, "status")) == (Status.OFFLINE, Status.ONLINE)


async def test_draining_node_stays_so_while_it_lives_and_goes_when_it_does_not(
    town: Town, presence: MemoryPresence, clock: MovingClock
) -> None:
    node = await town.node(accepting=False)
    presence.beat(node.id, 1)
    await presence.flush()
    living = await town.see(node.id, "status")
    clock.pass_by(seconds=120)
    await presence.sweep()

    assert (living, await town.see(node.id, "status")) == (Status.DRAINING, Status.OFFLINE)


async def test_restart_gives_nodes_time_to_be_heard(
    town: Town, database: Database, clock: MovingClock
) -> None:
    node = await town.node()
    clock.pass_by(seconds=600)  # nobody was there to hear it

    restarted = MemoryPresence(database, clock)
    at_once = await restarted.sweep()
    clock.pass_by(seconds=60)
    restarted.beat(node.id, 0)
    clock.pass_by(seconds=60)

    assert (at_once, await restarted.sweep()) == ((), [])
    assert await town.see(node.id, "status") == Status.ONLINE


async def test_beats_outlive_a_time_without_the_database(
    town: Town, fresh: Fresh, clock: MovingClock
) -> None:
    node = await town.node()
    database = await Database.open(fresh.dsn)
    presence = MemoryPresence(database, clock)
    clock.pass_by(seconds=80)
    presence.beat(node.id, 0)
    await database.close()
    with pytest.raises(UnavailableError):
        await presence.flush()

    again = await Database.open(fresh.dsn)
    presence._database = again
    clock.pass_by(seconds=80)
    swept = await presence.sweep()
    await again.close()

    assert list(swept) == []
    assert await town.see(node.id, "status") == Status.ONLINE


async def test_nodes_of_open_streams_are_heard_without_a_beat(
    town: Town, presence: MemoryPresence, clock: MovingClock
) -> None:
    streaming, left, other = await town.node(), await town.node(), await town.node()
    await town.database.run(lambda tx: town.directory.mark(tx, left.id, Status.OFFLINE))
    callers = [
        Caller(
            account=each.account,
            username="somebody",
            sid=new_id(),
            device=each.device,
            audience=Audience.V1,
            expires_s=0,
        )
        for each in (streaming, left)
    ]
    beats = StreamBeats(database=town.database, presence=presence, callers=lambda: callers)
    clock.pass_by(seconds=100)

    assert await beats.beat() == 1
    await presence.sweep()
    statuses = [await town.see(each.id, "status") for each in (streaming, left, other)]
    assert statuses == [Status.ONLINE, Status.OFFLINE, Status.STALE]


async def test_two_processes_hear_their_own_nodes_and_sweep_for_both(
    fresh: Fresh, tmp_path: Path, clock: MovingClock
) -> None:
    config = ServerConfig(data=tmp_path, dsn=fresh.dsn)
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(opened(config, fresh.dsn, clock))
        other = await stack.enter_async_context(opened(config, fresh.dsn, clock))
        town = Town(one.database, clock, one.directory)
        first, second, silent = [await town.node() for _ in range(3)]
        for _ in range(5):
            clock.pass_by(seconds=30)
            one.presence.beat(first.id, 0)
            other.presence.beat(second.id, 0)
            await other.presence.flush()
            await one.presence.sweep()
        found = {each.id for each in await other.directory.find(Query(asking=NOBODY))}

        assert found == {first.id, second.id}
        assert await town.see(silent.id, "status") == Status.OFFLINE


async def test_presence_keeps_no_row_of_who_is_offline(
    town: Town, presence: MemoryPresence, fresh: Fresh, clock: MovingClock
) -> None:
    await town.node()
    clock.pass_by(seconds=200)
    await presence.sweep()

    connection = await asyncpg.connect(fresh.dsn)
    rows = await connection.fetchval("SELECT count(*) FROM presence")
    await connection.close()
    assert rows == 0

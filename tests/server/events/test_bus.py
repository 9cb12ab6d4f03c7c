"""The bus: what is published arrives everywhere, in order, once; what a reader missed is there."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import asyncpg
import pytest

from tests.server.conftest import Fresh
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.events import outbox
from worldvpn_server.events.bus import CHANNEL, PostgresBus
from worldvpn_server.events.fanout import Queue
from worldvpn_server.events.values import Cursor, Event
from worldvpn_server.ids import EVERYBODY, new_id

pytestmark = pytest.mark.anyio

_ME = new_id()


def _notice(number: int, topic: UUID = _ME, device: UUID | None = None) -> Event:
    return Event(topic=topic, kind="notice", body=b"%d" % number, device=device)


async def _publish(bus: PostgresBus, database: Database, *events: Event) -> None:
    async with database.transaction() as tx:
        await bus.publish(tx, *events)


async def _bodies(queue: Queue, count: int) -> list[bytes]:
    got: list[bytes] = []
    async with asyncio.timeout(20):
        while len(got) < count:
            got += [each.event.body for each in await queue.batch()]
    return got


async def test_event_reaches_readers_of_its_topic_in_every_process(
    database: Database, fresh: Fresh
) -> None:
    async with (
        PostgresBus.opened(database, fresh.dsn) as here,
        PostgresBus.opened(database, fresh.dsn) as there,
    ):
        queues = [here.subscribe([_ME]), there.subscribe([_ME, EVERYBODY])]
        await _publish(here, database, _notice(1), _notice(2))

        assert [await _bodies(queue, 2) for queue in queues] == [[b"1", b"2"]] * 2


async def test_event_of_a_transaction_that_fails_is_never_told(
    database: Database, fresh: Fresh
) -> None:
    async with PostgresBus.opened(database, fresh.dsn) as bus:
        queue = bus.subscribe([_ME])

        async def fails(tx: Tx) -> None:
            await bus.publish(tx, _notice(1))
            raise KeyError

        with pytest.raises(KeyError):
            await database.run(fails)
        await _publish(bus, database, _notice(2))

        assert await _bodies(queue, 1) == [b"2"]


async def test_event_waits_for_transactions_that_began_before_it(
    database: Database, fresh: Fresh
) -> None:
    async with PostgresBus.opened(database, fresh.dsn) as bus:
        queue = bus.subscribe([_ME])
        async with database.transaction() as slow:
            await bus.publish(slow, _notice(1))
            await _publish(bus, database, _notice(2))
            await asyncio.sleep(0.3)  # long enough to be read, were it not held back
            early = queue.take()

        assert (early, await _bodies(queue, 2)) == ((), [b"1", b"2"])


async def test_event_whose_hint_was_lost_is_found(database: Database, fresh: Fresh) -> None:
    async with PostgresBus.opened(database, fresh.dsn) as bus:
        queue = bus.subscribe([_ME])
        async with database.transaction() as tx:
            await outbox.write(tx.sql, [_notice(1)])

        assert await _bodies(queue, 1) == [b"1"]


async def test_bus_that_lost_its_connections_goes_on_where_it_was(
    database: Database, fresh: Fresh
) -> None:
    async with PostgresBus.opened(database, fresh.dsn) as bus:
        queue = bus.subscribe([_ME])
        await _publish(bus, database, _notice(1))
        first = await _bodies(queue, 1)
        owner = await asyncpg.connect(fresh.dsn)
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE '%events'"
        )
        await owner.close()
        await _publish(bus, database, _notice(2))

        assert first + await _bodies(queue, 1) == [b"1", b"2"]


async def test_outbox_that_does_not_go_on_ends_every_reader(
    database: Database, fresh: Fresh
) -> None:
    async with PostgresBus.opened(database, fresh.dsn) as bus:
        queue = bus.subscribe([_ME])
        await _publish(bus, database, _notice(1))
        await _bodies(queue, 1)
        lost = bus.head()
        owner = await asyncpg.connect(fresh.dsn)
        await owner.execute("DELETE FROM outbox WHERE (position, id) = ($1, $2)", *_pair(lost))
        await owner.close()
        async with asyncio.timeout(20):
            while not queue.ended:
                await queue.batch()

        assert await bus.since([_ME], None, lost) is None


async def test_what_is_trimmed_cannot_be_resumed_and_the_rest_can(
    database: Database, fresh: Fresh
) -> None:
    async with PostgresBus.opened(database, fresh.dsn) as bus:
        queue = bus.subscribe([_ME])
        places = []
        for number in range(4):
            await _publish(bus, database, _notice(number))
            await _bodies(queue, 1)
            places.append(bus.head())
        async with database.read() as sql:
            await outbox.trim(sql, keep_rows=2)
        found = [await bus.since([_ME], None, place) for place in places]

        assert found[0] is None
        assert [each.event.body for each in found[2] or ()] == [b"3"]
        assert (found[3], bus.head()) == ((), places[3])


async def test_head_of_a_quiet_server_is_never_trimmed(database: Database, fresh: Fresh) -> None:
    async with PostgresBus.opened(database, fresh.dsn) as bus:
        queue = bus.subscribe([_ME])
        await _publish(bus, database, _notice(1))
        await _bodies(queue, 1)
        async with database.read() as sql:
            await outbox.trim(sql, keep_s=0.0)

        assert await bus.since([_ME], None, bus.head()) == ()


async def test_commits_are_hinted_at_most_twenty_times_a_second(
    database: Database, fresh: Fresh
) -> None:
    heard: list[object] = []
    ear = await asyncpg.connect(fresh.dsn)
    await ear.add_listener(CHANNEL, lambda *said: heard.append(said))
    async with PostgresBus.opened(database, fresh.dsn) as bus:
        began_s = time.monotonic()
        for number in range(200):
            await _publish(bus, database, _notice(number))
        took_s = time.monotonic() - began_s
        await asyncio.sleep(0.1)
    await ear.close()

    assert 1 <= len(heard) <= 20 * (took_s + 0.1) + 2
    assert {said[3] for said in heard if isinstance(said, tuple)} == {""}


async def test_broadcast_is_encoded_once_for_all(database: Database, fresh: Fresh) -> None:
    async with PostgresBus.opened(database, fresh.dsn) as bus:
        queues = [bus.subscribe([EVERYBODY]) for _ in range(300)]
        await _publish(bus, database, _notice(1, EVERYBODY))
        frames = [each.frame for queue in queues for each in await queue.batch()]

        assert len(frames) == 300
        assert len({id(each) for each in frames}) == 1


def _pair(place: Cursor) -> tuple[int, int]:
    return place.position, place.id

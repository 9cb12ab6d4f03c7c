"""The bus: what is published arrives everywhere, in order, once; what a reader missed is there."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from tests.server.conftest import Fresh
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.events.bus import PostgresBus
from worldvpn_server.events.fanout import Queue
from worldvpn_server.events.values import Event
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

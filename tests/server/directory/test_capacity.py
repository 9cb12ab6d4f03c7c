"""Guests are counted both ways, and never one too many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.directory.conftest import Town
from worldvpn_server.database.pool import Tx
from worldvpn_server.directory import capacity
from worldvpn_server.directory.values import Query, Status
from worldvpn_server.ids import new_id

pytestmark = pytest.mark.anyio
NOBODY = UUID(int=1)
Count = Callable[[Tx, UUID], Awaitable[bool]]


async def _do(town: Town, count: Count, node: UUID) -> bool:
    return await town.database.run(lambda tx: count(tx, node))


async def test_a_hundred_at_once_get_ten_places(town: Town) -> None:
    node = await town.node(most_guests=10)
    await town.set(node.id, settled_sessions=20)

    taken = await asyncio.gather(*(_do(town, capacity.reserve, node.id) for _ in range(100)))

    assert (sum(taken), await town.see(node.id, "guests")) == (10, 10)


async def test_coming_and_going_at_once_ends_where_it_must(town: Town) -> None:
    node = await town.node(most_guests=10)
    await town.set(node.id, settled_sessions=20)

    async def visit() -> bool:
        came = await _do(town, capacity.reserve, node.id)
        await asyncio.sleep(0)
        return came and await _do(town, capacity.free, node.id)

    visits = await asyncio.gather(*(visit() for _ in range(60)))

    assert any(visits)
    assert await town.see(node.id, "guests") == 0


async def test_any_order_of_coming_and_going_stays_within_bounds(town: Town) -> None:
    orders: list[list[bool]] = []

    @settings(max_examples=15, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.booleans(), max_size=20))
    def gather(order: list[bool]) -> None:
        orders.append(order)

    gather()
    for order in orders:
        node, inside = await town.node(most_guests=3), 0
        await town.set(node.id, settled_sessions=20)
        for coming in order:
            did = await _do(town, capacity.reserve if coming else capacity.free, node.id)
            assert did == (inside < 3 if coming else inside > 0)
            inside += did * (1 if coming else -1)
        assert await town.see(node.id, "guests") == inside


async def test_node_on_probation_has_room_for_two(town: Town) -> None:
    node = await town.node(most_guests=10)
    taken = [await _do(town, capacity.reserve, node.id) for _ in range(3)]
    await town.set(node.id, settled_sessions=20)

    assert taken == [True, True, False]
    assert await _do(town, capacity.reserve, node.id)


@pytest.mark.parametrize("status", [Status.OFFLINE, Status.STALE, Status.DRAINING])
async def test_node_that_takes_nobody_has_no_place(town: Town, status: Status) -> None:
    node = await town.node()
    await town.set(node.id, status=status)

    assert not await _do(town, capacity.reserve, node.id)


async def test_node_that_is_not_there_has_no_place(town: Town) -> None:
    assert not await _do(town, capacity.reserve, new_id())
    assert not await _do(town, capacity.free, new_id())


async def test_full_node_is_not_found_until_somebody_leaves(town: Town) -> None:
    node = await town.node(most_guests=1)
    await _do(town, capacity.reserve, node.id)
    full = await town.directory.find(Query(asking=NOBODY))
    await _do(town, capacity.free, node.id)

    assert (len(full), len(await town.directory.find(Query(asking=NOBODY)))) == (0, 1)

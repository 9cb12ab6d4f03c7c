"""Group commit: nobody waits for a transaction that is over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from worldvpn_server.settlement import group
from worldvpn_server.settlement.group import Group

pytestmark = pytest.mark.anyio

#: A client that waits longer waits forever: the work below takes no time.
_PATIENCE_S = 30.0


async def _echo(items: Sequence[int]) -> Sequence[int]:
    await asyncio.sleep(0)
    return items


@pytest.mark.parametrize("lanes", [1, 2, 3])
async def test_whoever_submits_again_as_soon_as_it_is_answered_is_served(
    lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group, "_MOST_LANES", lanes)
    made = Group(_echo)

    async def client(number: int) -> None:
        for turn in range(20):
            assert await made.submit([number, turn]) == [number, turn]

    async with asyncio.timeout(_PATIENCE_S), asyncio.TaskGroup() as clients:
        for number in range(50):
            clients.create_task(client(number))
    await made.close()

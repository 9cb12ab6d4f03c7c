"""The whole server is killed under its clients: nothing that it told them is lost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Final

import httpx
import pytest

from tests.server.kill.citizens import Guest, Owner
from tests.server.kill.town import Town
from tests.server.operations.process import data_folder
from worldvpn_server.database.pool import Connection

pytestmark = pytest.mark.anyio

#: 48 kills, beside the 204 of ``test_killed``.
_VICTIMS: Final = ["server"] * 24 + ["worker"] * 8 + ["database"] * 10 + ["both"] * 6
_LONGEST_S: Final = 0.6
_GUESTS: Final = 4
_PATIENCE_S: Final = 60.0
_LEFT: Final = """
SELECT (SELECT count(*) FROM payout) AS unpaid,
    (SELECT coalesce(sum(held), 0) FROM wallet) AS held,
    (SELECT coalesce(sum(ticks), 0) FROM posting WHERE bucket = 13) AS clearing,
    (SELECT count(*) FROM session WHERE state IN (1, 2)) AS sessions,
    (SELECT sum(guests) FROM node) AS guests
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("seed", [1])
async def test_no_client_loses_what_it_was_told_whatever_is_killed(seed: int) -> None:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    with data_folder() as data:
        async with httpx.AsyncClient(timeout=20.0, limits=limits) as http:
            town = await Town.start(data, seed, http)
            journals = await _killed(town)
            await asyncio.to_thread(town.server.stop)
        newest = max((data / "checkpoints").iterdir())
        argv = [sys.executable, "-m", "worldvpn_server", "audit", "--data", str(data)]
        audited = await asyncio.to_thread(
            subprocess.run, [*argv, "--checkpoint", str(newest)], capture_output=True, text=True
        )

    told = town.told
    assert audited.returncode == 0, audited.stdout + audited.stderr
    # How much happens between two kills is the machine's affair; that it does is not.
    assert len(told.sessions) > _GUESTS
    assert sum(each.signed_bytes > 0 for each in told.sessions.values()) > _GUESTS
    assert journals > len(_VICTIMS)
    assert told.claims


async def _killed(town: Town) -> int:
    """Kill all victims while clients live, then let them leave; return how many journals."""
    owners = [await Owner.settle_down(town, number) for number in (1, 2)]
    guests = [Guest(town, owners) for _ in range(_GUESTS)]
    victims = list(_VICTIMS)
    town.chance.shuffle(victims)
    listening = [asyncio.create_task(each.listen()) for each in owners]
    living = [asyncio.create_task(each.live()) for each in guests]
    try:
        for victim in victims:
            await asyncio.sleep(town.chance.uniform(0, _LONGEST_S))
            await town.kill(victim)
            await town.check()
            for each in (*listening, *living):
                if each.done():
                    await each
        town.is_closing = True
        # A hold without its guest's last word stays until its ticket's end: all must say theirs.
        async with asyncio.timeout(_PATIENCE_S):
            await asyncio.gather(*living)
            await town.until(_left, [0] * 5)
    finally:
        for each in (*listening, *living):
            each.cancel()
        await asyncio.gather(*listening, *living, return_exceptions=True)
    return await town.check()


async def _left(sql: Connection) -> list[int]:
    """Return what is unpaid, held, clearing, open and counted."""
    return list(await sql.fetchrow(_LEFT) or ())

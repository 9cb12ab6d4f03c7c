"""Whatever is killed, whenever: no credit is lost, none appears, and what was told holds."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from tests.folders import public_folder
from tests.server.kill.life import opened
from tests.server.kill.nursery import Mortal, Nursery
from worldvpn_core.credit.manifest import Use
from worldvpn_server.clock import SystemClock
from worldvpn_server.database.migrate import migrate
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.ledger.audit import audit
from worldvpn_server.ledger.origin import origin_of
from worldvpn_server.ledger.trust import Trust

pytestmark = pytest.mark.anyio

#: Four rounds make 204 kills: 164 of servers and 40 of PostgreSQL.
_SERVERS: Final = 41
_DATABASES: Final = 10
_LIVES: Final = 2
_LONGEST_S: Final = 0.15

_BROKEN: Final = """
SELECT told.session, told.settled_bytes, session.settled_bytes AS found
FROM unnest($1::uuid[], $2::bigint[]) AS told (session, settled_bytes)
LEFT JOIN session ON session.id = told.session
WHERE session.settled_bytes IS NULL OR session.settled_bytes < told.settled_bytes
   OR session.settled_bytes > least(node_up + node_down, guest_up + guest_down)
"""
_LEFT: Final = """
SELECT (SELECT count(*) FROM payout) AS unpaid,
    (SELECT count(*) FROM vesting) AS unvested,
    (SELECT coalesce(sum(held), 0) FROM wallet) AS held,
    (SELECT coalesce(sum(ticks), 0) FROM posting WHERE bucket = 13) AS clearing
"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def mortal() -> AsyncIterator[Mortal]:
    """A cluster with the settings of a real one: a kill must find the disk as it would be."""
    with public_folder() as folder:
        made = await Mortal.start(folder / "pg")
        yield made
        await made.cluster.stop()


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_the_ledger_is_whole_after_every_kill(
    mortal: Mortal, tmp_path: Path, seed: int
) -> None:
    name = f"killed_{seed}"
    connection = await asyncpg.connect(mortal.cluster.dsn())
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    dsn = mortal.cluster.dsn(name)
    await migrate(dsn)
    trust = _trust(tmp_path)
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    victims = ["server"] * _SERVERS + ["database"] * _DATABASES
    chance.shuffle(victims)
    nursery = Nursery.open(dsn, tmp_path, seed * 1000)
    journals = 0
    try:
        for victim in victims:
            while len(nursery.alive) < _LIVES:
                nursery.start()
            await asyncio.sleep(chance.uniform(0, _LONGEST_S))
            if victim == "database":
                await mortal.kill()
            else:
                assert nursery.kill(nursery.alive[0]) == -9
            journals = await _whole(dsn, trust, nursery.acknowledged())
    finally:
        nursery.close()

    assert journals > len(victims)
    assert len(nursery.acknowledged()) > _DATABASES
    assert await _wound_up(dsn, tmp_path) == (0, 0, 0, 0)
    await _whole(dsn, trust, {})


def _trust(data: Path) -> Trust:
    keys = KeyRing.open(data / "keys", SystemClock())
    return Trust.of(origin_of(keys.root_public()), keys.opened().of(Use.CHECKPOINT))


async def _whole(dsn: str, trust: Trust, told: dict[UUID, int]) -> int:
    """Audit all of the ledger, look up what lives were told, and return how many journals."""
    report = await audit(dsn, None, trust=trust, now=SystemClock().now())
    assert report.findings == ()
    connection = await asyncpg.connect(dsn)
    broken = await connection.fetch(_BROKEN, list(told), list(told.values()))
    await connection.close()
    assert broken == []
    return report.journals


async def _wound_up(dsn: str, data: Path) -> tuple[int, ...]:
    """Let the time pass that everything needs to end; return what is left over."""
    async with opened(dsn, data) as parts:
        async with parts.rig.database.transaction() as tx:
            await tx.sql.execute("UPDATE session SET state = 3 WHERE state = 2")
        await parts.later.expiry.settle_past()
        await parts.settlement.payouts.pay()
        await parts.later.vesting.vest()
        async with parts.rig.database.read() as sql:
            left = await sql.fetchrow(_LEFT)
    assert left is not None
    return tuple(left.values())

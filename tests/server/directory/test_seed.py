"""Synthetic data is labelled, whole, and never beside real people."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from tests.server.conftest import Fresh
from tests.server.directory.conftest import NETWORKS, Town
from worldvpn_server.clock import SystemClock
from worldvpn_server.database.pool import Database
from worldvpn_server.directory.seed import PREFIX, seed
from worldvpn_server.directory.store import PostgresDirectory
from worldvpn_server.directory.values import Query
from worldvpn_server.errors import StartError

pytestmark = pytest.mark.anyio
NOBODY = UUID(int=1)


async def test_seeded_nodes_are_found_and_labelled(fresh: Fresh, database: Database) -> None:
    await seed(fresh.dsn, nodes=60, users=5)
    await seed(fresh.dsn, nodes=20)
    directory = PostgresDirectory(database, SystemClock(), NETWORKS)
    found = await directory.find(Query(asking=NOBODY, limit=50))
    candidates = await directory.candidates(Query(asking=NOBODY, limit=50))
    owner = await asyncpg.connect(fresh.dsn)
    row = await owner.fetchrow(
        "SELECT count(*) AS nodes, bool_and(synthetic) AS labelled, count(DISTINCT inner6) AS "
        "networks, bool_and(a.name LIKE $1) AS named FROM node JOIN account a ON a.id = account",
        f"{PREFIX}%",
    )
    money = await owner.fetchrow(
        "SELECT (SELECT sum(ticks)::bigint FROM posting) AS total, "
        "(SELECT count(*) FROM wallet) AS wallets, (SELECT count(*) FROM account) AS accounts, "
        "(SELECT sum(promo)::bigint FROM wallet) = "
        "(SELECT sum(ticks)::bigint FROM posting WHERE bucket = 1) AS agree"
    )
    await owner.close()

    assert (len(found), bool(candidates)) == (50, True)
    assert row is not None
    assert tuple(row) == (80, True, 80, True)
    assert money is not None
    assert tuple(money) == (0, 85, 85, True)


async def test_database_with_somebody_real_in_it_is_refused(fresh: Fresh, town: Town) -> None:
    await town.account()
    with pytest.raises(StartError, match="1 real accounts"):
        await seed(fresh.dsn, nodes=1)

    await seed(fresh.dsn, nodes=1, force=True)

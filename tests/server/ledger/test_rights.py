"""Who may change the ledger: nobody but its functions, and history not even its owner."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.server.conftest import Fresh
from tests.server.ledger.conftest import Opener
from worldvpn_server.database.pool import Database
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.sealer import Sealer

pytestmark = pytest.mark.anyio

LEDGER = ("journal", "posting", "wallet", "reversal", "seal", "tree_node", "checkpoint")
HISTORY = tuple(each for each in LEDGER if each != "wallet")


@pytest.fixture
async def owner(fresh: Fresh) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(fresh.dsn)
    yield connection
    await connection.close()


async def test_server_may_read_the_ledger_and_nothing_else(database: Database) -> None:
    async with database.read() as sql:
        rights = {
            (table, right)
            for table in LEDGER
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")
            if await sql.fetchval("SELECT has_table_privilege($1, $2)", table, right)
        }
        columns = [
            table
            for table in LEDGER
            if await sql.fetchval("SELECT has_any_column_privilege($1, 'INSERT, UPDATE')", table)
        ]

    assert rights == {(table, "SELECT") for table in LEDGER}
    assert columns == []


async def test_server_is_refused_when_it_tries(database: Database, opened_wallet: Opener) -> None:
    await opened_wallet()
    for statement in (
        "UPDATE wallet SET promo = promo + 1",
        "DELETE FROM journal",
        "INSERT INTO wallet (account, available) VALUES (gen_random_uuid(), 1)",
        "TRUNCATE posting",
        "ALTER TABLE journal DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "RESET ROLE; UPDATE wallet SET promo = 0",
    ):
        with pytest.raises(asyncpg.PostgresError):
            async with database.transaction() as tx:
                await tx.sql.execute(statement)


async def test_functions_of_the_ledger_are_the_server_s_alone_and_look_in_one_place(
    owner: asyncpg.Connection[asyncpg.Record],
) -> None:
    functions = await owner.fetch(
        "SELECT proname, proconfig, proacl::text AS acl FROM pg_proc WHERE prosecdef "
        "AND pronamespace = 'public'::regnamespace"
    )

    assert {each["proname"] for each in functions} >= {"ledger_post", "ledger_hold", "ledger_seal"}
    for each in functions:
        assert each["proconfig"] == ["search_path=public, pg_temp"]
        assert not each["acl"].startswith("{=")  # PUBLIC has no right


async def test_history_is_not_rewritten_by_a_statement_of_its_owner(
    owner: asyncpg.Connection[asyncpg.Record], opened_wallet: Opener, sealer: Sealer
) -> None:
    await opened_wallet()
    await sealer.seal()

    for table in HISTORY:
        column = await owner.fetchval(
            "SELECT column_name FROM information_schema.columns WHERE table_name = $1", table
        )
        for statement in ("UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"):
            with pytest.raises(asyncpg.PostgresError, match="append-only"):
                await owner.execute(statement.format(table, column))


@pytest.mark.parametrize(
    ("ticks", "refusal"), [((5, -4), "sum to zero"), ((5,), "sum to zero"), ((5, -5), None)]
)
async def test_postings_that_do_not_sum_to_zero_are_not_committed(
    owner: asyncpg.Connection[asyncpg.Record], ticks: tuple[int, ...], refusal: str | None
) -> None:
    async def post() -> None:
        async with owner.transaction():
            journal = new_id()
            await owner.execute(
                "INSERT INTO journal (id, account, key, kind, created_at) "
                "VALUES ($1, $1, '', 7, now())",
                journal,
            )
            await owner.execute(
                "INSERT INTO posting SELECT $1, * FROM unnest($2::smallint[], $3::bigint[])",
                journal,
                (2, 11)[: len(ticks)],
                ticks,
            )

    if refusal is None:
        await post()
    else:
        with pytest.raises(asyncpg.PostgresError, match=refusal):
            await post()

"""The schema: made once, kept as it is, and owned by nobody the server works as."""

from __future__ import annotations

import asyncpg
import pytest

from tests.server.conftest import Fresh
from worldvpn_server.database.migrate import migrate
from worldvpn_server.database.pool import ROLE, Database
from worldvpn_server.errors import StartError

pytestmark = pytest.mark.anyio


async def test_migrating_twice_changes_nothing(fresh: Fresh) -> None:
    assert await migrate(fresh.dsn) == ()


async def test_server_works_under_a_role_that_owns_nothing(database: Database) -> None:
    async with database.read() as sql:
        assert await sql.fetchval("SELECT current_user") == ROLE
        owned = await sql.fetch(
            "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = $1", ROLE
        )
    assert owned == []


async def test_database_made_by_another_version_is_refused(fresh: Fresh) -> None:
    connection = await asyncpg.connect(fresh.dsn)
    await connection.execute("UPDATE migration SET sha256 = '' WHERE name = '0001_base.sql'")
    await connection.close()

    with pytest.raises(StartError, match="0001_base"):
        await migrate(fresh.dsn)


async def test_positions_go_on_after_a_dump_was_restored_elsewhere(fresh: Fresh) -> None:
    connection = await asyncpg.connect(fresh.dsn)
    await connection.execute(
        "INSERT INTO outbox (position, topic, kind, body) VALUES ($1, $2, 'x', '')",
        10**12,
        "00000000-0000-0000-0000-000000000000",
    )
    await migrate(fresh.dsn)
    position = await connection.fetchval("SELECT tx_position()")
    await connection.close()

    assert position > 10**12

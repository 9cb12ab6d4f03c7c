"""Every column that holds the ledger, changed behind the server's back: the audit finds each."""

from __future__ import annotations

from typing import Final

import asyncpg
import pytest

from tests.server.ledger.conftest import Audited
from worldvpn_server.database.pool import Database
from worldvpn_server.ledger.audit import audit_within

pytestmark = pytest.mark.anyio

#: One changed value of every column that holds the ledger.
TAMPERED: Final = (
    "UPDATE journal SET id = gen_random_uuid() WHERE kind = 1",
    "UPDATE journal SET account = gen_random_uuid() WHERE kind = 1",
    "UPDATE journal SET key = key || '\\x00' WHERE kind = 1",
    "UPDATE journal SET kind = 7 WHERE kind = 1",
    "UPDATE journal SET note = note || ' ' WHERE kind = 1",
    "UPDATE journal SET created_at = created_at + interval '1 microsecond' WHERE kind = 1",
    "UPDATE journal SET position = position - 1 WHERE kind = 1",
    "UPDATE posting SET journal = (SELECT id FROM journal WHERE kind = 9) WHERE bucket = 1",
    "UPDATE posting SET bucket = 4 WHERE bucket = 1",
    "UPDATE posting SET ticks = ticks + 1 WHERE bucket = 1",
    "DELETE FROM posting WHERE bucket = 1",
    "DELETE FROM posting WHERE journal = (SELECT id FROM journal WHERE kind = 1)",
    "DELETE FROM journal WHERE kind = 1",
    "UPDATE reversal SET journal = (SELECT id FROM journal WHERE kind = 1)",
    "UPDATE reversal SET reverses = (SELECT id FROM journal WHERE kind = 1)",
    "DELETE FROM reversal",
    "UPDATE wallet SET promo = promo + 1 WHERE promo > 0",
    "UPDATE wallet SET available = available + 1 WHERE promo > 0",
    "UPDATE wallet SET held = held + 1 WHERE promo > 0",
    "UPDATE wallet SET vesting = vesting + 1 WHERE promo > 0",
    "UPDATE wallet SET debt = debt + 1 WHERE promo > 0",
    "UPDATE wallet SET account = gen_random_uuid() WHERE promo > 0",
    "DELETE FROM wallet WHERE promo > 0",
    "UPDATE seal SET leaf = -1 WHERE leaf = 0",
    "UPDATE seal SET journal = gen_random_uuid() WHERE leaf = 3",
    "UPDATE seal SET position = position + 1 WHERE leaf = 3",
    "UPDATE seal SET hash = sha256(hash) WHERE leaf = 3",
    "DELETE FROM seal WHERE leaf = 259",
    "UPDATE tree_node SET level = 16",
    "UPDATE tree_node SET index = 1",
    "UPDATE tree_node SET hash = sha256(hash)",
    "DELETE FROM tree_node",
    "UPDATE checkpoint SET size = 2 WHERE size = 1",
    "UPDATE checkpoint SET root = sha256(root) WHERE size = 1",
    "UPDATE checkpoint SET frontier = sha256(frontier) WHERE size = 1",
    "UPDATE checkpoint SET position = position - 1 WHERE size = 1",
    "UPDATE checkpoint SET note = replace(note, '\n1\n', '\n2\n') WHERE size = 1",
    "UPDATE checkpoint SET note = regexp_replace(note, '.(.{9}=*\\n)$', '/\\1') WHERE size = 1",
    "UPDATE checkpoint SET created_at = created_at + interval '1 microsecond' WHERE size = 1",
    "UPDATE checkpoint SET created_at = created_at - interval '1 second' WHERE size = 1",
    "DELETE FROM checkpoint WHERE size > 1",
    "INSERT INTO vesting SELECT gen_random_uuid(), account, 1, now() FROM wallet LIMIT 1",
    "INSERT INTO payout VALUES (gen_random_uuid(), gen_random_uuid(), 1, 0, 0, 0, now())",
)


async def test_every_changed_value_is_found(audited: Audited) -> None:
    owner = await asyncpg.connect(audited.dsn)
    await owner.execute("SET session_replication_role = replica")
    missed = []
    for statement in ("", *TAMPERED):
        change = owner.transaction()
        await change.start()
        changed = await owner.execute(statement or "SELECT 1")
        report = await audit_within(owner, None, trust=audited.trust, now=audited.clock.now())
        await change.rollback()
        if bool(report.findings) is not bool(statement) or changed.endswith(" 0"):
            missed.append((statement, changed, report.findings))
    await owner.close()

    assert missed == []


async def test_no_column_of_the_ledger_is_missing_above(database: Database) -> None:
    async with database.read() as sql:
        columns = await sql.fetch(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = "
            "'public' AND table_name IN ('journal', 'posting', 'reversal', 'wallet', 'seal', "
            "'tree_node', 'checkpoint')"
        )

    assert len(columns) > 25
    for table, column in columns:
        start = f"UPDATE {table} SET {column} ="  # noqa: S608 - compared, never run
        assert any(each.startswith(start) for each in TAMPERED), column

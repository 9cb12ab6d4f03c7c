"""The sealer: every committed journal once, in order, under signed heads that files remember."""

from __future__ import annotations

import asyncpg
import attrs
import pytest

from tests.server.conftest import Fresh, MovingClock
from tests.server.ledger.conftest import ORIGIN, OneKey
from tests.server.ledger.test_postgres import grant
from worldvpn_server.database.pool import Database
from worldvpn_server.errors import LedgerError
from worldvpn_server.ids import new_id
from worldvpn_server.ledger import merkle, note
from worldvpn_server.ledger.leaf import Sealed, encoded
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.ledger.proof import consistent, included
from worldvpn_server.ledger.published import Published, notes_in
from worldvpn_server.ledger.sealer import Sealer
from worldvpn_server.ledger.tree import hashes_of

pytestmark = pytest.mark.anyio


async def post(database: Database, ledger: PostgresLedger, count: int) -> None:
    """Post in one transaction: ``count`` journals."""
    journals = [grant(new_id(), number + 1) for number in range(count)]
    await database.run(lambda tx: ledger.post_many(tx, journals))


async def test_head_proves_every_journal_and_every_head_before(
    database: Database, ledger: PostgresLedger, sealer: Sealer, keys: OneKey
) -> None:
    # More than 256, so that kept inner hashes are used too.
    for count in (3, 300, 5, 260):
        await post(database, ledger, count)
        assert await sealer.seal() == count

    async with database.read() as sql:
        leaves = [row["hash"] for row in await sql.fetch("SELECT hash FROM seal ORDER BY leaf")]
        heads = [
            note.opened(row["note"], keys.believed)
            for row in await sql.fetch("SELECT note FROM checkpoint ORDER BY size")
        ]
        last = heads[-1]
        assert [each.size for each in heads] == [3, 303, 308, 568]
        for leaf in (0, 2, 255, 256, 300, 511, 567):
            path = await hashes_of(sql, merkle.inclusion(leaf, last.size))
            assert included(leaf, leaves[leaf], last.size, path, last.root)
        for old in heads:
            path = await hashes_of(sql, merkle.consistency(old.size, last.size))
            assert consistent(old.size, old.root, last.size, last.root, path)


async def test_journal_of_a_transaction_under_way_is_waited_for(
    database: Database, ledger: PostgresLedger, sealer: Sealer
) -> None:
    async with database.transaction() as slow:
        await ledger.post(slow, grant(new_id(), 1))
        await post(database, ledger, 2)  # commits before, and begins after

        assert await sealer.seal() == 0
    assert await sealer.seal() == 3
    assert await sealer.seal() == 0


async def test_files_have_every_head_and_a_torn_one_is_written_again(
    database: Database, ledger: PostgresLedger, sealer: Sealer, published: Published
) -> None:
    for _ in range(3):
        await post(database, ledger, 1)
        await sealer.seal()
    (path,) = published.folder.glob("*.txt")
    whole = path.read_text()
    path.write_text(whole[:-40])

    await Published(published.folder).catch_up(database)

    assert path.read_text() == whole
    assert [each.split("\n")[:2] for each in notes_in(whole)[0]] == [
        [ORIGIN, "1"],
        [ORIGIN, "2"],
        [ORIGIN, "3"],
    ]


async def test_each_day_has_a_file(
    database: Database,
    ledger: PostgresLedger,
    sealer: Sealer,
    published: Published,
    clock: MovingClock,
) -> None:
    for _ in range(2):
        await post(database, ledger, 1)
        await sealer.seal()
        clock.pass_by(days=1)

    assert [each.name for each in sorted(published.folder.iterdir())] == [
        "2027-01-04.txt",
        "2027-01-05.txt",
    ]


async def test_database_that_was_set_back_is_not_sealed_over(
    database: Database, ledger: PostgresLedger, sealer: Sealer, published: Published, fresh: Fresh
) -> None:
    await post(database, ledger, 1)
    await sealer.seal()
    owner = await asyncpg.connect(fresh.dsn)
    await owner.execute("SET session_replication_role = replica; DELETE FROM checkpoint")
    await owner.close()

    await post(database, ledger, 1)

    with pytest.raises(LedgerError, match="audit"):
        await attrs.evolve(sealer, published=Published(published.folder)).seal()

    async with database.read() as sql:
        assert await sql.fetchval("SELECT count(*) FROM checkpoint") == 0


async def test_seal_refuses_what_is_not_next(
    database: Database, ledger: PostgresLedger, sealer: Sealer
) -> None:
    await post(database, ledger, 2)
    async with database.read() as sql:
        ids = [row["id"] for row in await sql.fetch("SELECT id FROM journal ORDER BY id")]
    hashes = [bytes(32)] * 2

    for journals in (ids[::-1], [ids[0], new_id()], []):
        with pytest.raises(asyncpg.PostgresError):
            async with database.transaction() as tx:
                await tx.sql.execute(
                    "SELECT ledger_seal($1, $2, '{}', '{}', '{}', $3, '', '', now())",
                    journals,
                    hashes[: len(journals)],
                    bytes(32),
                )

    assert await sealer.seal() == 2


def test_no_two_journals_have_one_leaf(clock: MovingClock) -> None:
    journal = Sealed(
        id=new_id(),
        account=new_id(),
        key=b"ab",
        kind=1,
        note="c",
        created_at=clock.now(),
        position=4,
        postings=((11, -5), (2, 5)),
    )
    others = [
        attrs.evolve(journal, **change)
        for change in (
            {"id": new_id()},
            {"account": new_id()},
            {"key": b"abc", "note": ""},
            {"kind": 2},
            {"note": "d"},
            {"created_at": clock.now().replace(microsecond=1)},
            {"position": 5},
            {"postings": ((11, -5), (1, 5))},
            {"postings": ((11, -6), (2, 6))},
            {"postings": ((11, -5), (2, 4), (1, 1))},
            {"reverses": new_id()},
        )
    ]

    assert encoded(attrs.evolve(journal, postings=((2, 5), (11, -5)))) == encoded(journal)
    assert len({encoded(each) for each in (journal, *others)}) == len(others) + 1

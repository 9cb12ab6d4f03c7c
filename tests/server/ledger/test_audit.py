"""The audit: silent on what the server did, and loud on what somebody else did."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from tests.server.ledger.conftest import Audited
from tests.server.ledger.test_postgres import grant
from worldvpn_server.database.pool import Database
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.ledger.published import Published
from worldvpn_server.ledger.sealer import Sealer

pytestmark = pytest.mark.anyio


async def test_ledger_that_nobody_touched_is_whole(audited: Audited, tmp_path: Path) -> None:
    shutil.copytree(audited.files, tmp_path / "kept")

    report = await audited.report(tmp_path / "kept")

    assert report.findings == ()
    assert (report.journals, report.checkpoints, report.kept_checkpoints) == (260, 2, 2)
    assert report.totals.minted - report.totals.burned > 0


async def test_journal_rewritten_with_all_hashes_and_heads_is_found_by_the_kept_file(
    audited: Audited, sealer: Sealer, tmp_path: Path
) -> None:
    shutil.copytree(audited.files, tmp_path / "kept")
    await audited.tamper(
        "UPDATE posting SET ticks = ticks + 52428800 WHERE bucket = 1",
        "UPDATE posting SET ticks = ticks - 52428800 FROM journal "
        "WHERE bucket = 11 AND journal = id AND kind = 1",
        "UPDATE wallet SET promo = promo + 52428800 WHERE promo > 0",
        "DELETE FROM seal",
        "DELETE FROM tree_node",
        "DELETE FROM checkpoint",
    )
    shutil.rmtree(audited.files)
    await attrs.evolve(sealer, published=Published(audited.files)).seal()

    alone = await audited.report(audited.files)
    held_against = await audited.report(tmp_path / "kept")

    assert alone.findings == ()
    assert any(each.startswith("rewritten") for each in held_against.findings)


async def test_newest_journals_taken_away_with_their_seals_are_missed_by_the_kept_file(
    audited: Audited, tmp_path: Path
) -> None:
    shutil.copytree(audited.files, tmp_path / "kept")
    await audited.tamper(
        "DELETE FROM posting WHERE journal IN (SELECT id FROM journal WHERE kind <> 1)",
        "DELETE FROM reversal",
        "DELETE FROM journal WHERE kind <> 1",
        "DELETE FROM wallet WHERE promo = 0",
        "UPDATE wallet SET available = 0, debt = 0",
        "DELETE FROM seal WHERE leaf > 0",
        "DELETE FROM tree_node",
        "DELETE FROM checkpoint WHERE size > 1",
    )

    assert (await audited.report()).findings == ()
    assert any(
        each.startswith("lost") for each in (await audited.report(tmp_path / "kept")).findings
    )


async def test_journal_hidden_from_the_sealer_is_found_after_a_minute(
    audited: Audited, database: Database, ledger: PostgresLedger
) -> None:
    await database.run(lambda tx: ledger.post(tx, grant(audited.account, 5, b"late")))
    assert (await audited.report()).findings == ()

    audited.clock.pass_by(seconds=61)

    (finding,) = (await audited.report()).findings
    assert finding.startswith("unsealed")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-30],
        lambda text: text.replace("\n1\n", "\n2\n", 1),
        lambda text: text.replace("\u2014", "-", 1),
        lambda _: "",
        lambda _: "nothing\n\nof the kind\n",
    ],
    ids=["torn", "another size", "no signature", "empty", "no checkpoint"],
)
async def test_kept_file_that_is_no_good_is_said_so(
    audited: Audited, tmp_path: Path, change: Callable[[str], str]
) -> None:
    (file,) = audited.files.glob("*.txt")
    kept = tmp_path / "kept.txt"
    kept.write_text(change(file.read_text()))

    findings = (await audited.report(kept)).findings

    assert findings
    assert all(each.startswith("kept checkpoint") for each in findings)


async def test_heads_of_a_stranger_s_key_are_not_believed(audited: Audited) -> None:
    stranger = attrs.evolve(audited, trust=attrs.evolve(audited.trust, publics=(bytes(range(32)),)))
    robbed = attrs.evolve(stranger, trust=attrs.evolve(stranger.trust, some_revoked=True))

    for each in (stranger, robbed):
        assert any("believed" in finding for finding in (await each.report()).findings)

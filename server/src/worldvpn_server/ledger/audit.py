"""Verifying the ledger from its first journal on: what ``worldvpn-server audit`` does.

Everything is read in one snapshot, beside a server at work, with cursors: memory does not grow
with the ledger. A checkpoint kept elsewhere catches who could rewrite database and keys alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
import attrs

from worldvpn_core.credit.manifest import Use
from worldvpn_server.clock import Clock
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.ledger import books
from worldvpn_server.ledger.books import Totals
from worldvpn_server.ledger.chain import Chain
from worldvpn_server.ledger.findings import Findings
from worldvpn_server.ledger.note import NoteError, TreeHead, opened
from worldvpn_server.ledger.origin import origin_of
from worldvpn_server.ledger.published import notes_in
from worldvpn_server.ledger.trust import Trust

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

_CONNECT_S: Final = 10.0


@attrs.frozen(kw_only=True)
class Report:
    """What was verified, and what is wrong. ``findings`` empty: nothing is."""

    journals: int
    checkpoints: int
    kept_checkpoints: int
    totals: Totals
    findings: tuple[str, ...]


async def audit(dsn: str, checkpoint_file: Path | None, *, trust: Trust, now: datetime) -> Report:
    """Verify the ledger at ``dsn`` and that it goes on from what ``checkpoint_file`` has.

    The file has one checkpoint or many; a folder of such files is read whole.

    Raises:
        OSError: the file cannot be read, or the database cannot be reached.
        asyncpg.PostgresError: the database refuses to be read.
    """
    connection = await asyncpg.connect(dsn, timeout=_CONNECT_S)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await audit_within(connection, checkpoint_file, trust=trust, now=now)
    finally:
        await connection.close()


async def audit_within(
    sql: Connection, checkpoint_file: Path | None, *, trust: Trust, now: datetime
) -> Report:
    """Verify what the transaction under way on ``sql`` sees. Raises OSError: as ``audit`` does."""
    findings = Findings()
    kept: dict[int, set[TreeHead]] = {}
    if checkpoint_file is not None:
        for head in await asyncio.to_thread(_kept, checkpoint_file, trust, findings):
            kept.setdefault(head.size, set()).add(head)
    totals = await books.check(sql, findings)
    chain = Chain(sql, trust, findings, now, kept)
    await chain.walk()
    return Report(
        journals=chain.journals,
        checkpoints=chain.checkpoints,
        kept_checkpoints=sum(map(len, kept.values())),
        totals=totals,
        findings=findings.lines(),
    )


async def command(
    dsn: str,
    checkpoint_file: Path | None,
    *,
    keys: KeyRing,
    clock: Clock,
    say: Callable[[str], None],
) -> int:
    """Audit, say what was found, and return the exit status: 0 where nothing is wrong, else 1.

    Raises:
        OSError: as ``audit`` does.
        asyncpg.PostgresError: as ``audit`` does.
    """
    trust = Trust.of(origin_of(keys.root_public()), keys.opened().of(Use.CHECKPOINT))
    report = await audit(dsn, checkpoint_file, trust=trust, now=clock.now())
    for each in report.findings:
        say(f"WRONG {each}")
    say(
        f"{report.journals} journals, {report.checkpoints} checkpoints, "
        f"{report.kept_checkpoints} kept elsewhere; "
        f"{report.totals.minted} ticks minted, {report.totals.burned} burned, "
        f"{report.totals.subsidy} paid as subsidy"
    )
    if report.findings:
        say(
            "the ledger is NOT as it was signed: keep this database, and restore a backup elsewhere"
        )
        return 1
    say("the ledger is whole" + ("" if checkpoint_file else ", as far as this host knows"))
    return 0


def _kept(path: Path, trust: Trust, findings: Findings) -> list[TreeHead]:
    files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
    heads = []
    for file in files:
        text = file.read_text("utf-8", errors="replace")
        notes, torn = notes_in(text if text.endswith("\n\n") else f"{text}\n")
        if torn:
            findings.add("kept checkpoint", f"{file.name} ends within one")
        if not notes:
            findings.add("kept checkpoint", f"{file.name} has none")
        for note in notes:
            try:
                heads.append(opened(note, trust.believed))
            except NoteError as error:
                findings.add("kept checkpoint", f"{file.name}: {error}")
    return heads

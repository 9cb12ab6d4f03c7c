"""Checkpoints outside the database: files that are appended to, and meant to be copied away.

Whoever rewrites the database cannot rewrite the copies: ``audit`` holds one against the other.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

import attrs

from worldvpn_server.database.pool import Database
from worldvpn_server.errors import LedgerError

#: Each note ends with a line's end; an empty line after it says that it was written whole.
_END: Final = "\n\n"
_PRIVATE: Final = 0o700
_READABLE: Final = 0o644
_MOST_AT_ONCE: Final = 1_000

_NEWER: Final = """
SELECT size, note, created_at FROM checkpoint WHERE size > $1 ORDER BY size LIMIT $2
"""
_SAME: Final = "SELECT note FROM checkpoint WHERE size = $1"


def notes_in(text: str) -> tuple[list[str], str]:
    """Return the checkpoints in a file's text, and what is left of one not written whole. Pure."""
    blocks = text.split(_END)
    whole = (len(blocks) - 1) // 2
    notes = [f"{blocks[2 * at]}{_END}{blocks[2 * at + 1]}\n" for at in range(whole)]
    return notes, _END.join(blocks[2 * whole :])


@attrs.define(eq=False)
class Published:
    """The folder of checkpoint files, one a day (UTC). Written by one process at a time."""

    folder: Path
    _size: int | None = attrs.field(default=None, init=False)

    async def catch_up(self, database: Database) -> int:
        """Append every checkpoint that is not in the files yet; return how many.

        Raises:
            LedgerError: the database does not have what was published last: it was set back.
        """
        if self._size is None:
            self._size = await self._last(database)
        count = 0
        while True:
            async with database.read() as sql:
                rows = await sql.fetch(_NEWER, self._size, _MOST_AT_ONCE)
            for row in rows:
                path = self.folder / f"{row['created_at']:%Y-%m-%d}.txt"
                await asyncio.to_thread(_append, path, row["note"] + "\n")
                self._size = int(row["size"])
            count += len(rows)
            if len(rows) < _MOST_AT_ONCE:
                return count

    async def _last(self, database: Database) -> int:
        note = await asyncio.to_thread(self._newest)
        if note is None:
            return 0
        size = int(note.split("\n", 2)[1])
        async with database.read() as sql:
            same = await sql.fetchval(_SAME, size)
        if same != note:
            raise LedgerError(
                f"the ledger is not the one whose checkpoint of {size} journals is in "
                f"{self.folder}: restore the newest backup, then run 'worldvpn-server audit'"
            )
        return size

    def _newest(self) -> str | None:
        self.folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        for path in sorted(self.folder.glob("*.txt"), reverse=True):
            text = path.read_text("utf-8", errors="replace")
            notes, torn = notes_in(text)
            if torn:  # a power cut in the middle of a note: it is written again
                os.truncate(path, len(text.encode()) - len(torn.encode()))
            if notes:
                return notes[-1]
        return None


def _append(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _READABLE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())

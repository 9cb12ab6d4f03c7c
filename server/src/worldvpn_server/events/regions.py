"""The versions of the directory that a stream begins with."""

from __future__ import annotations

from typing import Final

import attrs
import msgspec

from worldvpn_server.accounts.values import Caller
from worldvpn_server.database.pool import Database

#: Not from the files in memory: they may be older than the place that the stream starts at.
_HEADS: Final = "SELECT region, version FROM directory_head ORDER BY region"


@attrs.frozen
class DirectorySnapshot:
    """The directory's part of a snapshot: the newest version of each region."""

    _database: Database

    async def __call__(self, _: Caller, /) -> tuple[tuple[str, bytes], ...]:
        """Return what the last ``directory`` event of each region said."""
        async with self._database.read() as sql:
            rows = await sql.fetch(_HEADS)
        return tuple(("directory", msgspec.json.encode(dict(row))) for row in rows)

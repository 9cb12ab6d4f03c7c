"""Nodes of /v1 live as long as their device's event stream is open: this process beats for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.accounts.values import Caller
from worldvpn_server.database.pool import Database
from worldvpn_server.directory.presence import MemoryPresence
from worldvpn_server.operations.jobs import Job

_BEAT_S: Final = 10.0

#: Who said goodbye comes back by saying so, not by a stream that is still open.
_OF_DEVICES: Final = """
SELECT n.id, n.guests FROM unnest($1::uuid[], $2::uuid[]) AS open(account, device)
JOIN node n ON n.account = open.account AND n.device = open.device
WHERE n.left_at IS NULL
"""


@attrs.frozen(eq=False, kw_only=True)
class StreamBeats:
    """Beats for the nodes of ``callers``, whose streams this process serves."""

    database: Database
    presence: MemoryPresence
    callers: Callable[[], Iterable[Caller]]

    async def beat(self) -> int:
        """Take note of every node whose stream is open; return how many."""
        open_ = [each for each in self.callers() if each.device is not None]
        if not open_:
            return 0
        accounts: list[UUID] = [each.account for each in open_]
        devices = [each.device for each in open_]
        async with self.database.read() as sql:
            rows = await sql.fetch(_OF_DEVICES, accounts, devices)
        for row in rows:
            self.presence.beat(row["id"], row["guests"])
        return len(rows)

    def jobs(self) -> tuple[Job, ...]:
        """Return what beats."""
        return (Job(name="presence-streams", interval_s=_BEAT_S, work=self.beat, alone=False),)

"""Heartbeats of compatible clients: many looked up by one statement, written later together.

Nothing is remembered between beats that could be wrong: which node a beat is for, and how many
guests it has, is read for all beats that came in the last moment at once, so that thousands a
second cost some forty statements.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database
from worldvpn_server.directory.presence import MemoryPresence
from worldvpn_server.directory.values import STALE_S, Status

#: Between two statements; the first beat after a pause does not wait.
_GATHER_S: Final = 0.025

_LOOK: Final = """
SELECT n.account, n.id, n.guests, n.status, p.seen_at
FROM unnest($1::uuid[]) AS asked(account)
JOIN node n ON n.account = asked.account AND n.device IS NULL
LEFT JOIN presence p ON p.node = n.id
"""


@attrs.frozen(kw_only=True)
class Alive:
    """What a node learns from its beat."""

    node: UUID
    guests: int


@attrs.define(eq=False)
class Heartbeats:
    """Takes beats of compatible clients; one a process."""

    _database: Database
    _clock: Clock
    _presence: MemoryPresence
    _waiting: dict[UUID, asyncio.Future[Alive | None]] = attrs.field(factory=dict, init=False)
    _looking: asyncio.Task[None] | None = attrs.field(default=None, init=False)
    _looked_s: float = attrs.field(default=0.0, init=False)

    async def beat(self, account: UUID) -> Alive | None:
        """Take note that the node of ``account`` is alive; None: it has none.

        Raises:
            UnavailableError: the database is away.
        """
        waiting = self._waiting.get(account)
        if waiting is None:
            waiting = self._waiting[account] = asyncio.get_running_loop().create_future()
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
            self._looking.add_done_callback(self._looked)
        # Shielded: several beats may wait for one answer, and one of them be given up.
        return await asyncio.shield(waiting)

    async def _look(self) -> None:
        await asyncio.sleep(self._looked_s + _GATHER_S - time.monotonic())
        self._looked_s = time.monotonic()
        asked, self._waiting = self._waiting, {}
        try:
            found = await self._nodes(list(asked))
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            for each in asked.values():
                each.set_exception(error)
                each.exception()  # seen, even where nobody waits any more
            return
        for account, each in asked.items():
            each.set_result(found.get(account))

    def _looked(self, _: asyncio.Task[None]) -> None:
        self._looking = None
        if self._waiting:
            self._looking = asyncio.create_task(self._look())
            self._looking.add_done_callback(self._looked)

    async def _nodes(self, accounts: list[UUID]) -> dict[UUID, Alive]:
        async with self._database.read() as sql:
            rows = await sql.fetch(_LOOK, accounts)
        now = self._clock.now()
        silent = now - timedelta(seconds=STALE_S)
        back = False
        for row in rows:
            self._presence.beat(row["id"], row["guests"])
            back |= _was_away(row["status"], row["seen_at"], silent)
        if back:
            await self._presence.flush()  # it is offered again from now on, not in ten seconds
        return {row["account"]: Alive(node=row["id"], guests=row["guests"]) for row in rows}


def _was_away(status: int, seen_at: datetime | None, silent: datetime) -> bool:
    """Return whether others hold a node for dead that beats now. Pure."""
    return status in {Status.OFFLINE, Status.STALE} or seen_at is None or seen_at <= silent

"""At most three checks in any sixty seconds, of an account and of a network, in all processes."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final

import attrs

from worldvpn_server.accounts.pseudonyms import Pseudonyms
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import ThrottledError

_SLOTS: Final = 3
_HELD: Final = timedelta(seconds=60)

#: A slot is a row that nobody else may take for a minute: no window whose edge could be used twice.
_TAKE: Final = """
INSERT INTO throttle AS known (key, count, expires_at) VALUES ($1, 1, $3)
ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE known.expires_at <= $2
RETURNING true
"""
_FREE_AT: Final = "SELECT min(expires_at) FROM throttle WHERE key = ANY($1)"


@attrs.frozen(kw_only=True)
class Slots:
    """Slots by pseudonyms: the table says nothing of whom or where was checked."""

    database: Database
    pseudonyms: Pseudonyms
    clock: Clock

    async def take(self, *wanted: tuple[str, object]) -> None:
        """Take a slot of each, or none: what is refused costs nobody a check.

        ``wanted`` are what a refusal calls it, and whose it is; in the same order everywhere.

        Raises:
            ThrottledError: all of one are taken; says when one is free.
        """
        async with self.database.transaction() as tx:
            for whose, identity in wanted:
                await self._take(tx, whose, identity)

    async def _take(self, tx: Tx, whose: str, identity: object) -> None:
        now = self.clock.now()
        keys = [
            self.pseudonyms.of("reach", whose, identity, number).hex() for number in range(_SLOTS)
        ]
        for key in keys:
            if await tx.sql.fetchval(_TAKE, key, now, now + _HELD):
                return
        free_at: datetime = await tx.sql.fetchval(_FREE_AT, keys) or now
        left_s = max(1, math.ceil((free_at - now).total_seconds()))
        raise ThrottledError(
            f"{whose} is checked {_SLOTS} times a minute at most: try again in {left_s} s",
            retry_after_s=left_s,
        )

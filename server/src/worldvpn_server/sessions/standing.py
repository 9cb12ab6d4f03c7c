"""What is known of a guest before a ticket is granted: money, rate, and answered claims."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

import attrs

from worldvpn_core.credit.units import credits_of
from worldvpn_server.errors import CreditError, ForbiddenError
from worldvpn_server.sessions.caps import (
    CONNECT_CREDITS,
    CONNECT_TICKS,
    MOST_CLAIMED_BYTES,
    Standing,
    trusted,
)
from worldvpn_server.sessions.parts import Parts

_HINT: Final = "Share your connection to earn credits, then connect again"
_REMEMBERED: Final = timedelta(hours=24)

#: The rate both ends signed for, over the last session long enough to tell.
_RATE: Final = """
SELECT (least(node_up + node_down, guest_up + guest_down)::numeric * 8000
        / greatest(node_elapsed_ms, guest_elapsed_ms))::bigint
FROM session
WHERE payer = $1 AND least(node_elapsed_ms, guest_elapsed_ms) >= 10000
ORDER BY created_at DESC LIMIT 1
"""
#: What nodes signed for and the guest did not, in sessions that ended without its last word.
#: An owner's claims count for so much only, for a node could invent them.
_UNANSWERED: Final = """
SELECT coalesce(sum(least($3, claimed)), 0)::bigint FROM (
    SELECT sum(greatest(0, node_up + node_down
        - coalesce(guest_up, 0) - coalesce(guest_down, 0))) AS claimed
    FROM session
    WHERE payer = $1 AND created_at > $2 AND state IN (3, 4)
        AND guest_ed25519 IS NOT NULL AND final_up IS NULL AND node_up IS NOT NULL
    GROUP BY owner
) AS owners
"""
#: What each owner's nodes signed for and the guest did not, last word or none, but for what honest
#: loss explains of the day: 5 % and 1 MiB. It counts at that owner's nodes alone, and so in full:
#: whoever invents claims keeps the guest from nobody else.
_UNPAID: Final = """
SELECT owner, (missing - claimed / 20 - 1048576)::bigint AS unpaid FROM (
    SELECT owner, sum(node_up + node_down) AS claimed, sum(greatest(0, node_up + node_down
        - coalesce(guest_up, 0) - coalesce(guest_down, 0))) AS missing
    FROM session
    WHERE payer = $1 AND created_at > $2 AND state IN (3, 4)
        AND guest_ed25519 IS NOT NULL AND node_up IS NOT NULL
    GROUP BY owner
) AS owners WHERE missing - claimed / 20 > 1048576
"""


@attrs.frozen
class Standings:
    """Looks up how guests stand."""

    _parts: Parts

    async def of(self, account: UUID, owner: UUID | None = None) -> Standing:
        """Return how ``account`` stands now, at the nodes of ``owner`` if it is given."""
        balance = await self._parts.ledger.balance(account)
        since = self._parts.clock.now() - _REMEMBERED
        async with self._parts.database.read() as sql:
            rate_bps = await sql.fetchval(_RATE, account)
            unanswered = await sql.fetchval(_UNANSWERED, account, since, MOST_CLAIMED_BYTES)
        unpaid = 0 if owner is None else (await self.unpaid(account)).get(owner, 0)
        return Standing(
            spendable_ticks=balance.spendable_ticks,
            recent_bps=rate_bps or 0,
            unanswered_bytes=max(unanswered, unpaid),
        )

    async def unpaid(self, account: UUID) -> Mapping[UUID, int]:
        """Return the bytes that each owner has carried for ``account`` of late for nothing."""
        since = self._parts.clock.now() - _REMEMBERED
        async with self._parts.database.read() as sql:
            found = await sql.fetch(_UNPAID, account, since)
        return {row["owner"]: row["unpaid"] for row in found}


def check_may_connect(standing: Standing) -> None:
    """Refuse whom no ticket would be given.

    Raises:
        CreditError: there are less than ten credits.
        ForbiddenError: too much of what nodes carried for them was never signed for.
    """
    if standing.spendable_ticks < CONNECT_TICKS:
        raise insufficient(standing.spendable_ticks)
    check_trusted(standing)


def check_trusted(standing: Standing) -> None:
    """Refuse who did not sign for what was carried. Raises ForbiddenError."""
    if not trusted(standing):
        raise ForbiddenError(
            "too many receipts of the last 24 hours were not signed: update the client, "
            "and connect again tomorrow"
        )


def insufficient(spendable_ticks: int) -> CreditError:
    """Return the refusal that compatible clients know how to show."""
    return CreditError(
        "Insufficient credits",
        credits=credits_of(spendable_ticks),
        required=CONNECT_CREDITS,
        hint=_HINT,
    )

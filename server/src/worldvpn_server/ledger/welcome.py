"""What a new account starts with."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_server.database.pool import Tx
from worldvpn_server.ledger.values import Bucket, Journal, Kind
from worldvpn_server.seams import Treasury

#: Spent first, and never paid on at once: see the vesting of what is earned from it.
STARTING_TICKS: Final = 100 * CREDIT_TICKS
_KEY: Final = b"welcome"


async def open_wallet(tx: Tx, treasury: Treasury, account: UUID) -> bool:
    """Give ``account`` its wallet and 100 credits of promo; False: it has had them."""
    welcome = Journal(
        account=account,
        key=_KEY,
        kind=Kind.WELCOME,
        lines=((Bucket.MINT, -STARTING_TICKS), (Bucket.PROMO, STARTING_TICKS)),
        note="Welcome to WorldVPN",
    )
    return await treasury.post(tx, welcome)

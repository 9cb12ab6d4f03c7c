"""A balance as clients get it: the same body from the wallet's route and from events."""

from __future__ import annotations

from typing import Final

import msgspec

from worldvpn_server.ledger.values import Balance

#: The kind of an event that brings a balance.
BALANCE_EVENT: Final = "balance"


class BalanceBody(msgspec.Struct, frozen=True):
    """What an account has, in ticks by bucket, and in whole credits as it is shown."""

    credits: int
    promo_ticks: int
    available_ticks: int
    held_ticks: int
    vesting_ticks: int
    debt_ticks: int


def balance_body(balance: Balance) -> BalanceBody:
    """Return ``balance`` as it is sent. Pure."""
    return BalanceBody(
        credits=balance.credits,
        promo_ticks=balance.promo_ticks,
        available_ticks=balance.available_ticks,
        held_ticks=balance.held_ticks,
        vesting_ticks=balance.vesting_ticks,
        debt_ticks=balance.debt_ticks,
    )

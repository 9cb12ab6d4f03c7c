"""Who gets what of the bytes that became due: a pure function of how they were paid for."""

from __future__ import annotations

import attrs

from worldvpn_core.credit.units import PRICE_TICKS, REWARD_TICKS
from worldvpn_server.ledger.values import Held

#: What sharing earns beyond what using costs, a byte.
_SUBSIDY_TICKS = REWARD_TICKS - PRICE_TICKS


@attrs.frozen(kw_only=True)
class Earned:
    """An owner's share, until its batch pays it. ``vesting_ticks`` contains ``subsidy_ticks``."""

    available_ticks: int = 0
    vesting_ticks: int = 0
    subsidy_ticks: int = 0
    burned_ticks: int = 0

    def __add__(self, other: Earned) -> Earned:
        return Earned(
            available_ticks=self.available_ticks + other.available_ticks,
            vesting_ticks=self.vesting_ticks + other.vesting_ticks,
            subsidy_ticks=self.subsidy_ticks + other.subsidy_ticks,
            burned_ticks=self.burned_ticks + other.burned_ticks,
        )

    @property
    def clearing_ticks(self) -> int:
        """What it takes out of clearing: the payer's part."""
        return self.available_ticks + self.vesting_ticks - self.subsidy_ticks + self.burned_ticks


def spent(held: Held, ticks: int) -> Held:
    """Return what ``ticks`` take of ``held``, promo first; all of it where that is less."""
    promo = min(held.promo_ticks, ticks)
    return Held(promo_ticks=promo, available_ticks=min(held.available_ticks, ticks - promo))


def earned(paid: Held, subsidised_bytes: int) -> Earned:
    """Return the owner's share of ``paid``, of which ``subsidised_bytes`` are within a subsidy.

    Starting credits become the owner's only within it, otherwise they are burned: accounts are
    free, and whoever makes many would mint with them.
    """
    vesting = min(paid.promo_ticks, PRICE_TICKS * subsidised_bytes)
    subsidy = _SUBSIDY_TICKS * subsidised_bytes
    return Earned(
        available_ticks=paid.available_ticks,
        vesting_ticks=vesting + subsidy,
        subsidy_ticks=subsidy,
        burned_ticks=paid.promo_ticks - vesting,
    )

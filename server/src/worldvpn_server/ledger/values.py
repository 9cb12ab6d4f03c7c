"""Values of the ledger. All money is in ticks (``worldvpn_core.credit.units``)."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

import attrs
from attrs import validators

from worldvpn_core.credit.units import credits_of


class Bucket(enum.IntEnum):
    """Where ticks lie: a user's own accounts, and the system's."""

    PROMO = 1
    AVAILABLE = 2
    HELD = 3
    VESTING = 4
    #: What is owed; postings here are negative as it grows.
    DEBT = 5
    MINT = 11
    SUBSIDY = 12
    CLEARING = 13
    PENALTY = 14


class Kind(enum.IntEnum):
    """Why a journal was posted."""

    WELCOME = 1
    HOLD = 2
    SPEND = 3
    RELEASE = 4
    EARN = 5
    VEST = 6
    GRANT = 7
    PENALTY = 8
    REVERSAL = 9
    LATE = 10


@attrs.frozen(kw_only=True)
class Held:
    """Held ticks by where they came from: promo is spent first."""

    promo_ticks: int = attrs.field(validator=validators.ge(0))
    available_ticks: int = attrs.field(validator=validators.ge(0))

    @property
    def ticks(self) -> int:
        """Both together."""
        return self.promo_ticks + self.available_ticks


@attrs.frozen(kw_only=True)
class Release:
    """Held ticks that go back where they came from."""

    account: UUID
    key: bytes
    back: Held


@attrs.frozen(kw_only=True)
class Balance:
    """What an account has."""

    promo_ticks: int = 0
    available_ticks: int = 0
    held_ticks: int = 0
    vesting_ticks: int = 0
    debt_ticks: int = 0

    @property
    def spendable_ticks(self) -> int:
        """What a new hold can take."""
        return self.promo_ticks + self.available_ticks

    @property
    def credits(self) -> int:
        """What is shown as "credits": all that is the user's to spend or held for them."""
        return credits_of(self.spendable_ticks + self.held_ticks)


@attrs.frozen(kw_only=True)
class Journal:
    """One posting of an account: ``lines`` sum to zero. Lines of one bucket are added up.

    No line names DEBT: it grows by what a PENALTY or a REVERSAL cannot take, and is repaid first
    out of what becomes AVAILABLE. ``reverses`` is the journal that this one corrects.
    """

    account: UUID
    key: bytes
    kind: Kind
    lines: tuple[tuple[Bucket, int], ...]
    note: str = ""
    reverses: UUID | None = None

    def ticks(self, bucket: Bucket) -> int:
        """Return what this moves into ``bucket``."""
        return sum(ticks for each, ticks in self.lines if each is bucket)


@attrs.frozen(kw_only=True)
class Entry:
    """A journal as its owner reads it; ``ticks`` is what became theirs (or no longer is)."""

    id: UUID
    kind: Kind
    ticks: int
    note: str
    created_at: datetime

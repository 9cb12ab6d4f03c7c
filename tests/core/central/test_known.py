"""What is told of the account: its credit as it runs out, and who is signed in."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.central.server_side import SERVER, signed_in
from worldvpn_core.central.known import TICKS_A_CREDIT, AccountKnown, low_percent
from worldvpn_core.central.news import (
    Balance,
    GuestsListed,
    Notice,
    Reach,
    Reached,
    SignedOut,
)
from worldvpn_core.notices import Notices
from worldvpn_core.settings import Settings
from worldvpn_core.vault.contents import Secrets

TICKS = st.integers(0, 1 << 62)


@attrs.define
class Account:
    """Somebody's account, as it is known here."""

    secrets: Secrets | None = attrs.field(factory=signed_in)
    is_open: bool = True
    notices: Notices = attrs.field(factory=Notices)
    known: AccountKnown = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.known = AccountKnown(
            url=SERVER.url,
            secrets=lambda: self.secrets,
            is_locked=lambda: not self.is_open,
            notices=self.notices,
        )

    def has(self, credits_: float, held: float = 0) -> dict[str, str]:
        """Let the account have this much, and return what is told then."""
        self.known.heard(balance(credits_, held))
        return self.told()

    def told(self) -> dict[str, str]:
        return dict(self.notices.all(Settings()))


def balance(credits_: float, held: float = 0) -> Balance:
    return Balance(
        credits=int(credits_),
        promo_ticks=0,
        available_ticks=int(credits_ * TICKS_A_CREDIT),
        held_ticks=int(held * TICKS_A_CREDIT),
        vesting_ticks=7,
        debt_ticks=0,
    )


@pytest.mark.parametrize(
    ("left", "percent"), [(24, "25 %"), (10, "25 %"), (9, "10 %"), (5, "10 %"), (4, "5 %")]
)
def test_user_is_warned_when_credit_runs_low(left: int, percent: str) -> None:
    account = Account()
    assert account.has(100) == {}
    assert account.has(25) == {}

    told = account.has(left)

    assert set(told) == {"credit.low"}
    assert f"Less than {percent}" in told["credit.low"]
    assert f"({left} credits)" in told["credit.low"]


def test_user_without_credit_is_told_the_ways_on() -> None:
    account = Account()
    account.has(100)
    account.has(4)

    told = account.has(0.5)

    assert set(told) == {"credit.out"}
    for way in ("Share", "disconnect", "try again"):
        assert way in told["credit.out"]


def test_warning_goes_when_there_is_credit_again() -> None:
    account = Account()
    account.has(100)
    account.has(0)

    assert set(account.has(3)) == {"credit.low"}
    assert account.has(60) == {}


def test_what_is_held_for_a_session_is_not_gone() -> None:
    account = Account()
    account.has(100)

    assert account.has(0, held=50) == {}


def test_credit_that_vests_later_cannot_be_spent() -> None:
    rich = attrs.evolve(balance(0), vesting_ticks=100 * TICKS_A_CREDIT)
    account = Account()
    account.known.heard(rich)

    assert set(account.told()) == {"credit.out"}


@given(TICKS, TICKS)
def test_low_percent_is_the_lowest_that_the_credit_is_under(ticks: int, most: int) -> None:
    low = low_percent(ticks, most)

    for percent in (25, 10, 5):
        is_under = ticks * 100 < percent * most
        assert is_under is (low is not None and low <= percent)


@given(TICKS, TICKS, st.integers(0, 1 << 40))
def test_less_credit_is_never_less_of_a_warning(ticks: int, most: int, spent: int) -> None:
    before = low_percent(ticks, most) or 100
    after = low_percent(max(0, ticks - spent), most) or 100

    assert after <= before


def test_locked_vault_does_not_say_whether_somebody_is_signed_in() -> None:
    account = Account(secrets=None)
    assert account.known.shown()["signed_in"] is False

    account.is_open = False

    assert account.known.shown()["signed_in"] is None


def test_reach_is_shown_with_why() -> None:
    account = Account()

    account.known.heard(Reached(reach=Reach.OFFLINE, detail="no route"))

    shown = account.known.shown()
    assert (shown["reach"], shown["detail"]) == ("offline", "no route")


def test_host_without_a_server_reaches_none() -> None:
    known = AccountKnown(url=None, secrets=lambda: None, is_locked=lambda: False, notices=Notices())

    assert (known.shown()["server"], known.shown()["reach"]) == (None, None)


def test_being_signed_out_is_told_until_somebody_signs_in() -> None:
    account = Account()
    account.has(37)

    account.known.heard(SignedOut(code="device-revoked", detail="This device was revoked."))
    account.secrets = None
    account.known.account_changed()
    assert account.told() == {"account.signed_out": "This device was revoked."}
    assert account.known.shown()["balance"] is None

    account.secrets = signed_in()
    account.known.account_changed()
    assert account.told() == {}


def test_another_account_is_not_warned_by_what_the_first_one_had() -> None:
    account = Account()
    account.has(1_000)
    assert set(account.has(40)) == {"credit.low"}

    account.known.account_changed()

    assert account.told() == {}
    assert account.has(40) == {}


def test_notice_of_the_server_is_told_and_other_news_are_not() -> None:
    account = Account()

    account.known.heard(Notice(code="maintenance", text="Back at nine."))
    account.known.heard(GuestsListed(session_ids=()))

    assert account.told() == {"account.maintenance": "Back at nine."}

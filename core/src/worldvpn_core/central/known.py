"""What is known of the account and its server at this moment: for snapshot and notices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from worldvpn_core.central.news import Balance, News, Notice, Reach, Reached, SignedOut
from worldvpn_core.notices import Notices
from worldvpn_core.vault.contents import Secrets

#: Starting credits: what the warnings are a part of where nothing else is known.
TICKS_A_CREDIT: Final = 5_242_880
_WARNINGS_PERCENT: Final = (25, 10, 5)
_LOW: Final = "credit.low"
_OUT: Final = "credit.out"


@attrs.define(kw_only=True, eq=False)
class AccountKnown:
    """Keeps the newest of what the server's client has told."""

    url: str | None
    secrets: Callable[[], Secrets | None]
    is_locked: Callable[[], bool]
    notices: Notices
    reached: Reached = attrs.field(factory=lambda: Reached(reach=Reach.CONNECTING))
    balance: Balance | None = None
    #: The most that could be spent since it was last refilled: warnings are parts of it.
    _most_ticks: int = 0

    def heard(self, news: News) -> None:
        """Take note of ``news``."""
        match news:
            case Reached():
                self.reached = news
            case Balance():
                self.balance = news
                self._warn(news)
            case SignedOut(detail=detail):
                self.balance = None
                self.notices.tell("account.signed_out", detail)
            case Notice(code=code, text=text):
                self.notices.tell(f"account.{code}", text)
            case _:
                pass

    def account_changed(self) -> None:
        """Take note that another account, or nobody, is signed in."""
        self.balance, self._most_ticks = None, 0
        for code in (_LOW, _OUT):
            self.notices.forget(code)
        if self.secrets() is not None:
            self.notices.forget("account.signed_out")

    def shown(self) -> dict[str, object]:
        """Return the snapshot's part, as the owner may see it."""
        secrets = self.secrets()
        return {
            "server": self.url,
            "reach": None if self.url is None else self.reached.reach.value,
            "detail": self.reached.detail,
            "signed_in": None if self.is_locked() else secrets is not None,
            "username": None if secrets is None else secrets.username,
            "balance": None if self.balance is None else attrs.asdict(self.balance),
        }

    def _warn(self, balance: Balance) -> None:
        spendable = balance.promo_ticks + balance.available_ticks
        whole = spendable + balance.held_ticks
        self._most_ticks = max(self._most_ticks, whole)
        left = low_percent(whole, self._most_ticks)
        if whole < TICKS_A_CREDIT:
            self.notices.forget(_LOW)
            self.notices.tell(
                _OUT,
                "You have no credit left. Share your bandwidth to earn some, disconnect, "
                "or try again once what is held has been settled.",
            )
        elif left is not None:
            self.notices.forget(_OUT)
            self.notices.tell(
                _LOW,
                f"Less than {left} % of your credit is left ({whole // TICKS_A_CREDIT} credits): "
                "share your bandwidth to earn more.",
            )
        else:
            self.notices.forget(_LOW)
            self.notices.forget(_OUT)


def low_percent(ticks: int, most_ticks: int) -> int | None:
    """Return the lowest of 25, 10 and 5 % of ``most_ticks`` that ``ticks`` is under. Pure."""
    under = [each for each in _WARNINGS_PERCENT if ticks * 100 < each * most_ticks]
    return min(under, default=None)

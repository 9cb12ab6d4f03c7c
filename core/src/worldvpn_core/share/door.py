"""Who of those whom the central server offers is kept out, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import attrs

from worldvpn_core.central.news import GuestNews
from worldvpn_core.errors import CreditProofError


@attrs.define(eq=False)
class Door:
    """Set by whoever keeps the owner's terms."""

    #: Whether new guests are taken.
    is_accepting: bool = True
    #: For how long the guest of that alias, who was sent away, may not come back; None: it may.
    banned_for: Callable[[str | None], timedelta | None] = lambda _alias: None
    #: Sessions that were ended here: the server may not have heard of it yet.
    _sent_away: set[str] = attrs.field(factory=set, init=False)

    def shut_for(self, session: str) -> None:
        """Let that session in no more, whatever its ticket says."""
        self._sent_away.add(session)

    def refusal(self, offer: GuestNews) -> str | None:
        """Return why a newcomer is not taken; None: it is."""
        if not self.is_accepting:
            return "not-accepting"
        return "banned" if self._is_kept_out(offer) else None

    def check(self, news: GuestNews) -> None:
        """Check one that comes on a ticket. Raises CreditProofError: it was sent away."""
        if self._is_kept_out(news):
            raise CreditProofError("it was sent away from here")

    def _is_kept_out(self, news: GuestNews) -> bool:
        return news.session_id in self._sent_away or self.banned_for(news.alias) is not None

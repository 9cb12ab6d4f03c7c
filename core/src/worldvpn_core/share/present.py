"""A guest of the central server's that is let in, and what the server has told of it."""

from __future__ import annotations

import asyncio

import attrs

from worldvpn_core.central.news import GuestNews, ProbeNews
from worldvpn_core.share.plan import Guest


@attrs.frozen(kw_only=True)
class Present:
    """A guest that is let in: its key, and when that ends (Unix seconds)."""

    x25519: bytes
    expires_s: int
    timer: asyncio.TimerHandle
    #: Whether it is the server's own peer, which is no guest.
    probes: bool
    #: The news of it that came first, which says what it is called here and where it is from.
    news: GuestNews | ProbeNews
    since_s: float

    @property
    def alias(self) -> str | None:
        """What it is called here today; None: the server has not told."""
        return self.news.alias if isinstance(self.news, GuestNews) else None

    @property
    def country(self) -> str | None:
        """Where it comes from; None: the server has not told."""
        return self.news.country if isinstance(self.news, GuestNews) else None


def guest_of(news: GuestNews | ProbeNews, x25519: bytes) -> Guest:
    """Return whom the news are of. Pure."""
    addresses = (news.assigned4, news.assigned6)
    return Guest(public_key=x25519, addresses=addresses, is_sent=isinstance(news, GuestNews))

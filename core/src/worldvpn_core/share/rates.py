"""What guests may have, of the owner's settings: what is offered is what is given. Pure."""

from __future__ import annotations

from typing import Final

import attrs

from worldvpn_core.settings import Settings

#: What is offered to the central server's guests where the owner sets no limit.
UNLIMITED_MBPS: Final = 50
_MEGABIT: Final = 1_000_000


@attrs.frozen(kw_only=True)
class Rates:
    """Bits a second, in each direction; 0: no limit.

    ``each_sent_bps`` is never 0: what a guest of the server has beyond what is offered to it,
    nobody pays for.
    """

    together_bps: int
    each_bps: int
    each_sent_bps: int


def rates_of(settings: Settings) -> Rates:
    """Return what guests may have together, and each."""
    each = settings.share_guest_rate_mbps
    return Rates(
        together_bps=settings.share_rate_mbps * _MEGABIT,
        each_bps=each * _MEGABIT,
        each_sent_bps=offered_mbps(settings) * _MEGABIT,
    )


def offered_mbps(settings: Settings) -> int:
    """Return the rate under which the node is listed, Mbit/s."""
    together = settings.share_rate_mbps or UNLIMITED_MBPS
    return min(together, settings.share_guest_rate_mbps or together)

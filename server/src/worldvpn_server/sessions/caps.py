"""How much a ticket grants, and how far a node may carry ahead of proof. Pure.

A cap is held money: too high a one keeps it from the user's other sessions, too low a one has
the client ask for the next every few seconds.
"""

from __future__ import annotations

from typing import Final

import attrs

from worldvpn_core.credit.units import CREDIT_TICKS, MEBIBYTE, PRICE_TICKS

#: Credits that must be there to connect, and the least that a ticket grants if they are.
CONNECT_CREDITS: Final = 10
CONNECT_TICKS: Final = CONNECT_CREDITS * CREDIT_TICKS
LEAST_BYTES: Final = CONNECT_TICKS // PRICE_TICKS
#: What a ticket grants when nothing is known of the guest's rate.
USUAL_BYTES: Final = 256 * MEBIBYTE
_GRANTED_S: Final = 30 * 60
#: The one ticket at a time of a client that signs no receipts, and one fetched ahead of need.
PREPAID_BYTES: Final = 16 * MEBIBYTE
PREFETCH_BYTES: Final = LEAST_BYTES

_LEAST_FLOAT_BYTES: Final = 4 * MEBIBYTE
_MOST_FLOAT_BYTES: Final = 64 * MEBIBYTE
_WARY_FLOAT_BYTES: Final = MEBIBYTE // 4
_MOST_DOUBLINGS: Final = 4
#: Bytes in 24 h that nodes claimed and the guest never answered for: beyond the first the float
#: is small, beyond the second there are no tickets.
WARY_BYTES: Final = 8 * MEBIBYTE
REFUSED_BYTES: Final = 16 * MEBIBYTE
#: What one owner's claims count at most: no single one can shut a guest out by inventing them.
MOST_CLAIMED_BYTES: Final = 4 * MEBIBYTE

#: What is subsidised of the traffic of a pair a day.
PAIR_BYTES: Final = 2 * 1024 * MEBIBYTE


@attrs.frozen(kw_only=True)
class Standing:
    """What is known of a guest when a ticket is asked for; ``recent_bps`` 0: nothing."""

    spendable_ticks: int
    recent_bps: int = 0
    good_minutes: int = 0
    unanswered_bytes: int = 0


def affordable_bytes(spendable_ticks: int) -> int:
    """Return how many bytes ``spendable_ticks`` pay for."""
    return max(0, spendable_ticks) // PRICE_TICKS


def wanted_bytes(recent_bps: int) -> int:
    """Return what lasts a while: 256 MiB, or 30 min at the recent rate where that is more."""
    return max(USUAL_BYTES, recent_bps // 8 * _GRANTED_S)


def cap_bytes(standing: Standing) -> int:
    """Return what a first ticket grants: at most half of what is there, but worth having."""
    half = affordable_bytes(standing.spendable_ticks // 2)
    least = min(LEAST_BYTES, affordable_bytes(standing.spendable_ticks))
    return max(least, min(wanted_bytes(standing.recent_bps), half))


def extra_bytes(standing: Standing, *, left_bytes: int, missing_bytes: int = 0) -> int:
    """Return by how much a top-up raises the cap when ``left_bytes`` of it are not used yet.

    ``missing_bytes``: what its guest says it needs beyond the cap until it can ask again; what
    was carried of late it knows before any receipt says so. All that is held is its own, but
    what another session takes is left: a tunnel that falls must find a way on. Asking again and
    again gains nothing: what is left counts against what a ticket grants.
    """
    needed = min(max(0, missing_bytes), affordable_bytes(standing.spendable_ticks - CONNECT_TICKS))
    return max(needed, cap_bytes(standing) - max(0, left_bytes))


def float_bytes(standing: Standing) -> int:
    """Return what a node may carry beyond the last answered proposal."""
    if standing.unanswered_bytes > WARY_BYTES:
        return _WARY_FLOAT_BYTES
    least = max(_LEAST_FLOAT_BYTES, standing.recent_bps // 8 // 2)
    return min(_MOST_FLOAT_BYTES, least << min(standing.good_minutes, _MOST_DOUBLINGS))


def trusted(standing: Standing) -> bool:
    """Return whether the guest gets tickets at all."""
    return standing.unanswered_bytes <= REFUSED_BYTES


def subsidised_bytes(granted_bytes: int, *, independent: bool, today_bytes: int) -> int:
    """Return how much of ``granted_bytes`` is subsidised, ``today_bytes`` having been before."""
    if not independent:
        return 0
    return min(granted_bytes, max(0, PAIR_BYTES - today_bytes))

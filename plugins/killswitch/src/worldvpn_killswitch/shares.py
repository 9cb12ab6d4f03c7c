"""What each guest of a node has of its rate. Pure."""

from __future__ import annotations

from worldvpn_core.contracts import Shaping, Share
from worldvpn_core.policy import NodePolicy
from worldvpn_core.share.plan import place_of

_BITS: int = 8


def shaping_of(policy: NodePolicy) -> Shaping | None:
    """Return how the node's rate is divided; None: there is none to divide.

    Each guest is sure of an equal part, and those who want more divide evenly what others leave.
    """
    found: dict[int, Share] = {}
    sent = frozenset(policy.sent)
    for guest in policy.guests:
        most = _most_bps(policy, is_sent=guest in sent)
        if most:
            sure = min(most, policy.rate_bps // policy.most_guests) if policy.rate_bps else most
            share = Share(sure_bytes_s=max(1, sure // _BITS), most_bytes_s=max(1, most // _BITS))
            found[place_of(guest, policy.most_guests)] = share
    if not found:
        return None
    return Shaping(most_bytes_s=policy.rate_bps // _BITS, shares=found)


def _most_bps(policy: NodePolicy, *, is_sent: bool) -> int:
    """Return the most that one guest may have; 0: no limit."""
    each = (policy.rate_bps, policy.guest_rate_bps, policy.sent_rate_bps if is_sent else 0)
    return min((rate for rate in each if rate), default=0)

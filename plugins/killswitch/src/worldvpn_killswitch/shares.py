"""What each guest of a node has of its rate. Pure."""

from __future__ import annotations

from worldvpn_core.contracts import Shaping, Share
from worldvpn_core.policy import NodePolicy
from worldvpn_core.share.plan import place_of

_BITS: int = 8


def is_shared(policy: NodePolicy) -> bool:
    """Say whether the rate of any guest of ``policy`` has a limit."""
    if policy.rate_bps or policy.guest_rate_bps:
        return bool(policy.guests)
    return bool(policy.sent_rate_bps) and not set(policy.sent).isdisjoint(policy.guests)


def shaping_of(policy: NodePolicy) -> Shaping | None:
    """Return how the node's rate is divided; None: there is none to divide.

    Each guest is sure of an equal part, and those who want more divide evenly what others leave.
    """
    if not is_shared(policy):
        return None
    found: dict[int, Share] = {}
    sent = frozenset(policy.sent)
    for guest in policy.guests:
        most = _most_bps(policy, is_sent=guest in sent)
        if most:
            sure = min(most, policy.rate_bps // policy.most_guests) if policy.rate_bps else most
            share = Share(sure_bytes_s=max(1, sure // _BITS), most_bytes_s=max(1, most // _BITS))
            found[place_of(guest, policy.most_guests)] = share
    return Shaping(most_bytes_s=policy.rate_bps // _BITS, shares=found)


def _most_bps(policy: NodePolicy, *, is_sent: bool) -> int:
    """Return the most that one guest may have; 0: no limit."""
    each = (policy.rate_bps, policy.guest_rate_bps, policy.sent_rate_bps if is_sent else 0)
    return min((rate for rate in each if rate), default=0)

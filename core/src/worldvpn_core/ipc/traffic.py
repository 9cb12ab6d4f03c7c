"""Requests about what this computer's own tunnels have carried: the owner's alone to see."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class TrafficShow:
    """Ask for totals, the present rate and the history, once."""


@attrs.frozen(kw_only=True)
class TrafficWatch:
    """Ask for the same, and for what has changed each second from then on."""


TrafficRequest = TrafficShow | TrafficWatch

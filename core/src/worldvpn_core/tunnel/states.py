"""The tunnel's states: each holds exactly what is true while it lasts."""

from __future__ import annotations

from datetime import datetime

import attrs

from worldvpn_core.types import Cause, Endpoint, IpAddress, TunnelInfo, TunnelPlan


@attrs.frozen(kw_only=True)
class Disconnected:
    """No tunnel was asked for. Without lockdown, traffic flows free."""


@attrs.frozen(kw_only=True)
class Connecting:
    """A transport is opening; only its outer endpoints may be reached."""

    plan: TunnelPlan
    outer_endpoints: tuple[Endpoint, ...]


@attrs.frozen(kw_only=True)
class Connected:
    """Packets flow through the tunnel interface, and nowhere else.

    ``retired`` are inner addresses of a tunnel just left: kept on the host for a
    while so that connections bound to them are reset at once instead of hanging.
    """

    plan: TunnelPlan
    tunnel: TunnelInfo
    retired: tuple[IpAddress, ...] = ()


@attrs.frozen(kw_only=True)
class Switching:
    """A second tunnel opens beside the first; both outer endpoints are admitted.

    ``moved`` is None while traffic still takes the old path; once the new tunnel
    is up it is that tunnel, and traffic takes its path.
    """

    old: Connected
    plan: TunnelPlan
    outer_endpoints: tuple[Endpoint, ...]
    moved: TunnelInfo | None = None


@attrs.frozen(kw_only=True)
class Paused:
    """The user opened the host until ``until_utc``; ``plan`` is what resumes then."""

    until_utc: datetime
    plan: TunnelPlan | None = None


@attrs.frozen(kw_only=True)
class Blocked:
    """The user wants a tunnel and there is none: nothing leaves the host.

    ``plan`` is the last one tried (None after a restart): what stays protected.
    """

    cause: Cause
    plan: TunnelPlan | None = None
    #: False when even blocking failed: the app must say so, loudly.
    enforced: bool = True


@attrs.frozen(kw_only=True)
class Disconnecting:
    """The tunnel is closing; ``then`` is what was asked for afterwards."""

    then: Connecting | Blocked | Disconnected | Paused
    plan: TunnelPlan


State = Disconnected | Connecting | Connected | Switching | Paused | Disconnecting | Blocked

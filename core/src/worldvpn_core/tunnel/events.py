"""What can happen to the tunnel, and what the machine may ask to be done."""

from __future__ import annotations

from datetime import datetime

import attrs

from worldvpn_core.types import Cause, Endpoint, TunnelInfo, TunnelPlan


@attrs.frozen(kw_only=True)
class ConnectRequested:
    """A tunnel was asked for, or one is to be tried again; all is planned."""

    plan: TunnelPlan
    outer_endpoints: tuple[Endpoint, ...]


@attrs.frozen(kw_only=True)
class ConnectFailed:
    """A retry could not even be planned: its server has no address, say."""

    cause: Cause


@attrs.frozen(kw_only=True)
class DisconnectRequested:
    """The owner wants no tunnel any more."""


@attrs.frozen(kw_only=True)
class PauseRequested:
    """The owner wants the host open until ``until_utc``."""

    until_utc: datetime


@attrs.frozen(kw_only=True)
class PauseEnded:
    """The pause ran out, or its owner ended it."""


@attrs.frozen(kw_only=True)
class TunnelUp:
    """The transport of ``attempt`` reports that the remote has answered."""

    attempt: int
    tunnel: TunnelInfo


@attrs.frozen(kw_only=True)
class TunnelDown:
    """The tunnel of ``attempt`` did not open, or fell; it has cleaned up after itself."""

    attempt: int
    cause: Cause


@attrs.frozen(kw_only=True)
class TunnelsClosed:
    """Every tunnel is closed: the answer to ``CloseTunnels``."""


@attrs.frozen(kw_only=True)
class PathMoved:
    """Traffic takes the path of ``attempt`` now: the answer to ``ConfirmMove``."""

    attempt: int


@attrs.frozen(kw_only=True)
class RetiredExpired:
    """Connections of the tunnel before ``attempt`` have had their time to be reset."""

    attempt: int


@attrs.frozen(kw_only=True)
class ProtectionFailed:
    """What the state demands could not be enforced."""

    cause: Cause


@attrs.frozen(kw_only=True)
class ProtectionRestored:
    """What could not be enforced is enforced now."""


Event = (
    ConnectRequested
    | ConnectFailed
    | DisconnectRequested
    | PauseRequested
    | PauseEnded
    | TunnelUp
    | TunnelDown
    | TunnelsClosed
    | PathMoved
    | RetiredExpired
    | ProtectionFailed
    | ProtectionRestored
)


@attrs.frozen(kw_only=True)
class OpenTunnel:
    """Open the tunnel of ``plan``; ``TunnelUp`` or ``TunnelDown`` follows."""

    plan: TunnelPlan


@attrs.frozen(kw_only=True)
class CloseTunnel:
    """Close the tunnel of ``attempt`` alone; nothing follows."""

    attempt: int


@attrs.frozen(kw_only=True)
class CloseTunnels:
    """Close every tunnel; ``TunnelsClosed`` follows."""


@attrs.frozen(kw_only=True)
class ConfirmMove:
    """Say ``PathMoved`` once the routing is in force and the old path has run empty."""

    attempt: int


@attrs.frozen(kw_only=True)
class ExpireRetired:
    """Say ``RetiredExpired`` in a minute."""

    attempt: int


Command = OpenTunnel | CloseTunnel | CloseTunnels | ConfirmMove | ExpireRetired

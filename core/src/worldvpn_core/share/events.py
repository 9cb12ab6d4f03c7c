"""What happens to the node, and what is to be done about it."""

from __future__ import annotations

import attrs

from worldvpn_core.share.plan import Guest, ListenerInfo, NodeLink, SharePlan
from worldvpn_core.types import Cause


@attrs.frozen(kw_only=True)
class ShareRequested:
    """The owner shares, and nothing forbids it now."""

    plan: SharePlan
    link: NodeLink
    guests: tuple[Guest, ...] = ()


@attrs.frozen(kw_only=True)
class ShareStopped:
    """The owner shares no more: guests go at once."""


@attrs.frozen(kw_only=True)
class ShareHeld:
    """The host is blocked: guests may finish what they have begun, then go."""

    cause: Cause


@attrs.frozen(kw_only=True)
class ShareReleased:
    """The host is not blocked any more."""


@attrs.frozen(kw_only=True)
class NodeUp:
    """The node of ``attempt`` listens."""

    attempt: int
    node: ListenerInfo


@attrs.frozen(kw_only=True)
class NodeDown:
    """The node of ``attempt`` did not open, or fell; what it made is gone or goes."""

    attempt: int
    cause: Cause


@attrs.frozen(kw_only=True)
class NodeUnprotected:
    """The rules that the present state demands of the node do not stand."""

    cause: Cause


@attrs.frozen(kw_only=True)
class NodeClosed:
    """Nothing of the node of ``attempt`` is left."""

    attempt: int


@attrs.frozen(kw_only=True)
class DrainOver:
    """The guests of ``attempt`` have had their time."""

    attempt: int


@attrs.frozen(kw_only=True)
class GuestInvited:
    """Another guest may come; one of the same key is replaced."""

    guest: Guest


@attrs.frozen(kw_only=True)
class GuestRevoked:
    """The guest of that key may not come any more."""

    public_key: bytes


ShareEvent = (
    ShareRequested
    | ShareStopped
    | ShareHeld
    | ShareReleased
    | NodeUp
    | NodeDown
    | NodeUnprotected
    | NodeClosed
    | DrainOver
    | GuestInvited
    | GuestRevoked
)


@attrs.frozen(kw_only=True)
class OpenNode:
    """Have an exit serve ``plan``."""

    plan: SharePlan


@attrs.frozen(kw_only=True)
class CloseNode:
    """Close the node of ``attempt``, or stop opening it; then say NodeClosed."""

    attempt: int


@attrs.frozen(kw_only=True)
class EndDrain:
    """Say DrainOver in a while."""

    attempt: int


@attrs.frozen(kw_only=True)
class Admit:
    """Let ``guest`` into the node."""

    guest: Guest


@attrs.frozen(kw_only=True)
class Dismiss:
    """Let the guest of that key in no more."""

    public_key: bytes


ShareCommand = OpenNode | CloseNode | EndDrain | Admit | Dismiss

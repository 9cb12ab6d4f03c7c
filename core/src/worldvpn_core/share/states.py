"""The node's states: each holds exactly what is true while it lasts."""

from __future__ import annotations

import attrs

from worldvpn_core.share.plan import Guest, ListenerInfo, NodeLink, SharePlan
from worldvpn_core.types import Cause


@attrs.frozen(kw_only=True)
class Off:
    """Nobody is served; ``cause`` says why, where the owner did not switch it off."""

    cause: Cause | None = None


@attrs.frozen(kw_only=True)
class Opening:
    """The namespace is being made; no guest is served yet."""

    plan: SharePlan
    link: NodeLink
    guests: tuple[Guest, ...] = ()


@attrs.frozen(kw_only=True)
class Serving:
    """Guests' flows pass between the node's namespace and the uplinks."""

    plan: SharePlan
    link: NodeLink
    node: ListenerInfo
    guests: tuple[Guest, ...] = ()


@attrs.frozen(kw_only=True)
class Draining:
    """No new flow; those present may finish, until the node ``is_closing``.

    ``node`` None: it had not opened. ``then``: what was asked for meanwhile.
    """

    plan: SharePlan
    link: NodeLink
    node: ListenerInfo | None
    guests: tuple[Guest, ...] = ()
    is_closing: bool = False
    cause: Cause | None = None
    then: Opening | None = None


ShareState = Off | Opening | Serving | Draining

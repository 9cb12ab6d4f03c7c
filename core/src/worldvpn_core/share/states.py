"""The node's states, as far as the host's policy depends on them."""

from __future__ import annotations

import attrs

from worldvpn_core.types import Endpoint, IpNetwork


@attrs.frozen(kw_only=True)
class NodeLink:
    """Where the node's own network namespace meets the host."""

    interface: str
    prefixes: tuple[IpNetwork, ...]
    listen: tuple[Endpoint, ...]


@attrs.frozen(kw_only=True)
class Off:
    """Nobody is served."""


@attrs.frozen(kw_only=True)
class Opening:
    """The namespace is being made; no guest is served yet."""

    link: NodeLink


@attrs.frozen(kw_only=True)
class Serving:
    """Guests' flows pass between the node's namespace and the uplinks."""

    link: NodeLink


@attrs.frozen(kw_only=True)
class Draining:
    """No new guest; those present may finish what they have begun."""

    link: NodeLink


ShareState = Off | Opening | Serving | Draining

"""What the host must look like: values that say it whole, never step by step.

A backend is given one of these and makes the host so, whatever it was before.
The functions that compute them from the state are in ``decide``.
What each state allows, and why: docs/security.md.
"""

from __future__ import annotations

import attrs

from worldvpn_core.share.plan import NodeLink
from worldvpn_core.types import (
    EVERYTHING,
    DnsUpstream,
    Endpoint,
    IpAddress,
    IpInterface,
    IpNetwork,
    Path,
)


@attrs.frozen(kw_only=True)
class OuterRule:
    """One outer endpoint that may be reached off-tunnel, and by whom.

    ``uid`` None: by packets with our mark; else by that helper's own uid, never 0.
    """

    endpoint: Endpoint
    uid: int | None = attrs.field(default=None)

    @uid.validator
    def _not_root(self, _attribute: object, value: int | None) -> None:
        if value == 0:
            raise ValueError("an endpoint is never opened to uid 0: give the helper its own")


@attrs.frozen(kw_only=True)
class TunnelRule:
    """A tunnel that packets may enter: only from its own addresses, DNS only to ``dns``.

    ``allowed`` is what may be sent into it; ``inbound`` admits new flows from it.
    """

    path: Path
    addresses: tuple[IpAddress, ...]
    allowed: tuple[IpNetwork, ...] = EVERYTHING
    dns: tuple[IpAddress, ...] = ()
    inbound: bool = False


@attrs.frozen(kw_only=True)
class FirewallPolicy:
    """What may leave this host. Loopback, DHCP and neighbour discovery always may.

    ``protects`` is what must not leave outside a tunnel: empty means that the host
    is open and holds no rule of ours; ``EVERYTHING`` is the rule, less is a partial
    tunnel. ``bootstrap`` endpoints are for our marked sockets, exact address and port:
    the central server's and pinned resolvers', and those of the router that a node asks.
    """

    protects: tuple[IpNetwork, ...] = EVERYTHING
    outer: tuple[OuterRule, ...] = ()
    bootstrap: tuple[Endpoint, ...] = ()
    tunnels: tuple[TunnelRule, ...] = ()
    allow_lan: bool = False
    node: NodeLink | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing of ours is to be loaded."""
        return not self.protects

    @property
    def is_partial(self) -> bool:
        """Whether only some destinations are protected."""
        return bool(self.protects) and not set(EVERYTHING) <= set(self.protects)


@attrs.frozen(kw_only=True)
class NodePolicy:
    """What may pass through the node's namespace: flows of ``guests`` to the internet.

    Never to the host, its networks or each other, never to the TCP and UDP ports that
    ``refused`` names by first and last. ``refuses_other``: nor what has no ports, echoes apart.
    Together they have ``rate_bps``, each ``guest_rate_bps`` (0: no limit), ``most_flows`` and
    its part of the ports that ``most_guests`` share. ``sent`` are those of them whom the central
    server sends: each has ``sent_rate_bps``, and is watched. ``is_draining``: no new flow.
    """

    link: NodeLink
    guests: tuple[IpAddress, ...] = ()
    sent: tuple[IpAddress, ...] = ()
    refused: tuple[tuple[int, int], ...] = ()
    refuses_other: bool = False
    rate_bps: int = 0
    guest_rate_bps: int = 0
    sent_rate_bps: int = 0
    most_flows: int = 2_048
    most_guests: int = 64
    is_draining: bool = False


@attrs.frozen(kw_only=True)
class PolicySet:
    """All rules of ours, in one value: one owner, applied in one transaction a namespace.

    ``node`` None: there is no namespace that serves guests.
    """

    host: FirewallPolicy
    node: NodePolicy | None = None


@attrs.frozen(kw_only=True)
class TunnelLink:
    """The addresses a tunnel's interface must carry, and its MTU (None: as it is)."""

    interface: str
    addresses: tuple[IpInterface, ...]
    mtu_bytes: int | None = None


@attrs.frozen(kw_only=True)
class RoutingPolicy:
    """Where packets go. Not ``held``: nothing of ours, old values restored.

    Held without ``live``: what is protected is unreachable, so that even without a
    firewall nothing leaves. ``inside`` are addresses that belong in the tunnel
    although they lie in LAN ranges (its own, its resolvers'). ``retired`` are kept
    on loopback.
    """

    held: bool
    protects: tuple[IpNetwork, ...] = EVERYTHING
    links: tuple[TunnelLink, ...] = ()
    live: str | None = None
    allowed: tuple[IpNetwork, ...] = ()
    inside: tuple[IpAddress, ...] = ()
    retired: tuple[IpAddress, ...] = ()
    allow_lan: bool = False
    node: NodeLink | None = None


@attrs.frozen(kw_only=True)
class DnsPolicy:
    """Where this host's programs ask for names. Not ``held``: as it was before us.

    Held without upstreams: names are answered by nobody. ``interface`` is the
    tunnel through which the upstreams are reached (None while there is none).
    """

    held: bool
    upstreams: tuple[DnsUpstream, ...] = ()
    search: tuple[str, ...] = ()
    interface: str | None = None


@attrs.frozen(kw_only=True)
class Packet:
    """A packet as ``worldvpn why`` asks about it. ``protocol`` is tcp, udp, icmp or a number."""

    destination: IpAddress
    protocol: str
    port: int | None = None
    marked: bool = False
    uid: int = 1_000


@attrs.frozen(kw_only=True)
class Explanation:
    """Which rule decides a packet's fate, and how many it has decided so far."""

    rule: str
    allowed: bool
    sentence: str
    packets: int = 0


@attrs.frozen(kw_only=True)
class RuleCount:
    """What one named rule has seen since it was loaded."""

    rule: str
    packets: int
    bytes: int


@attrs.frozen(kw_only=True)
class FirewallFacts:
    """What enforces our rules: its name for people ("nftables"), and what runs it.

    Without ``egress_hook`` raw frames are not judged, only IP packets.
    """

    name: str
    engine: str = ""
    egress_hook: bool = True

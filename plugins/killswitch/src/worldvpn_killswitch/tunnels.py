"""What a tunnel is to the rules: its way, its name, and what it means for names."""

from __future__ import annotations

from typing import Final

from worldvpn_core.policy import FirewallPolicy, TunnelRule
from worldvpn_core.types import Link
from worldvpn_killswitch.match import Device, Mark, Match, Side

#: What configures a link (RFC 4861): never into a tunnel, never out of one.
DISCOVERY: Final = "nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert"
#: To a resolver inside the tunnel: DNS, and DNS over TLS.
RESOLVER_PORTS: Final = (53, 853)


def path(tunnel: TunnelRule, side: Side = Side.OUT) -> Match:
    """Match what takes ``tunnel``: its interface, or the mark that leads to its proxy."""
    if isinstance(tunnel.path, Link):
        return Device(side, (tunnel.path.name,))
    return Mark(tunnel.path.mark)


def label(tunnel: TunnelRule) -> str:
    """Return what the names of ``tunnel``'s rules say it is."""
    return tunnel.path.name if isinstance(tunnel.path, Link) else f"proxy{tunnel.path.port}"


def linked(policy: FirewallPolicy) -> tuple[TunnelRule, ...]:
    """Return the tunnels that are interfaces."""
    return tuple(tunnel for tunnel in policy.tunnels if isinstance(tunnel.path, Link))


def asks_inside(policy: FirewallPolicy) -> bool:
    """Say whether names are held: always, but for a partial tunnel without resolvers."""
    return not policy.is_partial or any(tunnel.dns for tunnel in policy.tunnels)

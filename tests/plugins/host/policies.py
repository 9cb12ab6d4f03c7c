"""Policies that the tests of routing share, and how a packet's way is asked for."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_interface, ip_network

import attrs

from tests.plugins.host.conftest import Host
from worldvpn_core.policy import RoutingPolicy, TunnelLink
from worldvpn_core.share.plan import NodeLink
from worldvpn_core.types import EVERYTHING

BLOCKED = RoutingPolicy(held=True)
LIVE = RoutingPolicy(
    held=True,
    links=(
        TunnelLink(
            interface="wv0",
            addresses=(ip_interface("10.64.0.2/24"), ip_interface("fd64::2/64")),
            mtu_bytes=1_400,
        ),
    ),
    live="wv0",
    allowed=EVERYTHING,
)
RELEASED = RoutingPolicy(held=False)

INSIDE = (ip_address("10.64.0.1"), ip_address("10.64.0.2"), ip_address("fd64::2"))

LAN_LIVE = attrs.evolve(LIVE, allow_lan=True, inside=INSIDE)

PARTIAL = (ip_network("10.20.0.0/16"), ip_network("2001:db8:20::/48"))

PARTIAL_LIVE = attrs.evolve(LIVE, protects=PARTIAL, allowed=PARTIAL)

PARTIAL_BLOCKED = RoutingPolicy(held=True, protects=PARTIAL)

SHARING = NodeLink(interface="wvnode", prefixes=(ip_network("10.90.0.0/24"),), listen=())


def way(host: Host, what: str) -> str:
    """Return the device by which iproute2 says that a packet leaves, or "refused"."""
    found = re.search(r"dev (\S+)", host.run(f"ip route get {what}", check=False))
    return found[1] if found else "refused"

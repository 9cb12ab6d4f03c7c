"""Which networks a node's guests get their tunnel addresses from. Pure.

No two of 16,384 nodes have the same IPv4 network, so that a client which changes nodes with both
tunnels up has two addresses; IPv6 networks (RFC 4193, locally assigned) are never given twice.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Final

_BASE4: Final = int(IPv4Network("10.64.0.0/10").network_address)
_NETWORKS4: Final = 1 << (24 - 10)
_BASE6: Final = int(IPv6Network("fd57:5650::/32").network_address)
_NETWORKS6: Final = 1 << (64 - 32)

#: Guests for whom a network has addresses beside the node's own four and the prober's last four.
MOST_GUESTS: Final = 248


def inner_networks(number: int) -> tuple[IPv4Network, IPv6Network]:
    """Return the networks of the node that was registered as the ``number``-th."""
    inner4 = _BASE4 + (number % _NETWORKS4 << 8)
    inner6 = _BASE6 + (number % _NETWORKS6 << 64)
    return IPv4Network((inner4, 24)), IPv6Network((inner6, 64))

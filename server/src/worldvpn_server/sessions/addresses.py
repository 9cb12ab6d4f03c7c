"""Which tunnel addresses a guest gets: the lowest free pair of its node's networks. Pure."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

import attrs

IpAddress = IPv4Address | IPv6Address

#: The network itself (in IPv6 its routers' anycast address), and the node's own address.
_GATEWAY: Final = 1
_FIRST: Final = 2


@attrs.frozen(kw_only=True)
class Pair:
    """The addresses of one guest inside the tunnel."""

    v4: IPv4Address
    v6: IPv6Address


def gateway(inner4: IPv4Network, inner6: IPv6Network) -> Pair:
    """Return the node's own addresses inside its tunnels: guests ask it for names, too."""
    return Pair(v4=inner4[_GATEWAY], v6=inner6[_GATEWAY])


def lowest_free(
    inner4: IPv4Network, inner6: IPv6Network, taken: Collection[IpAddress]
) -> Pair | None:
    """Return the lowest pair of which neither is ``taken``; None: all are."""
    most = min(inner4.num_addresses - 1, inner6.num_addresses)  # the last of IPv4 is broadcast
    for number in range(_FIRST, most):
        pair = Pair(v4=inner4[number], v6=inner6[number])
        if pair.v4 not in taken and pair.v6 not in taken:
            return pair
    return None

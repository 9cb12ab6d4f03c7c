"""Which tunnel addresses a guest gets: the lowest free pair of its node's networks. Pure."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

import attrs

IpAddress = IPv4Address | IPv6Address

#: The first four are the node's own: the network itself, both ends of its way out (guests know it
#: by the second), and one to spare. The last four are the prober's, and IPv4's broadcast.
GATEWAY: Final = 2
_FIRST: Final = 4
_END: Final = 4


@attrs.frozen(kw_only=True)
class Pair:
    """The addresses of one guest inside the tunnel."""

    v4: IPv4Address
    v6: IPv6Address


def gateway(inner4: IPv4Network, inner6: IPv6Network) -> Pair:
    """Return the node's own addresses inside its tunnels: guests ask it for names, too."""
    return Pair(v4=inner4[GATEWAY], v6=inner6[GATEWAY])


def lowest_free(
    inner4: IPv4Network, inner6: IPv6Network, taken: Collection[IpAddress]
) -> Pair | None:
    """Return the lowest pair of which neither is ``taken``; None: all are."""
    end = min(inner4.num_addresses, inner6.num_addresses) - _END
    for number in range(_FIRST, end):
        pair = Pair(v4=inner4[number], v6=inner6[number])
        if pair.v4 not in taken and pair.v6 not in taken:
            return pair
    return None

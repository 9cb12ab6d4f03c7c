"""The largest packet a tunnel carries: which sizes to try, and what the answers mean.

One burst of unfragmentable echoes (PLPMTUD's idea, RFC 8899, in one round): the
largest size answered is the MTU. Multiples of 16 are what WireGuard pads to.
"""

from __future__ import annotations

from typing import Final

from worldvpn_core.types import IpAddress, TunnelPlan

#: IPv6's least (RFC 8200 §5), and what is assumed when nobody answers.
LEAST_BYTES: Final = 1_280
SIZES_BYTES: Final = (1_280, 1_312, 1_328, 1_344, 1_360, 1_376, 1_392, 1_408, 1_420, 1_440)
WAIT_S: Final = 0.5


def targets(plan: TunnelPlan) -> tuple[IpAddress, ...]:
    """Return whom to ask, best first: the tunnel's resolvers, then its first hosts."""
    resolvers = [upstream.host for upstream in plan.upstreams]
    gateways = [
        first
        for interface in plan.addresses
        if (first := interface.network.network_address + 1) != interface.ip
        and interface.network.num_addresses > 1
    ]
    return tuple(dict.fromkeys((*gateways, *resolvers)))


def mtu_bytes(answered: frozenset[int]) -> int:
    """Return the MTU that the sizes ``answered`` speak for."""
    return max(answered, default=LEAST_BYTES)

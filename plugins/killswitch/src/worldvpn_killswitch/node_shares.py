"""What each guest of a node has for itself: ports that no other guest can take.

A guest that could choose the port of another's flow would get its answers ("port shadow").
The host keeps the ports chosen here when it puts its own address on the packets.
"""

from __future__ import annotations

from ipaddress import ip_network

from worldvpn_core.policy import NodePolicy
from worldvpn_core.share.plan import place_of
from worldvpn_core.types import NODE_PORTS, NODE_UPLINK, IpAddress
from worldvpn_killswitch.address import Source
from worldvpn_killswitch.match import Device, Layer4, Side
from worldvpn_killswitch.rule import Action, Fate, Rule


def own_ports(policy: NodePolicy) -> tuple[Rule, ...]:
    """Return what gives each guest's flows ports of its own."""
    out = Device(Side.OUT, (NODE_UPLINK,))
    return tuple(
        Rule(
            f"node-ports-{_named(guest)}",
            (out, Source((ip_network(guest),)), Layer4(("tcp", "udp"))),
            Action(f"snat to :{first}-{last}", Fate.ALLOWED),
            why="no other guest can take its ports",
        )
        for guest in policy.guests
        for first, last in (ports_of(guest, policy.most_guests),)
    )


def ports_of(guest: IpAddress, most_guests: int) -> tuple[int, int]:
    """Return the first and last port of ``guest``: by its place, so that it keeps them. Pure."""
    first, last = NODE_PORTS
    width = (last - first + 1) // most_guests
    place = place_of(guest, most_guests)
    return first + place * width, first + (place + 1) * width - 1


def _named(guest: IpAddress) -> str:
    return f"{guest.version}-{guest.packed[-1]}"

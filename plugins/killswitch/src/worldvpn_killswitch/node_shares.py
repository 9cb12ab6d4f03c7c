"""What each guest of a node has for itself: ports that no other guest can take.

A guest that could choose the port of another's flow would get its answers ("port shadow").
The host keeps the ports chosen here when it puts its own address on the packets.
"""

from __future__ import annotations

from functools import lru_cache

from worldvpn_core.policy import NodePolicy
from worldvpn_core.share.plan import place_of
from worldvpn_core.types import NODE_PORTS, NODE_UPLINK, IpAddress
from worldvpn_killswitch.match import Device, Layer4, NamedSet, Side
from worldvpn_killswitch.ranges import VERSIONS
from worldvpn_killswitch.rule import Action, Chain, Fate, Rule

_FAMILIES = {4: "ip", 6: "ip6"}
_WHY = "no other guest can take its ports"


def own_ports(policy: NodePolicy) -> tuple[Chain, ...]:
    """Return what gives each guest's flows ports of its own.

    Each place has a chain, and a guest is led to its own by one look: two hundred cost a flow no
    more than two, and one who comes or goes is an element.
    """
    led = Chain(
        name="ports",
        type="nat",
        hook="postrouting",
        priority="srcnat",
        rules=tuple(_led(policy, version) for version in VERSIONS),
    )
    return led, *_places(policy.most_guests)


def ports_of(guest: IpAddress, most_guests: int) -> tuple[int, int]:
    """Return the first and last port of ``guest``: by its place, so that it keeps them. Pure."""
    return _span(place_of(guest, most_guests), most_guests)


def _span(place: int, most_guests: int) -> tuple[int, int]:
    first, last = NODE_PORTS
    width = (last - first + 1) // most_guests
    return first + place * width, first + (place + 1) * width - 1


def _led(policy: NodePolicy, version: int) -> Rule:
    """Lead guests of ``version`` to their places."""
    kind = f"ipv{version}_addr"
    elements = tuple(
        f"{guest} : goto {_named(place_of(guest, policy.most_guests))}"
        for guest in policy.guests
        if guest.version == version
    )
    places = NamedSet(name=f"places{version}", type=kind, elements=elements, data="verdict")
    action = f"{_FAMILIES[version]} saddr vmap @{places.name}"
    return Rule(
        f"node-ports-{version}",
        (Device(Side.OUT, (NODE_UPLINK,)),),
        Action(action, Fate.GOES_ON, verdicts=places),
        why=_WHY,
    )


@lru_cache(maxsize=4)
def _places(most_guests: int) -> tuple[Chain, ...]:
    chains = []
    for place in range(most_guests):
        first, last = _span(place, most_guests)
        action = Action(f"snat to :{first}-{last}", Fate.ALLOWED)
        rule = Rule(f"node-{_named(place)}", (Layer4(("tcp", "udp")),), action, why=_WHY)
        chains.append(Chain(name=_named(place), rules=(rule,)))
    return tuple(chains)


def _named(place: int) -> str:
    return f"place-{place}"

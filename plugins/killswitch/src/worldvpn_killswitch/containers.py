"""Containers do as the host does: into the tunnel, to each other, to an allowed LAN."""

from __future__ import annotations

from typing import Final

from worldvpn_core.policy import FirewallPolicy, TunnelRule
from worldvpn_killswitch import outbound
from worldvpn_killswitch.address import Destination, Source
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.match import Device, Match, Port, Side, Special
from worldvpn_killswitch.outbound import Place, uplinks
from worldvpn_killswitch.ranges import LAN, VERSIONS, inside, of_version, whole
from worldvpn_killswitch.rule import ACCEPT, DROP, Rule
from worldvpn_killswitch.tunnels import RESOLVER_PORTS, asks_inside, label, linked, path

_PLACE: Final = Place(prefix="forward-")
KNOWN: Final = Special("ct state established,related")
PUBLISHED: Final = Special("ct status dnat")


def of_containers(policy: FirewallPolicy, topology: Topology) -> tuple[Rule, ...]:
    """Return what containers may send and take through this host, in order."""
    if policy.is_open or not topology.internal:
        return ()
    from_them, to_them = (Device(side, topology.internal) for side in (Side.IN, Side.OUT))
    among = [
        passing(f"containers-{version}", from_them, to_them, _lan(version)) for version in VERSIONS
    ]
    refused: tuple[Rule, ...] = ()
    if not policy.is_partial:
        why = "the kill switch lets no container out but through the tunnel"
        refused = _PLACE.refuse("containers-refused", from_them, why=why)
    return (
        *among,
        *(_names(policy, from_them) if asks_inside(policy) else ()),
        *(rule for tunnel in linked(policy) for rule in _through(tunnel, from_them, to_them)),
        *(_local(policy, topology, from_them, to_them) if policy.allow_lan else ()),
        *refused,
    )


def passing(name: str, *matches: Match, accepted: bool = True) -> Rule:
    """Return a rule of the forward chain."""
    why = "it may pass" if accepted else "nothing else passes through this host"
    return Rule(_PLACE.prefix + name, matches, ACCEPT if accepted else DROP, why=why)


def _names(policy: FirewallPolicy, from_them: Device) -> tuple[Rule, ...]:
    asking = (
        passing(
            f"dns-{label(tunnel)}-{version}",
            from_them,
            path(tunnel),
            Destination(servers),
            Port(RESOLVER_PORTS),
        )
        for tunnel in policy.tunnels
        for version in VERSIONS
        if (servers := of_version(whole(tunnel.dns), version))
    )
    why = "containers ask for names inside the tunnel, too"
    return (*asking, *_PLACE.refuse_ports("dns", outbound.NAME_PORTS, from_them, why=why))


def _through(tunnel: TunnelRule, from_them: Device, to_them: Device) -> tuple[Rule, ...]:
    own = {address.version for address in tunnel.addresses}
    out = (
        passing(f"tunnel-{label(tunnel)}-{version}", from_them, path(tunnel), Destination(carried))
        for version in VERSIONS
        if (carried := of_version(tunnel.allowed, version)) and version in own
    )
    back = (path(tunnel, Side.IN), to_them)
    inbound = passing(f"inbound-{label(tunnel)}", *back, PUBLISHED)
    return (
        *out,
        passing(f"answers-{label(tunnel)}", *back, KNOWN),
        *((inbound,) if tunnel.inbound else ()),
    )


def _local(
    policy: FirewallPolicy, topology: Topology, from_them: Device, to_them: Device
) -> tuple[Rule, ...]:
    out, back = uplinks(topology), uplinks(topology, Side.IN)
    rules: list[Rule] = []
    for version in VERSIONS:
        minus = of_version(inside(policy.tunnels), version)
        if minus:
            way = (from_them, out, Destination(minus))
            rules.append(passing(f"lan-minus-{version}", *way, accepted=False))
        origin = Source(LAN[version], named=f"lan{version}")
        rules += (
            passing(f"lan-out-{version}", from_them, out, _lan(version)),
            passing(f"lan-answers-{version}", back, to_them, origin, KNOWN),
            passing(f"lan-in-{version}", back, to_them, origin, PUBLISHED),
        )
    return tuple(rules)


def _lan(version: int) -> Destination:
    return Destination(LAN[version], named=f"lan{version}")

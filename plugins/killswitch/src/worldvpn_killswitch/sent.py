"""What the host itself may send, in order: the output chain."""

from __future__ import annotations

from worldvpn_core.policy import FirewallPolicy, TunnelRule
from worldvpn_core.types import Link
from worldvpn_killswitch import outbound
from worldvpn_killswitch.address import Destination, Source
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.match import Device, Family, Layer4, Match, Port, Side, Special
from worldvpn_killswitch.outbound import Place, uplinks
from worldvpn_killswitch.ranges import LAN, VERSIONS, of_version, whole
from worldvpn_killswitch.rule import ACCEPT, DROP, Rule
from worldvpn_killswitch.tunnels import DISCOVERY, RESOLVER_PORTS, asks_inside, label, path

_LISTENERS = "mld-listener-report, mld-listener-done, mld2-listener-report"


def output(policy: FirewallPolicy, topology: Topology) -> tuple[Rule, ...]:
    """Return what the host itself may send, in order."""
    place = Place(at=(uplinks(topology),))
    return (
        Rule("loopback", (Device(Side.OUT, ("lo",)),), ACCEPT, why="it stays on this host"),
        *outbound.configuration(place, (outbound.neighbours(policy, topology),)),
        *outbound.outer(place, policy),
        *outbound.central(place, policy),
        *(_resolvers(policy) if asks_inside(policy) else ()),
        *(outbound.names(place) if asks_inside(policy) else ()),
        *(rule for tunnel in policy.tunnels for rule in _into(tunnel, policy)),
        *_errors_for_guests(policy),
        *_to_containers(topology),
        *outbound.lan(place, policy),
        *outbound.rest(place, policy),
    )


def _resolvers(policy: FirewallPolicy) -> tuple[Rule, ...]:
    why = "it asks the tunnel's own resolver, inside the tunnel"
    return tuple(
        Rule(
            f"dns-{label(tunnel)}-{version}",
            (path(tunnel), Destination(servers), Port(RESOLVER_PORTS)),
            ACCEPT,
            why=why,
        )
        for tunnel in policy.tunnels
        for version in VERSIONS
        if (servers := of_version(whole(tunnel.dns), version))
    )


def _into(tunnel: TunnelRule, policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Return what may enter ``tunnel``: from its own addresses, to what it carries."""
    rules: list[Rule] = []
    name, way, place = label(tunnel), path(tunnel), Place()
    is_link = isinstance(tunnel.path, Link)
    if is_link:
        rules.append(
            _drop(f"config-{name}", way, Special(f"icmpv6 type {{ {DISCOVERY}, {_LISTENERS} }}"))
        )
    carried = () if is_link else (Layer4(("tcp", "udp")),)
    for version in VERSIONS:
        allowed = of_version(tunnel.allowed, version)
        own = of_version(whole(tunnel.addresses), version)
        if is_link and own:
            why = "its source is not an address of the tunnel: the connection is an older one"
            foreign = Source(own, negated=True)
            rules += place.refuse(f"source-{name}-{version}", way, foreign, why=why)
        if allowed and (own or not is_link):
            every = allowed[0].prefixlen == 0
            to: Match = Family(version) if every else Destination(allowed)
            rules.append(
                Rule(
                    f"tunnel-{name}-{version}",
                    (way, to, *carried),
                    ACCEPT,
                    why="it is carried by the tunnel",
                )
            )
    if policy.is_partial:
        why = "the tunnel does not carry this address"
        rules += place.refuse(f"beyond-{name}", way, why=why)
    return tuple(rules)


def _errors_for_guests(policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Return what tells guests of a node that a packet was too big: ours to say."""
    if policy.node is None:
        return ()
    device = Device(Side.OUT, (policy.node.interface,))
    kinds = "destination-unreachable, time-exceeded, parameter-problem"
    return tuple(
        Rule(f"node-errors-{version}", (device, Special(test)), ACCEPT, why="guests need it")
        for version, test in (
            (4, f"icmp type {{ {kinds} }}"),
            (6, f"icmpv6 type {{ {kinds}, packet-too-big }}"),
        )
    )


def _to_containers(topology: Topology) -> tuple[Rule, ...]:
    """Let the host reach its containers; a bridge taken for one by mistake leads no further."""
    if not topology.internal:
        return ()
    device = Device(Side.OUT, topology.internal)
    return tuple(
        Rule(
            f"containers-{version}",
            (device, Destination(LAN[version], named=f"lan{version}")),
            ACCEPT,
            why="it goes to a container on this host",
        )
        for version in VERSIONS
    )


def _drop(name: str, *matches: Match) -> Rule:
    return Rule(name, matches, DROP, why="nobody honest sends it this way")

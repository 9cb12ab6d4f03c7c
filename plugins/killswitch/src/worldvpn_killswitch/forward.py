"""What the host passes on for containers and for the guests of a node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from worldvpn_core.policy import FirewallPolicy
from worldvpn_core.share.plan import NodeLink
from worldvpn_core.types import MARK, MARK_MASK, NODE_MARK, NODE_PORTS, Endpoint
from worldvpn_killswitch import outbound
from worldvpn_killswitch.address import Destination, Source
from worldvpn_killswitch.containers import KNOWN, PUBLISHED, of_containers, passing
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.match import Device, Family, Layer4, Mark, Match, Port, Side, Special
from worldvpn_killswitch.outbound import Place, uplinks
from worldvpn_killswitch.ranges import (
    NOT_FOR_GUESTS,
    VERSIONS,
    of_version,
)
from worldvpn_killswitch.rule import ACCEPT, DROP, Action, Fate, Rule, marked
from worldvpn_killswitch.tunnels import DISCOVERY

_SMTP: Final = 25


def forwarded(policy: FirewallPolicy, topology: Topology) -> tuple[Rule, ...]:
    """Return what may pass through this host, in order; all else is dropped."""
    rules = [*_of_node(policy.node, topology), *of_containers(policy, topology)]
    if policy.is_open:
        return (*rules, *(_crossing(topology) if policy.node is not None else ()))
    if policy.is_partial:
        return (*rules, *outbound.rest(Place(prefix="forward-"), policy))
    return (*rules, passing("refused", accepted=False))


def marking(node: NodeLink) -> tuple[Rule, ...]:
    """Return what makes guests' packets known to the egress chain and to NAT."""
    others = MARK_MASK ^ 0xFFFFFFFF
    action = Action(
        f"meta mark set mark & {others:#010x} | {NODE_MARK:#x}", Fate.GOES_ON, sets_mark=NODE_MARK
    )
    device = Device(Side.IN, (node.interface,))
    return (Rule("node-mark", (device,), action, why="a guest sent it"),)


def arriving(node: NodeLink, topology: Topology) -> tuple[Rule, ...]:
    """Return what leads guests' outer packets to the node, in its own namespace."""
    return tuple(
        Rule(
            f"node-listen-{index}",
            (
                uplinks(topology, Side.IN),
                Family(listen.host.version),
                Special("fib daddr type local"),
                Port((listen.port,), listen.carrier),
            ),
            Action(f"dnat {_family(listen.host.version)} to {_at(listen)}", Fate.ALLOWED),
            why="a guest knocks",
        )
        for index, listen in enumerate(node.listen)
        if any(listen.host in prefix for prefix in node.prefixes)
    )


def leaving(node: NodeLink, topology: Topology) -> tuple[Rule, ...]:
    """Return what gives guests' packets this host's address, and ports of their own.

    A guest that could take the port of a socket of this host would get its answers.
    """
    guests = (uplinks(topology), Mark(NODE_MARK))
    first, last = NODE_PORTS
    ports = Action(f"masquerade to :{first}-{last}", Fate.ALLOWED)
    why = "a guest sent it"
    return (
        *_called(node, topology),
        Rule("node-nat-ports", (*guests, Layer4(("tcp", "udp"))), ports, why=why),
        Rule("node-nat", guests, Action("masquerade", Fate.ALLOWED), why=why),
    )


def _called(node: NodeLink, topology: Topology) -> Iterable[Rule]:
    """Let the node call from the port that its guests reach: a router's hole is made by that."""
    for index, listen in enumerate(node.listen):
        family = _family(listen.host.version)
        own = Special(f"{family} saddr {listen.host} udp sport {listen.port}")
        yield Rule(
            f"node-nat-listen-{index}",
            (uplinks(topology), Mark(NODE_MARK), own),
            Action(f"masquerade to :{listen.port}", Fate.ALLOWED),
            why="the node calls a guest",
        )


def refused_here(node: NodeLink) -> tuple[Rule, ...]:
    """Return what keeps guests from an open host itself: its own addresses are not forwarded."""
    inside = Device(Side.IN, (node.interface,))
    found = Special(f"ip6 hoplimit 255 icmpv6 type {{ {DISCOVERY} }}")
    return (
        Rule("in-node-neighbours", (inside, found), ACCEPT, why="the node is found by it"),
        Rule("in-node", (inside,), DROP, why="guests reach the internet only"),
    )


def answers(node: NodeLink, topology: Topology) -> tuple[Rule, ...]:
    """Return what gives our mark to what comes for guests, for the reverse-path filter's sake.

    Unmarked, rp_filter looks the sender up in the tunnel's own table (see ``received``).
    """
    back = uplinks(topology, Side.IN)
    rules = []
    for version in VERSIONS:
        for index, own in enumerate(of_version(node.prefixes, version)):
            asked = Special(f"ct original {_family(version)} saddr {own}")
            rules.append(
                Rule(
                    f"mark-node-{version}-{index}",
                    (back, asked),
                    marked(MARK),
                    why="a guest has asked for it",
                )
            )
    for index, listen in enumerate(node.listen):
        knock = (back, Family(listen.host.version), Port((listen.port,), listen.carrier))
        name = f"mark-node-listen-{index}"
        rules.append(Rule(name, knock, marked(MARK), why="a guest knocks"))
    return tuple(rules)


def _of_node(node: NodeLink | None, topology: Topology) -> tuple[Rule, ...]:
    """Guests reach the internet, by the uplinks only: docs/security.md, the node."""
    if node is None:
        return ()
    from_node, to_node = (Device(side, (node.interface,)) for side in (Side.IN, Side.OUT))
    out, back = uplinks(topology), uplinks(topology, Side.IN)
    rules = [
        passing("node-outer", from_node, out, PUBLISHED, Special("ct direction reply")),
    ]
    for version in VERSIONS:
        own = of_version(node.prefixes, version)
        foreign: Match = Source(own, negated=True) if own else Family(version)
        rules += (
            passing(f"node-forged-{version}", from_node, foreign, accepted=False),
            passing(
                f"node-private-{version}",
                from_node,
                Destination(NOT_FOR_GUESTS[version], named=f"private{version}"),
                accepted=False,
            ),
        )
    return (
        *rules,
        passing("node-mail", from_node, Port((_SMTP,)), accepted=False),
        passing("node-out", from_node, out),
        passing("node-answers", back, to_node, KNOWN),
        passing("node-listen", back, to_node, PUBLISHED),
        passing("node-refused-out", from_node, accepted=False),
        passing("node-refused-in", to_node, accepted=False),
    )


def _crossing(topology: Topology) -> tuple[Rule, ...]:
    """Keep an open host from joining its networks: it passes packets on for its guests alone."""
    if len(topology.uplinks) == 1:
        return ()
    return tuple(
        passing(
            f"node-crossing-{index}",
            Device(Side.IN, (uplink,)),
            Device(Side.OUT, tuple(one for one in topology.uplinks if one != uplink)),
            accepted=False,
        )
        for index, uplink in enumerate(topology.uplinks)
    )


def _family(version: int) -> str:
    return "ip" if version == VERSIONS[0] else "ip6"


def _at(listen: Endpoint) -> str:
    return str(listen).partition("/")[0]

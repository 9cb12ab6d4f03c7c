"""What passes through the node's own namespace: guests to the internet, and nothing else. Pure.

The host's forward chain and routing refuse the same once more, from outside.
"""

from __future__ import annotations

from typing import Final

from worldvpn_core.policy import NodePolicy
from worldvpn_core.share.plan import probers
from worldvpn_core.types import NODE_GUESTS, NODE_UPLINK, RECEIPTS_PORT, Carrier
from worldvpn_killswitch.address import Destination, Source, Stranger
from worldvpn_killswitch.match import Device, Match, Port, Ports, Side, Special
from worldvpn_killswitch.node_shares import own_ports
from worldvpn_killswitch.ranges import NOT_FOR_GUESTS, VERSIONS, of_version
from worldvpn_killswitch.rule import ACCEPT, DROP, Action, Chain, Fate, Rule, Ruleset, Table
from worldvpn_killswitch.tunnels import DISCOVERY

_FROM_GUESTS: Final = Device(Side.IN, (NODE_GUESTS,))
_TO_GUESTS: Final = Device(Side.OUT, (NODE_GUESTS,))
_IN: Final = Device(Side.IN, (NODE_UPLINK,))
_OUT: Final = Device(Side.OUT, (NODE_UPLINK,))
_KNOWN: Final = Special("ct state established,related")
_NEW: Final = Special("ct state new")
_STRAY: Final = Special("ct state invalid")
_ERRORS: Final = Special("meta l4proto { icmp, ipv6-icmp } ct state related")
#: An echo request of each family (RFC 792, RFC 4443), and the reply of either.
_PING: Final = {4: "icmp type echo-request", 6: "icmpv6 type echo-request"}
_ECHO: Final = Special("meta l4proto { icmp, ipv6-icmp }")
_NEIGHBOURS: Final = Special(f"ip6 hoplimit 255 icmpv6 type {{ {DISCOVERY} }}")
#: Segments that fit the tunnel, whatever the path between tells of its own.
_FITTING: Final = Action("tcp option maxseg size set rt mtu", Fate.GOES_ON)
#: What has no port, and is none of these, is of no kind that could be told.
_UNKNOWN: Final = Special("meta l4proto != { tcp, udp, icmp, ipv6-icmp }")


def node_ruleset(policy: NodePolicy) -> Ruleset:
    """Return the table that enforces ``policy`` in the node's namespace."""
    chains: tuple[Chain, ...] = (
        Chain(
            name="input",
            type="filter",
            hook="input",
            priority="filter",
            policy=DROP,
            rules=_received(policy),
        ),
        Chain(
            name="output",
            type="filter",
            hook="output",
            priority="filter",
            policy=DROP,
            rules=_sent(policy),
        ),
        Chain(
            name="forward",
            type="filter",
            hook="forward",
            priority="filter",
            policy=DROP,
            rules=_passed(policy),
        ),
    )
    return Ruleset(tables=(Table(family="inet", chains=(*chains, *own_ports(policy))),))


def _received(policy: NodePolicy) -> tuple[Rule, ...]:
    """The node itself takes what its guests' tunnels are made of, and nothing from inside them."""
    why = "guests reach the node by it"
    return (
        _rule("in-loopback", Device(Side.IN, ("lo",)), why="it stays in the node"),
        *(
            _rule(f"in-listen-{index}", _IN, Port((listen.port,), listen.carrier), why=why)
            for index, listen in enumerate(policy.link.listen[:1])
        ),
        *_probed(policy),
        *_answered_for(),
        _rule("in-errors", _IN, _ERRORS, why="it concerns what the node has sent"),
        _rule("in-neighbours", _IN, _NEIGHBOURS, why="the host is found by it"),
        _drop("in-refused", why="nobody speaks to the node itself"),
    )


def _probed(policy: NodePolicy) -> tuple[Rule, ...]:
    """The central server makes sure of a node by an echo from inside its tunnel."""
    found = [
        _rule(
            f"in-probe-{version}",
            _FROM_GUESTS,
            Source(sources, named=f"probers{version}"),
            Special(f"{_PING[version]} limit rate 20/second"),
            why="the central server makes sure of this node by it",
        )
        for version in VERSIONS
        if (sources := of_version(tuple(map(probers, policy.link.prefixes)), version))
    ]
    return tuple(found)


def _answered_for() -> tuple[Rule, ...]:
    """Guests sign for what they have carried on a stream to the node itself."""
    port = Port((RECEIPTS_PORT,), Carrier.TCP)
    slow = Special("ct state new limit rate over 50/second burst 100 packets")
    why = "guests sign there for what they have carried"
    return (
        _drop("in-receipts-flood", _FROM_GUESTS, port, slow, why="nobody needs so many streams"),
        _rule("in-receipts", _FROM_GUESTS, port, why=why),
    )


def _sent(policy: NodePolicy) -> tuple[Rule, ...]:
    why = "it is a guest's tunnel"
    return (
        _rule("out-loopback", Device(Side.OUT, ("lo",)), why="it stays in the node"),
        *(
            _rule(f"out-listen-{index}", _OUT, Special(f"udp sport {listen.port}"), why=why)
            for index, listen in enumerate(policy.link.listen[:1])
        ),
        _rule("out-echo", _TO_GUESTS, _ECHO, _KNOWN, why="the central server asked for it"),
        _rule(
            "out-receipts",
            _TO_GUESTS,
            Special(f"tcp sport {RECEIPTS_PORT}"),
            _KNOWN,
            why="guests sign there for what they have carried",
        ),
        _rule("out-errors", _ERRORS, why="it says why a guest's packet went no further"),
        _rule("out-neighbours", _OUT, _NEIGHBOURS, why="the host is found by it"),
        _drop("out-refused", why="the node itself asks for nothing"),
    )


def _passed(policy: NodePolicy) -> tuple[Rule, ...]:
    refused = "guests reach the internet only"
    # Answers are most of what passes: nothing below concerns them.
    rules: list[Rule] = [
        Rule("fit", (Special("tcp flags syn / syn,rst"),), _FITTING, why="it must fit the tunnel"),
        _rule("guest-answers", _IN, _TO_GUESTS, _KNOWN, why="a guest has asked for it"),
        _drop("guest-stray", _STRAY, why="it belongs to no flow"),
    ]
    for version in VERSIONS:
        known = tuple(guest for guest in policy.guests if guest.version == version)
        foreign = Stranger(version, known, named=f"guests{version}")
        private = Destination(NOT_FOR_GUESTS[version], named=f"private{version}")
        rules += (
            _drop(f"guest-forged-{version}", _FROM_GUESTS, foreign, why="it has a foreign source"),
            _drop(f"guest-private-{version}", _FROM_GUESTS, private, why=refused),
        )
    if policy.refused:
        ports = Ports(policy.refused)
        rules.append(_drop("guest-ports", _FROM_GUESTS, ports, why="the owner refuses these ports"))
    if policy.refuses_other:
        why = "the owner lets known kinds of traffic through alone"
        rules.append(_drop("guest-other", _FROM_GUESTS, _UNKNOWN, why=why))
    if policy.is_draining:
        rules.append(_drop("guest-draining", _FROM_GUESTS, _NEW, why="the node serves no more"))
    return (
        *rules,
        _rule("guest-out", _FROM_GUESTS, _OUT, why="it is the traffic of a guest you serve"),
        _drop("refused", why=refused),
    )


def _rule(name: str, *matches: Match, why: str) -> Rule:
    return Rule(f"node-{name}", matches, ACCEPT, why=why)


def _drop(name: str, *matches: Match, why: str) -> Rule:
    return Rule(f"node-{name}", matches, DROP, why=why)

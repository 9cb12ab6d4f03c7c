"""What the host takes, and what no tunnel may do to it."""

from __future__ import annotations

from worldvpn_core.policy import FirewallPolicy
from worldvpn_core.types import MARK, IpNetwork, Link
from worldvpn_killswitch.address import Destination, Source
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.match import Device, Family, Match, Side, Special
from worldvpn_killswitch.outbound import by_kind, neighbours, uplinks
from worldvpn_killswitch.ranges import LAN, VERSIONS, inside, of_version, whole
from worldvpn_killswitch.rule import ACCEPT, DROP, Rule, marked
from worldvpn_killswitch.tunnels import DISCOVERY, label, linked, path

_ANSWER = Special("ct state established,related")
_STRAY = Special("ct state invalid")


def received(policy: FirewallPolicy, topology: Topology) -> tuple[Rule, ...]:
    """Return what the host itself takes, in order."""
    outside = uplinks(topology, Side.IN)
    inner = [
        Rule(f"in-{label(tunnel)}", (path(tunnel, Side.IN),), ACCEPT, why="you allowed it")
        for tunnel in linked(policy)
        if tunnel.inbound
    ]
    common = (
        _in("loopback", Device(Side.IN, ("lo",))),
        *(() if policy.is_partial else (_in("invalid", _STRAY, accepted=False),)),
        _in("answers", _ANSWER),
        *_configured(outside, policy, topology),
        *inner,
    )
    if policy.is_partial:
        refused = [
            _in(f"refused-{label(tunnel)}", path(tunnel, Side.IN), accepted=False)
            for tunnel in linked(policy)
        ]
        return (*common, *refused, *_no_guests(policy), _in("unprotected"))
    from_containers = (
        [_in("containers", Device(Side.IN, topology.internal))] if topology.internal else []
    )
    return (*common, *from_containers, *_from_lan(outside, policy), _in("refused", accepted=False))


def before_tracking(policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Return what is dropped before conntrack: forged tunnel addresses, and configuration.

    CVE-2019-14899. Loopback is spared, or the resets we send ourselves are lost.
    """
    tunnels = linked(policy)
    rules: list[Rule] = []
    carriers: dict[IpNetwork, tuple[str, ...]] = {}
    for tunnel in tunnels:
        for network in whole(tunnel.addresses):
            known = carriers.get(network, ())
            carriers[network] = tuple(dict.fromkeys((*known, label(tunnel))))
    for index, at in enumerate(dict.fromkeys(carriers.values())):
        for version in VERSIONS:
            own = of_version((net for net, where in carriers.items() if where == at), version)
            if own:
                elsewhere = Device(Side.IN, ("lo", *at), negated=True)
                rules.append(_drop(f"forged-{index}-{version}", elsewhere, Destination(own)))
    for tunnel in tunnels:
        device, name = path(tunnel, Side.IN), label(tunnel)
        rules += (
            _drop(
                f"in-config-{name}-6",
                device,
                Special(f"icmpv6 type {{ {DISCOVERY}, nd-redirect }}"),
            ),
            _drop(
                f"in-config-{name}-4",
                device,
                Special("icmp type { redirect, router-advertisement }"),
            ),
            _drop(f"in-config-{name}-dhcp", device, Special("udp dport { 67, 68, 546, 547 }")),
        )
    return tuple(rules)


def answers_marked(policy: FirewallPolicy, topology: Topology) -> tuple[Rule, ...]:
    """Return what gives our mark to the answers to our marked packets, and to DHCP's.

    The reverse-path filter (rp_filter) looks the sender up by the mark, where
    src_valid_mark is set: unmarked, by the tunnel's own table, and drops the answer.
    """
    outside = uplinks(topology, Side.IN)
    endpoints = tuple(rule.endpoint for rule in policy.outer if rule.uid is None)
    lease = Special("udp sport 67 udp dport 68")
    renewed = Rule("mark-dhcp", (outside, lease), marked(MARK), why="the lease is renewed")
    return renewed, *(
        Rule(
            f"mark-{remote.named.replace('_', '-')}",
            (outside, remote),
            marked(MARK),
            why="the tunnel's server answers",
        )
        for name, remotes in (("endpoint", endpoints), ("central", policy.bootstrap))
        for remote in by_kind(name, remotes, answering=True)
    )


def after_translation(policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Return what is dropped last of all: foreign sources, and what its proxy missed."""
    rules: list[Rule] = []
    for tunnel in policy.tunnels:
        if not isinstance(tunnel.path, Link):
            strayed = Device(Side.OUT, ("lo",), negated=True)
            rules.append(_drop(f"strayed-{label(tunnel)}", strayed, path(tunnel)))
            continue
        for version in VERSIONS:
            own = of_version(whole(tunnel.addresses), version)
            foreign: Match = Source(own, negated=True) if own else Family(version)
            rules.append(_drop(f"foreign-{label(tunnel)}-{version}", path(tunnel), foreign))
    return tuple(rules)


def _configured(outside: Device, policy: FirewallPolicy, topology: Topology) -> tuple[Rule, ...]:
    links = neighbours(policy, topology, Side.IN)
    hops = "ip6 hoplimit 255"
    found = f"{hops} icmpv6 type {{ nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert }}"
    return (
        _in("dhcp-4", outside, Special("udp sport 67 udp dport 68")),
        _in("dhcp-6", outside, Special("ip6 saddr fe80::/10 udp sport 547 udp dport 546")),
        _in("ndp", links, Special(found)),
        _in("redirect", outside, Special(f"{hops} ip6 saddr fe80::/10 icmpv6 type nd-redirect")),
    )


def _no_guests(policy: FirewallPolicy) -> tuple[Rule, ...]:
    if policy.node is None:
        return ()
    return (_in("node", Device(Side.IN, (policy.node.interface,)), accepted=False),)


def _from_lan(outside: Device, policy: FirewallPolicy) -> tuple[Rule, ...]:
    if not policy.allow_lan:
        return ()
    rules: list[Rule] = []
    for version in VERSIONS:
        minus = of_version(inside(policy.tunnels), version)
        if minus:
            rules.append(_in(f"lan-minus-{version}", outside, Source(minus), accepted=False))
        wide = Source(LAN[version], named=f"lan{version}")
        rules.append(_in(f"lan-{version}", outside, wide))
    return tuple(rules)


def _in(name: str, *matches: Match, accepted: bool = True) -> Rule:
    why = "it may arrive" if accepted else "nothing may arrive unasked"
    return Rule(f"in-{name}", matches, ACCEPT if accepted else DROP, why=why)


def _drop(name: str, *matches: Match) -> Rule:
    return Rule(name, matches, DROP, why="nobody honest sends it this way")

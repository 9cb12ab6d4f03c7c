"""What may leave, in the order of docs/security.md: once for packets, once for frames.

The output chain and the egress chain are built by the same functions, told only where
they stand, so that what egress lets out is what output has let out.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import Final

import attrs

from worldvpn_core.policy import FirewallPolicy
from worldvpn_core.types import MARK, NODE_MARK, Carrier, Endpoint, IpNetwork
from worldvpn_killswitch.address import Destination, Remote
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.match import Device, Layer4, Mark, Match, Owner, Port, Side, Special
from worldvpn_killswitch.ranges import DHCP4, LAN, VERSIONS, inside, of_version, whole
from worldvpn_killswitch.rule import ACCEPT, DROP, REJECT, RESET, Action, Rule

#: DNS, NetBIOS names, datagrams and sessions, DNS over TLS, LLMNR: never off-tunnel.
NAME_PORTS: Final = (53, 137, 138, 139, 853, 5355)

_DHCP4: Final = (Special("udp sport 68 udp dport 67"), Destination(DHCP4, named="dhcp4"))
_DHCP6: Final = Special(
    "ip6 saddr fe80::/10 ip6 daddr { ff02::1:2, ff05::1:3 } udp sport 546 udp dport 547"
)


def _ndp(kind: str, *scopes: str) -> tuple[Match, ...]:
    scope = Destination(tuple(map(ip_network, scopes)))
    return (scope, Special(f"icmpv6 type {kind} icmpv6 code 0 ip6 hoplimit 255"))


#: Neighbour discovery that may leave, with its scopes (RFC 4861 §4): nothing routable,
#: or a raw socket could send anything anywhere in its form.
_NDP_OUT: Final = (
    ("ndp-solicit-router", _ndp("nd-router-solicit", "ff02::2/128")),
    ("ndp-solicit", _ndp("nd-neighbor-solicit", "ff02::1:ff00:0/104", "fe80::/10", "fc00::/7")),
    ("ndp-advert", _ndp("nd-neighbor-advert", "ff02::1/128", "fe80::/10", "fc00::/7")),
)


@attrs.frozen(kw_only=True)
class Place:
    """Where rules stand: what their names begin with, and how they refuse there."""

    prefix: str = ""
    #: What limits them to the way out, where the hook itself does not.
    at: tuple[Match, ...] = ()
    #: Whether programs are told at once; impossible where frames pass.
    tells: bool = True

    def accept(self, name: str, *matches: Match, why: str) -> Rule:
        """Return the rule ``name`` that lets out what ``matches`` here."""
        return Rule(self.prefix + name, (*self.at, *matches), ACCEPT, why=why)

    def refuse(self, name: str, *matches: Match, why: str) -> tuple[Rule, ...]:
        """Return the rules that refuse what ``matches`` anywhere, TCP by a reset."""
        if not self.tells:
            return (Rule(self.prefix + name, matches, DROP, why=why),)
        return (
            self._refusal(f"{name}-tcp", (*matches, Layer4(("tcp",))), RESET, why),
            self._refusal(name, matches, REJECT, why),
        )

    def refuse_ports(
        self, name: str, ports: tuple[int, ...], *matches: Match, why: str
    ) -> tuple[Rule, ...]:
        """Return the rules that refuse ``ports`` of TCP and UDP where ``matches`` hold."""
        if not self.tells:
            return self.refuse(name, *matches, Port(ports), why=why)
        return (
            self._refusal(f"{name}-tcp", (*matches, Port(ports, "tcp")), RESET, why),
            self._refusal(f"{name}-udp", (*matches, Port(ports, "udp")), REJECT, why),
        )

    def _refusal(self, name: str, matches: tuple[Match, ...], action: Action, why: str) -> Rule:
        return Rule(self.prefix + name, matches, action, why=why)


def uplinks(topology: Topology, side: Side = Side.OUT) -> Device:
    """Match the host's own ways out."""
    return Device(side, topology.uplinks, named="uplinks")


def neighbours(policy: FirewallPolicy, topology: Topology, side: Side = Side.OUT) -> Device:
    """Match the links on which neighbours are looked for: the uplinks, and the node's."""
    if policy.node is None:
        return uplinks(topology, side)
    return Device(side, (*topology.uplinks, policy.node.interface), named="neighbours")


def configuration(place: Place, links: tuple[Match, ...]) -> tuple[Rule, ...]:
    """Let out DHCP by the place's ways, and neighbour discovery by ``links``."""
    lease = "the lease of this network's address is kept by it"
    finding = "neighbours and routers of this link are found by it"
    return (
        place.accept("dhcp-4", *_DHCP4, why=lease),
        place.accept("dhcp-6", _DHCP6, why=lease),
        *(
            Rule(place.prefix + name, (*links, *matches), ACCEPT, why=finding)
            for name, matches in _NDP_OUT
        ),
    )


def outer(place: Place, policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Let out the tunnel's outer packets: exact address and port, and only ours."""
    why = "it is the tunnel's own outer traffic, from our socket to its server"
    marked = tuple(rule.endpoint for rule in policy.outer if rule.uid is None)
    owned = [(rule.endpoint, rule.uid) for rule in policy.outer if rule.uid is not None]
    return (
        *_remotes(place, "endpoint", marked, why),
        *(
            place.accept(
                f"endpoint-uid{uid}-{index}",
                Owner(uid),
                Destination(whole((endpoint.host,))),
                Port((endpoint.port,), endpoint.carrier),
                why=why,
            )
            for index, (endpoint, uid) in enumerate(owned)
        ),
    )


def later_fragments(place: Place, policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Let out what follows the first fragment of an outer packet: it has no port."""
    tests = {4: "ip frag-off & 0x1fff != 0", 6: "frag frag-off != 0"}
    rules: list[Rule] = []
    owners = dict.fromkeys(rule.uid for rule in policy.outer)
    for version in VERSIONS:
        for uid in owners:
            hosts = (rule.endpoint.host for rule in policy.outer if rule.uid == uid)
            networks = of_version(whole(hosts), version)
            if not networks:
                continue
            who = Mark(MARK) if uid is None else Owner(uid)
            suffix = "" if uid is None else f"-uid{uid}"
            named = f"fragments{version}" if uid is None else None
            rules.append(
                place.accept(
                    f"fragment{suffix}-{version}",
                    who,
                    Destination(networks, named=named),
                    Special(tests[version]),
                    why="it is a later part of the tunnel's own outer traffic",
                )
            )
    return tuple(rules)


def central(place: Place, policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Let our marked sockets reach the central server and pinned resolvers."""
    why = "our own agent asks there what it must know before there is a tunnel"
    return _remotes(place, "central", policy.bootstrap, why)


def guests(place: Place) -> tuple[Rule, ...]:
    """Let out what the node's guests send; the forward chain has judged it."""
    return (place.accept("node", Mark(NODE_MARK), why="it is the traffic of a guest you serve"),)


def names(place: Place) -> tuple[Rule, ...]:
    """Refuse every question for names that no earlier rule has let out."""
    why = "names are asked only of the tunnel's own resolvers, inside the tunnel"
    return place.refuse_ports("dns", NAME_PORTS, why=why)


def lan(place: Place, policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Let out the local network, less what of it belongs in a tunnel."""
    if not policy.allow_lan:
        return ()
    belongs = inside(policy.tunnels)
    rules: list[Rule] = []
    for version in VERSIONS:
        minus = of_version(belongs, version)
        if minus:
            why = "this address belongs in the tunnel, although it looks like the local network"
            rules += place.refuse(f"lan-minus-{version}", *place.at, Destination(minus), why=why)
        wide = Destination(LAN[version], named=f"lan{version}")
        rules.append(place.accept(f"lan-{version}", wide, why="you allowed the local network"))
    return tuple(rules)


def rest(place: Place, policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Refuse all that is left or, for a partial tunnel, what it protects of that."""
    if not policy.is_partial:
        why = "the kill switch lets nothing leave outside the tunnel"
        return place.refuse("refused", why=why)
    why = "this address is protected, and may be reached through the tunnel only"
    return (
        *_each(
            policy.protects,
            lambda version, networks: place.refuse(
                f"protected-{version}", Destination(networks), why=why
            ),
        ),
        Rule(
            f"{place.prefix}unprotected", (), ACCEPT, why="the partial tunnel does not protect it"
        ),
    )


def _each(
    networks: tuple[IpNetwork, ...],
    build: Callable[[int, tuple[IpNetwork, ...]], tuple[Rule, ...]],
) -> tuple[Rule, ...]:
    """Return what ``build`` makes of the networks of each family that has any."""
    split = ((version, of_version(networks, version)) for version in VERSIONS)
    return tuple(rule for version, some in split if some for rule in build(version, some))


def _remotes(place: Place, name: str, remotes: tuple[Endpoint, ...], why: str) -> tuple[Rule, ...]:
    return tuple(
        place.accept(match.named.replace("_", "-"), Mark(MARK), match, why=why)
        for match in by_kind(name, remotes)
    )


def by_kind(
    name: str, remotes: tuple[Endpoint, ...], *, answering: bool = False
) -> tuple[Remote, ...]:
    """Return matches on ``remotes``, one a family and protocol, by sets called after ``name``."""
    split = {
        f"{name}_{carrier}{version}": tuple(
            r for r in remotes if (r.host.version, r.carrier) == (version, carrier)
        )
        for version in VERSIONS
        for carrier in Carrier
    }
    return tuple(
        Remote(some, named=named, answering=answering) for named, some in split.items() if some
    )

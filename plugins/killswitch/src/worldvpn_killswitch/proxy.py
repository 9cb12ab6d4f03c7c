"""A tunnel that is a transparent proxy: packets are marked, turned round, handed over.

The mark makes the routing policy lead a packet to loopback; there TPROXY gives it to
the proxy's socket, addresses unchanged (Linux, Documentation/networking/tproxy.rst).
"""

from __future__ import annotations

from worldvpn_core.policy import FirewallPolicy, TunnelRule
from worldvpn_core.types import MARK, NODE_MARK, LocalProxy
from worldvpn_killswitch.address import Destination
from worldvpn_killswitch.match import Device, Family, Layer4, Mark, Match, Owner, Side, Special
from worldvpn_killswitch.ranges import LAN, VERSIONS, inside, of_version
from worldvpn_killswitch.rule import RETURN, Action, Fate, Rule, marked

_CARRIED = Layer4(("tcp", "udp"))
_LISTENS = {4: "ip to 127.0.0.1", 6: "ip6 to [::1]"}


def proxies(policy: FirewallPolicy) -> tuple[tuple[LocalProxy, TunnelRule], ...]:
    """Return the tunnels that are proxies, with their paths."""
    return tuple(
        (tunnel.path, tunnel) for tunnel in policy.tunnels if isinstance(tunnel.path, LocalProxy)
    )


def diverted(policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Return what marks the host's packets for a proxy; its own and ours are left alone.

    The proxy is known by its uid, never by its server's address (ServerIP, USENIX
    Security 2023).
    """
    rules = [
        _leave("loopback", Device(Side.OUT, ("lo",))),
        _leave("ours", Mark(MARK)),
        _leave("guests", Mark(NODE_MARK)),
        _leave("dhcp", Special("udp sport 68 udp dport 67")),
        _leave("many", Special("fib daddr type { local, broadcast, multicast }")),
        *(_leave(f"proxy{path.port}", Owner(path.uid)) for path, _ in proxies(policy)),
        *_leave_lan(policy),
    ]
    for path, tunnel in proxies(policy):
        for version in VERSIONS:
            allowed = of_version(tunnel.allowed, version)
            if allowed:
                every = allowed[0].prefixlen == 0
                to: Match = Family(version) if every else Destination(allowed)
                name = f"divert-to{path.port}-{version}"
                unmarked = Special("ct direction original", always=True)
                matches = (to, _CARRIED, unmarked)
                rules.append(Rule(name, matches, marked(path.mark), why="the proxy carries it"))
    return tuple(rules)


def handed_over(policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Return what gives marked packets, back from loopback, to the proxy's socket."""
    return tuple(
        Rule(
            f"proxy{path.port}-{version}",
            (Device(Side.IN, ("lo",)), Mark(path.mark), Family(version), _CARRIED),
            Action(f"tproxy {_LISTENS[version]}:{path.port}", Fate.GOES_ON),
            why="the proxy carries it",
        )
        for path, tunnel in proxies(policy)
        for version in VERSIONS
        if of_version(tunnel.allowed, version)
    )


def _leave_lan(policy: FirewallPolicy) -> tuple[Rule, ...]:
    if not policy.allow_lan:
        return ()
    rules: list[Rule] = []
    for version in VERSIONS:
        belongs = of_version(inside(policy.tunnels), version)
        but = (Destination(belongs, negated=True),) if belongs else ()
        lan = Destination(LAN[version], named=f"lan{version}")
        rules.append(_leave(f"lan-{version}", lan, *but))
    return tuple(rules)


def _leave(name: str, *matches: Match) -> Rule:
    return Rule(f"divert-not-{name}", matches, RETURN, why="it does not take the proxy")

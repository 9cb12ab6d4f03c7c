"""Which rule decides the fate of a packet on its way out: pure, from the rules loaded."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Final

from worldvpn_core.policy import Explanation, FirewallPolicy, Packet, TunnelRule
from worldvpn_core.types import MARK, IpAddress, Link
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.match import Flow
from worldvpn_killswitch.ranges import in_lan, inside, whole
from worldvpn_killswitch.rule import Chain, Fate, Rule, Ruleset

_PROTOCOLS: Final = {"1": "icmp", "6": "tcp", "17": "udp", "58": "ipv6-icmp"}


def explain(
    policy: FirewallPolicy, topology: Topology, rules: Ruleset, packet: Packet
) -> Explanation:
    """Return what ``rules``, those of ``policy``, do with ``packet``, and why.

    The packet is the first of an ordinary program, by the way our routes send it.
    """
    output = rules.chain("output")
    if policy.is_open or output is None:
        return Explanation(
            rule="open",
            allowed=True,
            sentence=f"{_described(packet)} may leave: the kill switch is open.",
        )
    flow = way_out(policy, topology, packet)
    divert = rules.chain("divert")
    marking = None if divert is None else deciding(divert, flow)
    if marking is not None and marking.action.sets_mark is not None:
        flow = Flow(
            device=flow.device,
            destination=flow.destination,
            protocol=flow.protocol,
            port=flow.port,
            mark=marking.action.sets_mark,
            uid=flow.uid,
        )
    rule = deciding(output, flow)
    if rule is None:
        allowed, name, why = output.policy.fate is Fate.ALLOWED, "policy", "no rule speaks of it"
    else:
        allowed, name, why = rule.action.fate is Fate.ALLOWED, rule.name, rule.why
    said = "may leave" if allowed else "is refused"
    return Explanation(
        rule=name, allowed=allowed, sentence=f"{_described(packet)} {said}: {why} ({name})."
    )


def deciding(chain: Chain, flow: Flow) -> Rule | None:
    """Return the first rule of ``chain`` that ends the way of ``flow`` through it."""
    return next(
        (
            rule
            for rule in chain.rules
            if rule.action.fate is not Fate.GOES_ON
            and all(match.holds(flow) for match in rule.matches)
        ),
        None,
    )


def way_out(policy: FirewallPolicy, topology: Topology, packet: Packet) -> Flow:
    """Return the flow that ``packet`` becomes where routes are as the policy's state sets them."""
    destination = packet.destination
    tunnel = None if _bypasses(policy, packet) else _tunnel_for(policy, destination)
    device = topology.uplinks[0] if topology.uplinks else ""
    source = None
    if destination.is_loopback or _is_own(policy, destination):
        device = "lo"
    elif tunnel is not None and isinstance(tunnel.path, Link):
        device = tunnel.path.name
        own = (each for each in tunnel.addresses if each.version == destination.version)
        source = next(own, None)
    return Flow(
        device=device,
        destination=destination,
        protocol=_protocol(packet),
        port=packet.port,
        source=source,
        mark=MARK if packet.marked else 0,
        uid=packet.uid,
    )


def _bypasses(policy: FirewallPolicy, packet: Packet) -> bool:
    """Say whether our routes lead ``packet`` past every tunnel."""
    helpers = {rule.uid for rule in policy.outer if rule.uid is not None}
    if packet.marked or packet.uid in helpers:
        return True
    if not policy.allow_lan:
        return False
    network = whole((packet.destination,))[0]
    belongs = any(packet.destination in each for each in inside(policy.tunnels))
    return in_lan(network) and not belongs


def _tunnel_for(policy: FirewallPolicy, destination: IpAddress) -> TunnelRule | None:
    """Return the tunnel routes choose: a resolver's own, else the first that carries it."""
    asked = (tunnel for tunnel in policy.tunnels if destination in tunnel.dns)
    carrying = (
        tunnel
        for tunnel in policy.tunnels
        if any(destination in network for network in tunnel.allowed)
    )
    return next(asked, None) or next(carrying, None) or _default(policy)


def _default(policy: FirewallPolicy) -> TunnelRule | None:
    """Return where the default route leads: a whole tunnel takes what it does not carry, too."""
    return policy.tunnels[0] if policy.tunnels and not policy.is_partial else None


def _is_own(policy: FirewallPolicy, destination: IpAddress) -> bool:
    return any(destination in tunnel.addresses for tunnel in policy.tunnels)


def _protocol(packet: Packet) -> str:
    name = _PROTOCOLS.get(packet.protocol, packet.protocol)
    if name == "icmp" and isinstance(packet.destination, IPv6Address):
        return "ipv6-icmp"
    return name


def _described(packet: Packet) -> str:
    host = str(packet.destination)
    if packet.port is None:
        return f"{host} ({packet.protocol})"
    host = f"[{host}]" if isinstance(packet.destination, IPv6Address) else host
    return f"{host}:{packet.port}/{packet.protocol}"

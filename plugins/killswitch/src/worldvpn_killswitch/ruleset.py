"""The whole of what is loaded for a policy on a host with these links: pure."""

from __future__ import annotations

from worldvpn_core.policy import FirewallPolicy
from worldvpn_killswitch import forward, proxy, received, sent
from worldvpn_killswitch.egress import egress, ingress
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.rule import ACCEPT, DROP, Chain, Rule, Ruleset, Table, checked_name


def ruleset(policy: FirewallPolicy, topology: Topology) -> Ruleset:
    """Return the tables that enforce ``policy``; none when the host is open and no node.

    Raises:
        FirewallError: an interface has a name that cannot stand in a rule.
    """
    for name in (*topology.uplinks, *topology.internal, *(hook for hook, _ in topology.hooks)):
        checked_name(name)
    chains = tuple(chain for chain in _inet(policy, topology) if chain is not None)
    tables = [Table(family="inet", chains=chains)] if chains else []
    if topology.hooks and not policy.is_open:
        frames = (_egress(policy, topology), _ingress(topology))
        tables.append(Table(family="netdev", chains=frames))
    return Ruleset(tables=tuple(tables))


def _inet(policy: FirewallPolicy, topology: Topology) -> tuple[Chain | None, ...]:
    if policy.is_open:
        return (
            *_node(policy, topology),
            _filter("input", "input", "filter", _refused_guests(policy)),
            _forward(policy, topology),
        )
    closed = ACCEPT if policy.is_partial else DROP
    return (
        _filter("forged", "prerouting", "raw", received.before_tracking(policy)),
        _filter("answers", "prerouting", "mangle", received.answers_marked(policy, topology)),
        _filter("handover", "prerouting", "mangle", proxy.handed_over(policy)),
        *_node(policy, topology),
        _chain("divert", "route", "output", "mangle", _diverted(policy)),
        Chain(
            name="input",
            type="filter",
            hook="input",
            priority="filter",
            policy=closed,
            rules=received.received(policy, topology),
        ),
        Chain(
            name="output",
            type="filter",
            hook="output",
            priority="filter",
            policy=closed,
            rules=sent.output(policy, topology),
        ),
        _forward(policy, topology),
        _filter("sources", "postrouting", "srcnat + 10", received.after_translation(policy)),
    )


def _refused_guests(policy: FirewallPolicy) -> tuple[Rule, ...]:
    return () if policy.node is None else forward.refused_here(policy.node)


def _diverted(policy: FirewallPolicy) -> tuple[Rule, ...]:
    return proxy.diverted(policy) if proxy.proxies(policy) else ()


def _forward(policy: FirewallPolicy, topology: Topology) -> Chain | None:
    rules = forward.forwarded(policy, topology)
    if policy.is_open and not rules:
        return None
    return Chain(
        name="forward",
        type="filter",
        hook="forward",
        priority="filter",
        policy=ACCEPT if policy.is_open or policy.is_partial else DROP,
        rules=rules,
    )


def _node(policy: FirewallPolicy, topology: Topology) -> tuple[Chain | None, ...]:
    node = policy.node
    if node is None:
        return ()
    checked_name(node.interface)
    return (
        _filter("node_mark", "prerouting", "mangle", forward.marking(node)),
        _filter("node_answers", "prerouting", "mangle", forward.answers(node, topology)),
        _chain("node_listen", "nat", "prerouting", "dstnat", forward.arriving(node, topology)),
        _chain("node_nat", "nat", "postrouting", "srcnat", forward.leaving(node, topology)),
    )


def _egress(policy: FirewallPolicy, topology: Topology) -> Chain:
    return Chain(
        name="egress",
        type="filter",
        hook="egress",
        priority="filter",
        policy=ACCEPT if policy.is_partial else DROP,
        devices=tuple(name for name, _ in topology.hooks),
        rules=egress(policy, topology),
    )


def _ingress(topology: Topology) -> Chain:
    return Chain(
        name="ingress",
        type="filter",
        hook="ingress",
        priority="filter",
        devices=tuple(name for name, _ in topology.hooks),
        rules=ingress(),
    )


def _filter(name: str, hook: str, priority: str, rules: tuple[Rule, ...]) -> Chain | None:
    return _chain(name, "filter", hook, priority, rules)


def _chain(name: str, kind: str, hook: str, priority: str, rules: tuple[Rule, ...]) -> Chain | None:
    """Return a chain that lets pass what none of its ``rules`` stops; None without any."""
    if not rules:
        return None
    return Chain(name=name, type=kind, hook=hook, priority=priority, rules=rules)

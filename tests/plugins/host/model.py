"""A model of how Linux routes, for what the planner decides: rules, then tables."""

from __future__ import annotations

from ipaddress import ip_network

import attrs

from worldvpn_core.types import IpAddress, IpNetwork
from worldvpn_host.routes import MAIN, Action, Held, Rule, family_of

REFUSED = "refused"
UPLINK = "uplink"
ON_LINK = "on link"


@attrs.frozen(kw_only=True)
class Sent:
    """A packet about to be routed; ``bound`` to the uplink's device or not."""

    destination: IpAddress
    mark: int = 0
    iif: str = ""
    ip_protocol: int = 6
    source_port: int = 40_000
    destination_port: int = 443
    bound: bool = False


@attrs.frozen(kw_only=True)
class Main:
    """The host's own table: one connected prefix a family, and a default."""

    connected: tuple[IpNetwork, ...]


def way(held: Held, main: Main, sent: Sent) -> str | int:
    """Return where ``sent`` goes: REFUSED, UPLINK, ON_LINK or the index of a link."""
    family = family_of(ip_network(sent.destination))
    ordered = sorted(
        (rule for rule in held.rules if rule.family == family),
        key=lambda rule: (rule.priority, rule.action != Action.GOTO),
    )
    for rule in ordered:
        if not _selects(rule, sent):
            continue
        if rule.action == Action.GOTO:
            break
        if rule.action == Action.UNREACHABLE:
            return REFUSED
        found = _in_main(rule, main, sent) if rule.table == MAIN else _in_ours(held, sent)
        if found is not None:
            return found
    return _in_main(Rule(family=family, priority=0), main, sent) or REFUSED


def _selects(rule: Rule, sent: Sent) -> bool:
    matches = (
        (rule.destination is None or sent.destination in rule.destination)
        and (not rule.mask or sent.mark & rule.mask == rule.mark)
        and (not rule.iif or sent.iif == rule.iif)
        and (not rule.ip_protocol or sent.ip_protocol == rule.ip_protocol)
        and (not rule.source_port or sent.source_port == rule.source_port)
        and (not rule.destination_port or sent.destination_port == rule.destination_port)
    )
    return matches is not rule.invert


def _in_main(rule: Rule, main: Main, sent: Sent) -> str | None:
    if any(sent.destination in prefix for prefix in main.connected):
        return ON_LINK
    return UPLINK if rule.suppress < 0 else None


def _in_ours(held: Held, sent: Sent) -> str | int | None:
    routes = sorted(
        (route for route in held.routes if sent.destination in route.destination),
        key=lambda route: (-route.destination.prefixlen, route.metric),
    )
    for route in routes:
        # A bound socket passes over other devices' routes, and in IPv6 over those
        # that lead nowhere, too.
        if not sent.bound:
            return route.device or REFUSED
        if not route.device and sent.destination.version == 4:
            return REFUSED
    return None

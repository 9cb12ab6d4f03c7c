"""What must hold in each state: four pure functions of state, sharing and settings.

``firewall_policy``, ``routing_policy`` and ``dns_policy`` are total; each is enforced
for the whole time its state lasts, firewall first. The table they follow, and why:
docs/security.md.
"""

from __future__ import annotations

import enum
from typing import Final, assert_never

from worldvpn_core.policy import (
    DnsPolicy,
    FirewallPolicy,
    NodePolicy,
    OuterRule,
    PolicySet,
    RoutingPolicy,
    TunnelLink,
    TunnelRule,
)
from worldvpn_core.settings import Settings
from worldvpn_core.share.classes import TrafficClass, refused_ranges
from worldvpn_core.share.plan import NodeLink, is_prober
from worldvpn_core.share.rates import rates_of
from worldvpn_core.share.states import Draining, Off, Opening, ShareState
from worldvpn_core.tunnel.machine import plan_of
from worldvpn_core.tunnel.states import (
    Blocked,
    Connected,
    Connecting,
    Disconnected,
    Disconnecting,
    Paused,
    State,
    Switching,
)
from worldvpn_core.types import (
    EVERYTHING,
    Cause,
    Endpoint,
    IpAddress,
    IpNetwork,
    Link,
    LocalProxy,
    Path,
    TunnelInfo,
    TunnelPlan,
)


class KeepsSharing(enum.Enum):
    """The answer that nothing about sharing changes."""

    KEEPS = "keeps"


KEEPS: Final = KeepsSharing.KEEPS
HELD_BY_BLOCK: Final = Cause(
    code="share.blocked",
    detail="this computer is blocked, and nobody is served until it is connected again",
    retryable=True,
)
HELD_BY_LOCKDOWN: Final = Cause(
    code="share.lockdown",
    detail="in lockdown nobody is served until this computer is connected",
    retryable=True,
)
#: What a guest never reaches, whatever the owner chose: mail, for spam would be the owner's.
ALWAYS_REFUSED_PORTS: Final = (25,)


def firewall_policy(
    state: State,
    share: ShareState,
    settings: Settings,
    bootstrap: tuple[Endpoint, ...] = (),
    router: tuple[Endpoint, ...] = (),
) -> PolicySet:
    """Return the rules that must hold for the whole time ``state`` does.

    Our marked sockets reach ``bootstrap`` while there is no tunnel, ``router`` in every state.
    """
    if is_open(state, settings):
        unheld = FirewallPolicy(protects=(), node=_node(share))
        return PolicySet(host=unheld, node=node_policy(share, settings))
    outer: tuple[OuterRule, ...] = ()
    tunnels: tuple[TunnelRule, ...] = ()
    match state:
        case Disconnected() | Paused() | Blocked():
            pass
        case Connecting(outer_endpoints=endpoints):
            outer = _marked(endpoints)
        case Connected(plan=plan, tunnel=tunnel):
            outer, tunnels = _outer(tunnel), (_tunnel_rule(plan, tunnel.path, settings),)
        case Switching(old=old, plan=plan, outer_endpoints=endpoints, moved=moved):
            path = Link(name=plan.interface) if moved is None else moved.path
            outer = tuple(dict.fromkeys((*_outer(old.tunnel), *_marked(endpoints))))
            tunnels = (
                _tunnel_rule(old.plan, old.tunnel.path, settings),
                _tunnel_rule(plan, path, settings),
            )
        case Disconnecting(then=then):
            outer = _marked(then.outer_endpoints) if isinstance(then, Connecting) else ()
        case _:
            assert_never(state)
    host = FirewallPolicy(
        protects=protected(state, settings),
        outer=outer,
        bootstrap=router if isinstance(state, Connected | Switching) else (*bootstrap, *router),
        tunnels=tunnels,
        allow_lan=settings.allow_lan,
        node=_node(share),
    )
    return PolicySet(host=host, node=node_policy(share, settings))


def routing_policy(state: State, share: ShareState, settings: Settings) -> RoutingPolicy:
    """Return where packets must go for the whole time ``state`` lasts."""
    match state:
        case Connected(plan=plan, tunnel=tunnel):
            return _routed(state, share, settings, live=(plan, tunnel), links=(plan,))
        case Switching(old=old, plan=plan, moved=moved):
            if moved is None:
                return _routed(state, share, settings, live=(old.plan, old.tunnel), links=())
            return _routed(state, share, settings, live=(plan, moved), links=(old.plan, plan))
        case Disconnected() | Paused():
            return RoutingPolicy(held=False, node=_node(share))
        case Connecting() | Disconnecting() | Blocked():
            if is_open(state, settings):
                return RoutingPolicy(held=False, node=_node(share))
            return RoutingPolicy(
                held=True,
                protects=protected(state, settings),
                allow_lan=settings.allow_lan,
                node=_node(share),
            )
        case _:
            assert_never(state)


def node_policy(share: ShareState, settings: Settings) -> NodePolicy | None:
    """Return what must hold in the node's namespace while ``share`` lasts; None: there is none."""
    if isinstance(share, Off | Opening) or share.node is None:
        return None
    rates = rates_of(settings)
    return NodePolicy(
        link=share.link,
        # The central server's own peer gets no further than the node: it is no guest.
        guests=tuple(
            address
            for guest in share.guests
            for address in guest.addresses
            if not is_prober(address, share.plan.prefixes)
        ),
        sent=tuple(
            address
            for guest in share.guests
            for address in guest.addresses
            if guest.is_sent and not is_prober(address, share.plan.prefixes)
        ),
        refused=refused_ranges(
            settings.refused_classes, (*ALWAYS_REFUSED_PORTS, *settings.share_refused_ports)
        ),
        refuses_other=TrafficClass.OTHER in settings.refused_classes,
        rate_bps=rates.together_bps,
        guest_rate_bps=rates.each_bps,
        sent_rate_bps=rates.each_sent_bps,
        most_flows=settings.share_guest_flows,
        most_guests=share.plan.guests,
        is_draining=isinstance(share, Draining),
    )


def share_hold(state: State, settings: Settings) -> Cause | KeepsSharing | None:
    """Return why the node must drain in ``state``; None: it may serve.

    ``KEEPS``: the state passes, and the node stays as it is.
    """
    if settings.share_while_blocked:
        return None
    match state:
        case Blocked():
            return HELD_BY_BLOCK
        case Disconnected() | Paused() if settings.lockdown:
            return HELD_BY_LOCKDOWN
        case Connecting() | Switching() | Disconnecting():
            return KEEPS
        case _:
            return None


def dns_policy(state: State, settings: Settings) -> DnsPolicy:
    """Return where this host's programs must ask for names while ``state`` lasts."""
    match state:
        case Connected(plan=plan):
            return _dns(plan, plan.interface)
        case Switching(old=old, plan=plan, moved=moved):
            return _dns(old.plan if moved is None else plan, interface_of(state))
        case Disconnected() | Paused():
            return DnsPolicy(held=False)
        case Connecting() | Disconnecting() | Blocked():
            if is_open(state, settings):
                return DnsPolicy(held=False)
            wanted = plan_of(state)
            return DnsPolicy(held=True) if wanted is None else _dns(wanted, None)
        case _:
            assert_never(state)


def is_open(state: State, settings: Settings) -> bool:
    """Say whether nothing of ours stands between this host and its network."""
    if settings.lockdown:
        return False
    return not settings.kill_switch or isinstance(state, Disconnected | Paused)


def protected(state: State, settings: Settings) -> tuple[IpNetwork, ...]:
    """Return the destinations that must not be reached outside a tunnel in ``state``."""
    plans = [plan_of(state)]
    if isinstance(state, Switching):
        plans.append(state.old.plan)
    whole = settings.lockdown or any(plan is None or not plan.partial for plan in plans)
    if whole:
        return EVERYTHING
    return tuple(dict.fromkeys(net for plan in plans if plan for net in plan.allowed))


def interface_of(state: State) -> str | None:
    """Return the interface traffic takes in ``state``, or None where there is none."""
    match state:
        case Connected(tunnel=TunnelInfo(path=Link(name=name))):
            return name
        case Switching(moved=TunnelInfo(path=Link(name=name))):
            return name
        case Switching(old=old, moved=None):
            return interface_of(old)
        case _:
            return None


def _routed(
    state: Connected | Switching,
    share: ShareState,
    settings: Settings,
    *,
    live: tuple[TunnelPlan, TunnelInfo],
    links: tuple[TunnelPlan, ...],
) -> RoutingPolicy:
    plan, tunnel = live
    # While the second tunnel is only opening, the first one's link is as it was.
    links = links or (plan,)
    return RoutingPolicy(
        held=True,
        protects=protected(state, settings),
        links=tuple(TunnelLink(interface=p.interface, addresses=p.addresses) for p in links),
        live=tunnel.path.name if isinstance(tunnel.path, Link) else None,
        allowed=plan.allowed,
        inside=_inside(plan),
        retired=state.retired if isinstance(state, Connected) else (),
        allow_lan=settings.allow_lan,
        node=_node(share),
    )


def _inside(plan: TunnelPlan) -> tuple[IpAddress, ...]:
    own = (interface.ip for interface in plan.addresses)
    return tuple(dict.fromkeys((*own, *(upstream.host for upstream in plan.upstreams))))


def _dns(plan: TunnelPlan, interface: str | None) -> DnsPolicy:
    if plan.partial and not plan.upstreams:
        return DnsPolicy(held=False)
    return DnsPolicy(
        held=True, upstreams=plan.upstreams, search=plan.dns_search, interface=interface
    )


def _tunnel_rule(plan: TunnelPlan, path: Path, settings: Settings) -> TunnelRule:
    return TunnelRule(
        path=path,
        addresses=tuple(interface.ip for interface in plan.addresses),
        allowed=plan.allowed,
        dns=tuple(upstream.host for upstream in plan.upstreams),
        inbound=settings.tunnel_inbound,
    )


def _outer(tunnel: TunnelInfo) -> tuple[OuterRule, ...]:
    uid = tunnel.path.uid if isinstance(tunnel.path, LocalProxy) else None
    return tuple(OuterRule(endpoint=endpoint, uid=uid) for endpoint in tunnel.outer_endpoints)


def _marked(endpoints: tuple[Endpoint, ...]) -> tuple[OuterRule, ...]:
    return tuple(OuterRule(endpoint=endpoint) for endpoint in endpoints)


def _node(share: ShareState) -> NodeLink | None:
    return None if isinstance(share, Off) else share.link

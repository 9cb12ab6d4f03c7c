"""Values for tests: one plausible plan, tunnel and state of each kind, and variations."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address, ip_interface, ip_network
from typing import Final

from worldvpn_core.share.plan import Guest, ListenerInfo, NodeLink, SharePlan
from worldvpn_core.share.states import Draining, Off, Opening, Serving, ShareState
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
    NODE,
    Cause,
    DnsUpstream,
    Endpoint,
    Link,
    Profile,
    Server,
    TunnelInfo,
    TunnelPlan,
)

UNTIL: Final = datetime(2030, 1, 1, tzinfo=UTC)
SILENT: Final = Cause(code="transport.silent", detail="no answer", retryable=True)
REFUSED: Final = Cause(code="transport.auth_rejected", detail="keys refused", retryable=False)
BROKEN: Final = Cause(code="protection.firewall", detail="rules refused", retryable=False)


def plan(attempt: int = 1, *, partial: bool = False, profile_id: str = "home") -> TunnelPlan:
    """Return the plan of ``attempt``; each attempt has a remote and addresses of its own."""
    return TunnelPlan(
        attempt=attempt,
        profile_id=profile_id,
        transport="fake",
        interface=f"wv{attempt}",
        remotes=(Endpoint(host=ip_address(f"203.0.113.{attempt}"), port=51_820),),
        addresses=(
            ip_interface(f"10.64.0.{attempt + 1}/32"),
            ip_interface(f"fd64::{attempt + 1}/128"),
        ),
        allowed=(ip_network("10.20.0.0/16"),)
        if partial
        else (
            ip_network("0.0.0.0/0"),
            ip_network("::/0"),
        ),
        partial=partial,
        upstreams=(DnsUpstream(host=ip_address("10.64.0.1")),),
    )


def tunnel(of: TunnelPlan) -> TunnelInfo:
    """Return what an honest transport reports for the plan ``of``."""
    return TunnelInfo(path=Link(name=of.interface), outer_endpoints=of.remotes)


def connecting(attempt: int = 1, *, partial: bool = False) -> Connecting:
    """Return the state while ``attempt`` opens."""
    made = plan(attempt, partial=partial)
    return Connecting(plan=made, outer_endpoints=made.remotes)


def connected(attempt: int = 1, *, partial: bool = False) -> Connected:
    """Return the state while ``attempt`` is open."""
    made = plan(attempt, partial=partial)
    return Connected(plan=made, tunnel=tunnel(made))


def switching(*, moved: bool = False) -> Switching:
    """Return the state between attempts 1 and 2, before or after traffic has moved."""
    new = plan(2)
    return Switching(
        old=connected(1),
        plan=new,
        outer_endpoints=new.remotes,
        moved=tunnel(new) if moved else None,
    )


def states() -> tuple[State, ...]:
    """Return one of each state, and of each variation that policies depend on."""
    return (
        Disconnected(),
        connecting(),
        connecting(partial=True),
        connected(),
        connected(partial=True),
        switching(),
        switching(moved=True),
        Paused(until_utc=UNTIL, plan=plan()),
        Disconnecting(then=Disconnected(), plan=plan()),
        Disconnecting(then=connecting(2), plan=plan()),
        Disconnecting(then=Blocked(cause=SILENT, plan=plan()), plan=plan()),
        Disconnecting(then=Paused(until_utc=UNTIL, plan=plan()), plan=plan()),
        Blocked(cause=SILENT),
        Blocked(cause=SILENT, plan=plan()),
        Blocked(cause=SILENT, plan=plan(partial=True)),
        Blocked(cause=BROKEN, plan=plan(), enforced=False),
    )


def share_states() -> tuple[ShareState, ...]:
    """Return one of each state of the node."""
    link = node_link()
    plan = share_plan()
    node = ListenerInfo(public_key=bytes(32), listen=link.listen, addresses=(link.listen[0].host,))
    guests = (guest(),)
    return (
        Off(),
        Opening(plan=plan, link=link, guests=guests),
        Serving(plan=plan, link=link, node=node, guests=guests),
        Draining(plan=plan, link=link, node=node, guests=guests),
        Draining(plan=plan, link=link, node=None, is_closing=True),
        Draining(
            plan=plan,
            link=link,
            node=node,
            is_closing=True,
            then=Opening(plan=share_plan(2), link=link, guests=guests),
        ),
    )


def node_link() -> NodeLink:
    """Return where a node's namespace meets the host."""
    return NodeLink(
        interface=NODE,
        prefixes=share_plan().prefixes,
        listen=(
            Endpoint(host=ip_address("10.66.0.2"), port=51_820),
            Endpoint(host=ip_address("fd66::2"), port=51_820),
        ),
    )


def share_plan(attempt: int = 1) -> SharePlan:
    """Return what a node offers, in both families."""
    prefixes = (ip_network("10.66.0.0/24"), ip_network("fd66::/64"))
    return SharePlan(attempt=attempt, listen_port=51_820, prefixes=prefixes, guests=2)


def guest(number: int = 1) -> Guest:
    """Return one of several guests."""
    addresses = ip_address(f"10.66.0.{number + 3}"), ip_address(f"fd66::{number + 3:x}")
    return Guest(public_key=bytes([number]) * 32, addresses=addresses)


def profile(name: str = "home", *servers: Server) -> Profile:
    """Return a profile of the fake transport."""
    return Profile(
        id=name,
        name=name,
        transport="fake",
        servers=servers or (Server(host="203.0.113.1", port=51_820),),
        addresses=(ip_interface("10.64.0.2/32"), ip_interface("fd64::2/128")),
        dns_servers=(ip_address("10.64.0.1"),),
        options=(("key", "secret"),),
    )

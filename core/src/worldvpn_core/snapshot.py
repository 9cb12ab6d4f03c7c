"""What clients are shown: the state and all around it, as one JSON object. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from worldvpn_core.central.place import PREFIX
from worldvpn_core.decide import interface_of, protected
from worldvpn_core.policy import FirewallFacts
from worldvpn_core.settings import Settings
from worldvpn_core.tunnel.machine import plan_of
from worldvpn_core.tunnel.states import (
    Blocked,
    Connected,
    Connecting,
    Disconnecting,
    Paused,
    State,
    Switching,
)
from worldvpn_core.types import Cause, Counters, Endpoint, TunnelInfo, TunnelPlan

VERSION = 1


@attrs.frozen(kw_only=True)
class Around:
    """What a snapshot tells besides the state itself."""

    settings: Settings
    profile_names: Mapping[str, str]
    #: How people write the names of transports that the directory's nodes are used by.
    labels: Mapping[str, str]
    since_utc: datetime
    counters: Counters
    mtu_bytes: int | None
    retry_in_s: float | None
    firewall: FirewallFacts
    dns: str | None
    sharing: Mapping[str, object]
    account: Mapping[str, object]
    session: Mapping[str, object] | None
    notices: tuple[tuple[str, str], ...]
    daemon: Mapping[str, object]


def snapshot(state: State, around: Around) -> dict[str, object]:
    """Return all that clients may know. Holds no secret: plans are shown by what they name."""
    settings = around.settings
    return {
        "version": VERSION,
        "tunnel": _tunnel(state, around),
        "session": None if around.session is None else dict(around.session),
        "account": dict(around.account),
        "sharing": dict(around.sharing),
        "protection": {
            "kill_switch": settings.kill_switch,
            "lockdown": settings.lockdown,
            "allow_lan": settings.allow_lan,
            "firewall": around.firewall.name,
            "egress_hook": around.firewall.egress_hook,
            "dns": around.dns,
        },
        "notices": [{"code": code, "text": text} for code, text in around.notices],
        "daemon": dict(around.daemon),
    }


def state_name(state: State) -> str:
    """Return the name of ``state`` that clients match: stable, lower case."""
    return type(state).__name__.lower()


def _tunnel(state: State, around: Around) -> dict[str, object]:
    plan, info = shown(state)
    cause = state.cause if isinstance(state, Blocked) else None
    return {
        "state": state_name(state),
        "profile": _profile(plan, around),
        "transport": plan.transport if plan else None,
        "transport_label": around.labels.get(plan.transport) if plan else None,
        "transport_chosen": bool(plan and plan.transport == around.settings.protocol),
        "engine": info.engine if info else None,
        "interface": interface_of(state),
        "endpoints": [str(endpoint) for endpoint in _endpoints(state)],
        "addresses": [str(interface.ip) for interface in plan.addresses] if plan else [],
        "dns": [str(upstream.host) for upstream in plan.upstreams] if plan else [],
        "mtu_bytes": around.mtu_bytes,
        "partial": bool(plan and plan.partial),
        "protects": [str(network) for network in protected(state, around.settings)],
        "received_bytes": around.counters.received_bytes,
        "sent_bytes": around.counters.sent_bytes,
        "since_utc": around.since_utc.isoformat(),
        "cause": _cause(cause),
        "retry_in_s": around.retry_in_s,
        "paused_until_utc": state.until_utc.isoformat() if isinstance(state, Paused) else None,
        "enforced": state.enforced if isinstance(state, Blocked) else True,
        "next": _next(state, around),
    }


def shown(state: State) -> tuple[TunnelPlan | None, TunnelInfo | None]:
    """Return the plan and tunnel that traffic takes now, or would."""
    match state:
        case Connected():
            return state.plan, state.tunnel
        case Switching(old=old, moved=None):
            return old.plan, old.tunnel
        case Switching():
            return state.plan, state.moved
        case _:
            return plan_of(state), None


def _endpoints(state: State) -> tuple[Endpoint, ...]:
    match state:
        case Connecting():
            return state.outer_endpoints
        case _:
            _plan, info = shown(state)
            return info.outer_endpoints if info else ()


def _profile(plan: TunnelPlan | None, around: Around) -> dict[str, str] | None:
    if plan is None:
        return None
    place = plan.profile_id.removeprefix(PREFIX)
    name = around.profile_names.get(plan.profile_id, place)
    return {"id": plan.profile_id, "name": name}


def _next(state: State, around: Around) -> str | None:
    match state:
        case Disconnecting(then=then):
            return state_name(then)
        case Switching(plan=plan):
            return around.profile_names.get(plan.profile_id, plan.profile_id)
        case _:
            return None


def _cause(cause: Cause | None) -> dict[str, object] | None:
    if cause is None:
        return None
    return {"code": cause.code, "detail": cause.detail, "retryable": cause.retryable}

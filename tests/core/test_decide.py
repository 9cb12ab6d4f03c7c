"""What holds in each state: total over states, sharing and settings."""

from __future__ import annotations

import itertools

import attrs
import pytest

from worldvpn_core.decide import (
    KEEPS,
    dns_policy,
    firewall_policy,
    interface_of,
    protected,
    routing_policy,
    share_hold,
)
from worldvpn_core.policy import FirewallPolicy, RoutingPolicy
from worldvpn_core.settings import Settings
from worldvpn_core.share.states import Draining, Off, Opening, ShareState
from worldvpn_core.testing import samples
from worldvpn_core.testing.samples import connected, connecting, plan
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
from worldvpn_core.types import EVERYTHING, Carrier, Endpoint, Link

BOOTSTRAP = (Endpoint(host=plan().upstreams[0].host, port=443, carrier=Carrier.TCP),)
SETTINGS = [
    Settings(kill_switch=kill_switch, lockdown=lockdown, allow_lan=lan, tunnel_inbound=inbound)
    for kill_switch, lockdown, lan, inbound in itertools.product((True, False), repeat=4)
    if kill_switch or not lockdown
]
everything = pytest.mark.parametrize(
    ("state", "share", "settings"),
    list(itertools.product(samples.states(), samples.share_states(), SETTINGS)),
)


def _host(state: State, settings: Settings | None = None) -> FirewallPolicy:
    return firewall_policy(state, Off(), settings or Settings(), BOOTSTRAP).host


@everything
def test_only_disconnected_and_paused_without_lockdown_let_traffic_flow_free(
    state: State, share: ShareState, settings: Settings
) -> None:
    policy = firewall_policy(state, share, settings, BOOTSTRAP).host

    free = isinstance(state, Disconnected | Paused) and not settings.lockdown
    assert policy.is_open == (free or not settings.kill_switch)


@everything
def test_every_state_has_all_three_policies(
    state: State, share: ShareState, settings: Settings
) -> None:
    assert firewall_policy(state, share, settings).host.allow_lan in {settings.allow_lan, False}
    assert isinstance(routing_policy(state, share, settings), RoutingPolicy)
    assert dns_policy(state, settings).held in {True, False}


@everything
def test_routes_lead_into_a_tunnel_only_while_one_is_open(
    state: State, share: ShareState, settings: Settings
) -> None:
    routing = routing_policy(state, share, settings)

    assert (routing.live is not None) == isinstance(state, Connected | Switching)
    assert routing.live == interface_of(state)


@everything
def test_sharing_never_widens_what_the_host_itself_may_send(
    state: State, share: ShareState, settings: Settings
) -> None:
    alone = firewall_policy(state, Off(), settings, BOOTSTRAP).host
    shared = firewall_policy(state, share, settings, BOOTSTRAP).host

    assert (shared.protects, shared.outer, shared.bootstrap, shared.tunnels) == (
        alone.protects,
        alone.outer,
        alone.bootstrap,
        alone.tunnels,
    )
    assert shared.node == (None if isinstance(share, Off) else share.link)


@everything
def test_under_lockdown_everything_is_protected(
    state: State, share: ShareState, settings: Settings
) -> None:
    policy = firewall_policy(state, share, settings).host

    assert not settings.lockdown or policy.protects == EVERYTHING


def test_connecting_admits_exactly_its_endpoints_and_no_tunnel() -> None:
    state = connecting()

    policy = _host(state)

    assert [rule.endpoint for rule in policy.outer] == list(state.outer_endpoints)
    assert policy.tunnels == ()
    assert policy.bootstrap == BOOTSTRAP


def test_connected_reaches_the_central_server_in_the_tunnel_only() -> None:
    assert _host(connected()).bootstrap == ()


def test_connected_lets_names_be_asked_only_of_the_plans_servers() -> None:
    (rule,) = _host(connected()).tunnels

    assert rule.path == Link(name="wv1")
    assert rule.dns == tuple(upstream.host for upstream in plan().upstreams)
    assert rule.addresses == tuple(interface.ip for interface in plan().addresses)


def test_switching_admits_both_paths() -> None:
    policy = _host(samples.switching())

    assert [rule.endpoint for rule in policy.outer] == [*plan(1).remotes, *plan(2).remotes]
    assert [rule.path for rule in policy.tunnels] == [Link(name="wv1"), Link(name="wv2")]


def test_traffic_moves_to_the_new_tunnel_in_one_step_of_switching() -> None:
    before = routing_policy(samples.switching(), Off(), Settings())
    after = routing_policy(samples.switching(moved=True), Off(), Settings())

    assert (before.live, after.live) == ("wv1", "wv2")
    assert [link.interface for link in after.links] == ["wv1", "wv2"]


@pytest.mark.parametrize("state", samples.states(), ids=lambda state: type(state).__name__)
def test_disconnecting_is_never_wider_than_connected(state: State) -> None:
    leaving = _host(Disconnecting(then=Disconnected(), plan=plan()))

    assert leaving.protects == EVERYTHING
    assert leaving.tunnels == ()
    assert leaving.outer == ()
    assert (
        not isinstance(state, Connecting)
        or _host(Disconnecting(then=state, plan=plan())).outer == _host(state).outer
    )


def test_partial_tunnel_protects_only_its_prefixes_even_once_fallen() -> None:
    fallen = Blocked(cause=samples.SILENT, plan=plan(partial=True))

    assert _host(fallen).is_partial
    assert _host(fallen).protects == plan(partial=True).allowed


def test_switching_from_a_whole_tunnel_to_a_partial_one_protects_everything_until_done() -> None:
    new = plan(2, partial=True)
    state = Switching(old=connected(1), plan=new, outer_endpoints=new.remotes)

    assert protected(state, Settings()) == EVERYTHING


@pytest.mark.parametrize(
    "state",
    [connecting(), Blocked(cause=samples.SILENT), Disconnecting(then=Disconnected(), plan=plan())],
    ids=lambda state: type(state).__name__,
)
def test_without_a_tunnel_what_is_protected_is_unreachable_by_routes_too(state: State) -> None:
    routing = routing_policy(state, Off(), Settings())

    assert routing.held
    assert routing.live is None
    assert routing.protects == EVERYTHING


@pytest.mark.parametrize("state", samples.states(), ids=lambda state: type(state).__name__)
def test_resolver_is_held_from_connecting_until_disconnected(state: State) -> None:
    assert dns_policy(state, Settings()).held == (not isinstance(state, Disconnected | Paused))


def test_kill_switch_off_opens_the_host_when_the_tunnel_falls() -> None:
    off = Settings(kill_switch=False)
    fallen = Blocked(cause=samples.SILENT, plan=plan())

    assert _host(fallen, off).is_open
    assert not routing_policy(fallen, Off(), off).held
    assert not dns_policy(fallen, off).held


@everything
def test_guests_are_let_through_only_while_a_node_serves_or_drains(
    state: State, share: ShareState, settings: Settings
) -> None:
    node = firewall_policy(state, share, settings).node

    is_there = not isinstance(share, Off | Opening) and share.node is not None
    assert (node is not None) == is_there
    if node is not None and not isinstance(share, Off):
        assert node.is_draining == isinstance(share, Draining)
        assert {*node.guests} == {one for guest in share.guests for one in guest.addresses}
        assert any(first <= 25 <= last for first, last in node.refused)


@everything
def test_the_nodes_rules_do_not_depend_on_the_owners_tunnel(
    state: State, share: ShareState, settings: Settings
) -> None:
    node = firewall_policy(state, share, settings).node

    assert node == firewall_policy(Disconnected(), share, settings).node
    assert routing_policy(state, share, settings).node == (
        None if isinstance(share, Off) else share.link
    )


@everything
def test_a_blocked_host_serves_nobody_unless_the_owner_chose_so(
    state: State, share: ShareState, settings: Settings
) -> None:
    del share
    hold = share_hold(state, settings)
    chosen = attrs.evolve(settings, share_while_blocked=True)

    assert share_hold(state, chosen) is None
    if isinstance(state, Blocked):
        assert hold not in {None, KEEPS}
    if isinstance(state, Connected):
        assert hold is None
    if isinstance(state, Disconnected | Paused):
        assert (hold is None) != settings.lockdown

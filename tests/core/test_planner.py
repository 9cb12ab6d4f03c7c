"""From profile to plan: names, turns, resolvers, partial tunnels."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import attrs
import pytest

from worldvpn_core.errors import ConfigError, ResolutionError
from worldvpn_core.planner import Resolvers, Turn, look_up, remember, tunnel_plan
from worldvpn_core.testing.fakes import FakeLinks, FakeTransport
from worldvpn_core.testing.samples import profile
from worldvpn_core.types import IpAddress, Profile, Server, TunnelPlan

pytestmark = pytest.mark.anyio

V4, OTHER, V6 = (ip_address(a) for a in ("198.51.100.7", "198.51.100.8", "2001:db8::7"))
NAMED = profile("home", Server(host="node.example", port=51_820))
HOSTS = {"node.example": (V6, V4, OTHER)}
PUBLIC = (ip_address("9.9.9.9"), ip_address("2620:fe::fe"))


def _plan(
    of: Profile, turn: Turn | None = None, *, chosen: tuple[IpAddress, ...] = ()
) -> TunnelPlan:
    hosts = {"node.example": HOSTS["node.example"], "203.0.113.1": (ip_address("203.0.113.1"),)}
    transport = FakeTransport(FakeLinks())
    resolvers = Resolvers(chosen=chosen, default=PUBLIC)
    return tunnel_plan(of, transport, hosts, turn or Turn(attempt=1), resolvers=resolvers)


async def _found(_name: str) -> tuple[IpAddress, ...]:
    return HOSTS["node.example"]


async def _unfound(name: str) -> tuple[IpAddress, ...]:
    raise ResolutionError(f"{name} has no address")


async def test_name_is_asked_for_and_remembered() -> None:
    hosts = await look_up(NAMED, _found, fresh=True)

    assert hosts == HOSTS
    assert dict(remember(NAMED, hosts).known_hosts) == HOSTS


async def test_known_name_is_not_asked_for_while_protected() -> None:
    known = remember(NAMED, {"node.example": (V4,)})

    assert await look_up(known, _unfound, fresh=False) == {"node.example": (V4,)}


async def test_name_that_cannot_be_asked_for_falls_back_on_what_is_known() -> None:
    known = remember(NAMED, {"node.example": (V4,)})

    assert await look_up(known, _unfound, fresh=True) == {"node.example": (V4,)}


async def test_name_without_any_address_is_said() -> None:
    with pytest.raises(ResolutionError, match=r"node\.example"):
        await look_up(NAMED, _unfound, fresh=True)


def test_each_failure_takes_the_next_address_by_families_in_turn() -> None:
    tried = [_plan(NAMED, Turn(attempt=n + 1, failures=n)).remotes[0].host for n in range(4)]

    assert tried == [V4, V6, OTHER, V4]


def test_core_names_the_interface_by_the_attempt() -> None:
    assert _plan(profile(), Turn(attempt=7)).interface == "wv7"


def test_profile_keeps_its_own_resolvers() -> None:
    assert [upstream.host for upstream in _plan(profile()).upstreams] == [*profile().dns_servers]


def test_profile_without_resolvers_asks_public_ones_its_tunnel_reaches() -> None:
    only_v4 = attrs.evolve(profile(), dns_servers=(), allowed=(ip_network("0.0.0.0/0"),))

    assert [upstream.host for upstream in _plan(only_v4).upstreams] == [PUBLIC[0]]


def test_resolvers_that_the_owner_chose_come_before_the_profiles_own() -> None:
    chosen = (ip_address("10.64.0.1"), ip_address("2620:fe::9"))
    only_v4 = attrs.evolve(profile(), allowed=(ip_network("0.0.0.0/0"),))

    assert [upstream.host for upstream in _plan(only_v4, chosen=chosen).upstreams] == [chosen[0]]


def test_chosen_resolvers_that_no_tunnel_reaches_leave_the_profile_its_own() -> None:
    only_v4 = attrs.evolve(profile(), allowed=(ip_network("0.0.0.0/0"),))
    made = _plan(only_v4, chosen=(ip_address("2620:fe::9"),))

    assert [upstream.host for upstream in made.upstreams] == [*profile().dns_servers]


def test_partial_tunnel_keeps_its_own_resolvers_whatever_was_chosen() -> None:
    narrow = attrs.evolve(profile(), allowed=(ip_network("10.0.0.0/8"),))
    made = _plan(narrow, Turn(attempt=1, partial=True), chosen=(ip_address("10.64.0.1"),))

    assert [upstream.host for upstream in made.upstreams] == [*profile().dns_servers]


def test_partial_tunnel_of_everything_is_refused() -> None:
    with pytest.raises(ConfigError, match="covers everything"):
        _plan(profile(), Turn(attempt=1, partial=True))


def test_partial_tunnel_gets_no_public_resolvers() -> None:
    narrow = attrs.evolve(profile(), dns_servers=(), allowed=(ip_network("10.0.0.0/8"),))

    assert _plan(narrow, Turn(attempt=1, partial=True)).upstreams == ()


def test_options_are_the_transports_own_and_hidden() -> None:
    made = _plan(profile())

    assert made.options == (("key", "secret"),)
    assert "secret" not in repr(made)

"""What is left, what is repaired and what is refused, on a real kernel."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import attrs
import pytest

from tests.plugins.host.conftest import Host
from tests.plugins.host.policies import (
    BLOCKED,
    LAN_LIVE,
    LIVE,
    RELEASED,
    SHARING,
    way,
)
from worldvpn_core.contracts import LinkFacts
from worldvpn_core.errors import RoutingError
from worldvpn_host.netlink import NLM_F_CREATE, Request
from worldvpn_host.route_codec import RTM_NEWRULE, write_rule
from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.routes import Route
from worldvpn_host.routing import KernelRouting
from worldvpn_host.routing_plan import Facts, plan
from worldvpn_host.routing_reader import containers

pytestmark = [pytest.mark.anyio, pytest.mark.netns]


async def test_a_gateway_route_that_landed_on_the_tunnel_is_put_back(
    host: Host, routing: KernelRouting
) -> None:
    await routing.apply(LIVE)
    host.run("ip route add 203.0.113.0/24 via 192.168.1.1")
    landed = host.run("ip route show 203.0.113.0/24")
    await routing.apply(LIVE)
    assert "dev wv0" in landed
    assert host.run("ip route show 203.0.113.0/24").split()[:5] == (
        ["203.0.113.0/24", "via", "192.168.1.1", "dev", "eth0"]
    )


async def test_foreign_rules_and_routes_in_our_table_are_removed(
    host: Host, routing: KernelRouting
) -> None:
    await routing.apply(LIVE)
    meant = host.run("ip rule"), host.run("ip route show table 22358")
    host.run("ip rule add from 192.168.1.5 lookup 22358 priority 5104")
    host.run("ip rule add lookup main priority 5090 protocol 87")
    host.run("ip route add 198.51.100.0/24 via 192.168.1.1 dev eth0 table 22358")
    host.run("ip route append default dev eth0 table 22358 metric 1024")
    await routing.apply(LIVE)
    assert (host.run("ip rule"), host.run("ip route show table 22358")) == meant


async def test_a_rule_that_hides_ours_is_removed_and_ours_stays(
    host: Host, routing: KernelRouting
) -> None:
    await routing.apply(LIVE)
    meant = host.run("ip rule")
    # Deleting it by its own selector hits ours first, which is the narrower one.
    host.run("ip rule add lookup 22358 priority 5104 protocol 87")
    await routing.apply(LIVE)
    assert host.run("ip rule") == meant


async def test_a_rule_that_is_there_twice_is_there_once_afterwards(
    host: Host, routing: KernelRouting, sock: RouteSocket
) -> None:
    await routing.apply(LIVE)
    meant = host.run("ip rule")
    rules = plan(LIVE, Facts(links=(LinkFacts(name="wv0", index=1),))).rules
    twice = [write_rule(rule) for rule in rules if rule.priority == 5_104]
    refused = sock.send(
        [
            Request(kind=RTM_NEWRULE, flags=NLM_F_CREATE, body=body, purpose="add a rule again")
            for body in twice
        ]
    )
    doubled = host.run("ip rule")
    await routing.apply(LIVE)
    assert refused == ()
    assert doubled.count("5104:") == 2
    assert host.run("ip rule") == meant


async def test_other_peoples_rules_are_kept(host: Host, routing: KernelRouting) -> None:
    host.run("ip rule add fwmark 0x80000 lookup 52 priority 5210")
    host.run("ip rule add from 192.168.1.5 lookup main priority 5100")
    before = host.run("ip rule")
    await routing.apply(LIVE)
    await routing.apply(RELEASED)
    assert host.run("ip rule") == before


async def test_what_a_crashed_run_left_is_removed_without_a_record(
    host: Host, routing: KernelRouting, sock: RouteSocket
) -> None:
    before = host.run("ip -o addr"), host.run("ip rule"), host.run("ip -6 rule")
    retired = (ip_address("10.63.0.2"), ip_address("fd63::2"))
    await routing.apply(attrs.evolve(LAN_LIVE, retired=retired, node=SHARING))
    await KernelRouting(sock).apply(RELEASED)
    assert (host.run("ip -o addr"), host.run("ip rule"), host.run("ip -6 rule")) == before
    for family in ("-4", "-6"):
        assert "dev" not in host.run(f"ip {family} route show table 22358", check=False)


async def test_a_refused_batch_says_why_and_changes_nothing(
    host: Host, routing: KernelRouting
) -> None:
    await routing.apply(BLOCKED)
    before = host.run("ip rule"), host.run("ip -o addr"), host.run("ip route show table all")
    host.run("ip link set wv0 down")
    down = host.run("ip rule"), host.run("ip -o addr"), host.run("ip route show table all")
    with pytest.raises(RoutingError, match="Network is down"):
        await routing.apply(LAN_LIVE)
    after = host.run("ip rule"), host.run("ip -o addr"), host.run("ip route show table all")
    assert before[0] == after[0]
    assert after == down


async def test_a_live_link_that_does_not_exist_changes_nothing(
    host: Host, routing: KernelRouting
) -> None:
    await routing.apply(BLOCKED)
    with pytest.raises(RoutingError, match="wv7"):
        await routing.apply(attrs.evolve(LIVE, live="wv7"))
    assert way(host, "198.51.100.7") == "refused"


async def test_a_gateway_route_that_nobody_else_reaches_is_left_alone(
    host: Host, routing: KernelRouting
) -> None:
    await routing.apply(LIVE)
    host.run("ip route add 10.64.0.0/24 dev wv0")
    host.run("ip route add 203.0.113.0/24 via 10.64.0.9 dev wv0")
    await routing.apply(LIVE)
    assert "via 10.64.0.9 dev wv0" in host.run("ip route show 203.0.113.0/24")


@pytest.mark.parametrize(
    ("port", "is_internal"),
    [
        (LinkFacts(name="veth1", index=5, kind="veth", master=4), True),
        (LinkFacts(name="enp1s0", index=5, kind="", master=4), False),
        (LinkFacts(name="enp1s0.7", index=5, kind="vlan", master=4), False),
    ],
)
async def test_only_a_bridge_of_guests_is_a_container_network(
    port: LinkFacts, is_internal: object
) -> None:
    bridge = LinkFacts(name="br0", index=4, kind="bridge")
    prefix = ip_network("172.18.0.0/16")
    found = tuple(containers((bridge, port), [(Route(destination=prefix, device=4), None, b"")]))
    assert bool(found) is is_internal

"""Where packets go on a real kernel, state by state."""

from __future__ import annotations

import attrs
import pytest

from tests.plugins.host.conftest import Host
from tests.plugins.host.policies import (
    BLOCKED,
    LAN_LIVE,
    LIVE,
    PARTIAL_BLOCKED,
    PARTIAL_LIVE,
    RELEASED,
    SHARING,
    way,
)
from worldvpn_core.policy import RoutingPolicy
from worldvpn_host.routing import KernelRouting

pytestmark = [pytest.mark.anyio, pytest.mark.netns]

MARK = "0x57560000"


WAYS = [
    (BLOCKED, "198.51.100.7", "refused"),
    (BLOCKED, "2001:db8::7", "refused"),
    (BLOCKED, "192.168.1.7", "refused"),
    (BLOCKED, f"198.51.100.7 mark {MARK}", "eth0"),
    (BLOCKED, "198.51.100.7 mark 0x57560001", "eth0"),
    (BLOCKED, f"2001:db8::7 mark {MARK}", "eth0"),
    (BLOCKED, "198.51.100.7 mark 0x40000", "refused"),
    (BLOCKED, "2001:db8::7 oif eth0", "refused"),
    (BLOCKED, "172.17.0.9", "docker0"),
    (BLOCKED, "127.0.0.1", "lo"),
    (BLOCKED, "192.168.1.1 ipproto udp sport 68 dport 67", "eth0"),
    (LIVE, "198.51.100.7", "wv0"),
    (LIVE, "2001:db8::7", "wv0"),
    (LIVE, "192.168.1.7", "wv0"),
    (LIVE, "fd00:1::7", "wv0"),
    (LIVE, "10.64.0.1", "wv0"),
    (LIVE, f"198.51.100.7 mark {MARK}", "eth0"),
    (LIVE, f"2001:db8::7 mark {MARK}", "eth0"),
    (LIVE, "2001:db8::7 oif eth0", "refused"),
    (LIVE, "2001:db8::7 oif wv0", "wv0"),
    (LIVE, "172.17.0.9", "docker0"),
    (LIVE, "198.51.100.1 ipproto udp sport 68 dport 67", "wv0"),
    (LAN_LIVE, "198.51.100.7", "wv0"),
    (LAN_LIVE, "192.168.1.7", "eth0"),
    (LAN_LIVE, "fd00:1::7", "eth0"),
    (LAN_LIVE, "10.64.0.1", "wv0"),
    (LAN_LIVE, "10.9.9.9", "wv0"),
    (LAN_LIVE, "239.255.255.250", "eth0"),
    (LAN_LIVE, f"192.168.1.7 mark {MARK}", "eth0"),
    (PARTIAL_LIVE, "10.20.1.1", "wv0"),
    (PARTIAL_LIVE, "2001:db8:20::1", "wv0"),
    (PARTIAL_LIVE, "198.51.100.7", "eth0"),
    (PARTIAL_LIVE, "2001:db8::7", "eth0"),
    (PARTIAL_LIVE, f"2001:db8:20::1 mark {MARK}", "eth0"),
    (PARTIAL_LIVE, "2001:db8:20::1 oif eth0", "refused"),
    (PARTIAL_BLOCKED, "10.20.1.1", "refused"),
    (PARTIAL_BLOCKED, "2001:db8:20::1", "refused"),
    (PARTIAL_BLOCKED, "198.51.100.7", "eth0"),
    (RELEASED, "198.51.100.7", "eth0"),
    (RELEASED, "2001:db8::7", "eth0"),
]


NAMES = {
    id(BLOCKED): "blocked",
    id(LIVE): "live",
    id(LAN_LIVE): "lan",
    id(PARTIAL_LIVE): "partial",
    id(PARTIAL_BLOCKED): "partial-blocked",
    id(RELEASED): "released",
}


@pytest.mark.parametrize(
    ("policy", "what", "device"), WAYS, ids=[f"{NAMES[id(p)]}: {w}" for p, w, _ in WAYS]
)
async def test_packets_go_where_the_policy_says(
    host: Host, routing: KernelRouting, policy: RoutingPolicy, what: str, device: str
) -> None:
    await routing.apply(policy)
    assert way(host, what) == device


async def test_routes_that_a_lease_injects_do_not_lead_out(
    host: Host, routing: KernelRouting
) -> None:
    await routing.apply(LIVE)
    host.run("ip route add 198.51.100.0/24 via 192.168.1.1 dev eth0")
    host.run("ip route add 10.64.0.1/32 via 192.168.1.1 dev eth0")
    await routing.apply(LIVE)
    assert (way(host, "198.51.100.7"), way(host, "10.64.0.1")) == ("wv0", "wv0")


async def test_an_inner_address_is_not_lost_to_an_injected_route_with_lan_allowed(
    host: Host, routing: KernelRouting
) -> None:
    await routing.apply(LAN_LIVE)
    host.run("ip route add 10.64.0.1/32 via 192.168.1.1 dev eth0")
    assert way(host, "10.64.0.1") == "wv0"


async def test_an_engine_that_dies_leaves_refusal(host: Host, routing: KernelRouting) -> None:
    await routing.apply(LIVE)
    host.run("ip link del wv0")
    assert (way(host, "198.51.100.7"), way(host, "2001:db8::7")) == ("refused", "refused")


async def test_guests_of_the_node_keep_their_way(host: Host, routing: KernelRouting) -> None:
    host.run("ip link add wvnode type veth peer name inner")
    host.run("ip addr add 10.90.0.1/24 dev wvnode")
    host.run("ip link set wvnode up")
    host.run("ip link set inner up")
    host.sysctl("ipv4/ip_forward").write_text("1")
    await routing.apply(attrs.evolve(LIVE, node=SHARING))
    assert way(host, "198.51.100.7 from 10.90.0.2 iif wvnode") == "eth0"
    assert way(host, "10.90.0.2") == "wvnode"


async def test_a_bridge_with_an_uplink_in_it_is_no_container(
    host: Host, routing: KernelRouting
) -> None:
    host.run("ip link add br0 type bridge")
    host.run("ip link set eth0 master br0")
    host.run("ip addr flush dev eth0")
    host.run("ip addr add 192.168.1.5/24 dev br0")
    host.run("ip link set br0 up")
    host.run("ip route add default via 192.168.1.1")
    await routing.apply(LIVE)
    assert (way(host, "192.168.1.7"), way(host, "172.17.0.9")) == ("wv0", "docker0")

"""Which links lead outside, and where frames are judged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.contracts import LinkFacts
from worldvpn_killswitch.links import Topology, topology

LO = LinkFacts(name="lo", index=1, is_loopback=True)
ETH0 = LinkFacts(name="eth0", index=2)
BRIDGE = LinkFacts(name="br0", index=9, kind="bridge")


def link(name: str, index: int, kind: str = "", *, master: int = 0, lower: int = 0) -> LinkFacts:
    return LinkFacts(name=name, index=index, kind=kind, master=master, lower=lower)


def topo(
    uplinks: tuple[str, ...] = (),
    hooks: tuple[tuple[str, int], ...] = (),
    internal: tuple[str, ...] = (),
    *,
    has_ppp: bool = False,
) -> Topology:
    return Topology(uplinks=uplinks, hooks=hooks, internal=internal, has_ppp=has_ppp)


HOSTS = {
    "nothing but loopback": ((LO,), topo()),
    "one physical device": ((LO, ETH0), topo(("eth0",), (("eth0", 2),))),
    "a container's veth is its uplink": (
        (link("eth0", 2, "veth", lower=7),),
        topo(("eth0",), (("eth0", 2),)),
    ),
    "a VLAN's frames pass the device below": (
        (ETH0, link("eth0.5", 3, "vlan", lower=2)),
        topo(("eth0", "eth0.5"), (("eth0", 2),)),
    ),
    "a VLAN whose device is elsewhere is judged itself": (
        (link("eth0.5", 3, "vlan", lower=77),),
        topo(("eth0.5",), (("eth0.5", 3),)),
    ),
    "a bond is the uplink, its members are hooked": (
        (link("bond0", 5, "bond"), link("eth0", 2, master=5), link("eth1", 3, master=5)),
        topo(("bond0",), (("eth0", 2), ("eth1", 3))),
    ),
    "a bond without members is judged itself": (
        (link("bond0", 5, "bond"),),
        topo(("bond0",), (("bond0", 5),)),
    ),
    "a bridge with a physical port is the uplink, the port is hooked": (
        (BRIDGE, link("eth0", 2, master=9), link("vnet0", 4, "tun", master=9)),
        topo(("br0",), (("eth0", 2),)),
    ),
    "a bridge over a VLAN is hooked at the bottom": (
        (BRIDGE, ETH0, link("eth0.5", 3, "vlan", master=9, lower=2)),
        topo(("br0", "eth0"), (("eth0", 2),)),
    ),
    "a bridge of containers is internal": (
        (ETH0, link("docker0", 9, "bridge"), link("veth1", 4, "veth", master=9)),
        topo(("eth0",), (("eth0", 2),), ("docker0",)),
    ),
    "a bridge without ports is internal": (
        (ETH0, link("docker0", 9, "bridge")),
        topo(("eth0",), (("eth0", 2),), ("docker0",)),
    ),
    "our own and others' tunnels are no uplinks": (
        (ETH0, link("wv0", 3, "wireguard"), link("wv1", 4, "tun"), link("tailscale0", 5, "tun")),
        topo(("eth0",), (("eth0", 2),)),
    ),
    "a physical device named like ours stays an uplink": (
        (link("wv0", 3),),
        topo(("wv0",), (("wv0", 3),)),
    ),
    "a session over Ethernet is an uplink of its own": (
        (ETH0, link("ppp0", 6, "ppp")),
        topo(("eth0", "ppp0"), (("eth0", 2), ("ppp0", 6)), has_ppp=True),
    ),
    "a link of an unknown kind leads outside": (
        (link("x0", 3, "netkit-of-tomorrow"),),
        topo(("x0",), (("x0", 3),)),
    ),
    "circles of foreign indexes end": (
        (link("a", 2, "macvlan", lower=3), link("b", 3, "macvlan", lower=2)),
        topo(("a", "b"), (("a", 2), ("b", 3))),
    ),
}


@pytest.mark.parametrize("host", HOSTS)
def test_links_are_classified(host: str) -> None:
    links, expected = HOSTS[host]

    assert topology(links) == expected


def test_the_nodes_link_is_neither_uplink_nor_container() -> None:
    links = (ETH0, link("wvnode", 3, "veth"))

    assert topology(links, node="wvnode") == topo(("eth0",), (("eth0", 2),))


def test_a_port_named_outside_makes_its_bridge_an_uplink() -> None:
    links = (BRIDGE, link("veth1", 4, "veth", master=9), link("veth2", 5, "veth", master=9))

    found = topology(links, outside=frozenset({"veth1"}))

    assert found == topo(("br0",), (("veth1", 4),))


@st.composite
def hosts(draw: st.DrawFn) -> tuple[LinkFacts, ...]:
    count = draw(st.integers(0, 6))
    indexes = st.integers(0, count)
    kinds = st.sampled_from(
        ["", "veth", "tun", "wireguard", "bridge", "bond", "vlan", "macvlan", "ppp", "odd"]
    )
    return tuple(
        LinkFacts(
            name=f"l{index}",
            index=index,
            kind=draw(kinds),
            master=draw(indexes),
            lower=draw(indexes),
        )
        for index in range(1, count + 1)
    )


@given(hosts())
def test_no_link_is_both_internal_and_a_way_out(links: tuple[LinkFacts, ...]) -> None:
    found = topology(links)

    assert not set(found.internal) & {*found.uplinks, *(name for name, _ in found.hooks)}


@given(hosts())
def test_every_physical_device_is_hooked(links: tuple[LinkFacts, ...]) -> None:
    hooked = {name for name, _ in topology(links).hooks}

    physical = {link.name for link in links if not link.kind and not link.lower}

    assert physical <= hooked


@given(hosts())
def test_a_host_with_an_uplink_has_a_hook(links: tuple[LinkFacts, ...]) -> None:
    found = topology(links)

    assert bool(found.hooks) >= bool(found.uplinks)

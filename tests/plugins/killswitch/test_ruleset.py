"""What is rendered for every policy: total, named, and never wider below than above."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import attrs
import pytest

from tests.plugins.killswitch.probe import decided
from worldvpn_core.errors import FirewallError
from worldvpn_core.testing.firewall_contract import CONNECTED, CONNECTING, OPEN, POLICIES, TUNNEL
from worldvpn_core.types import EVERYTHING
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.match import Flow
from worldvpn_killswitch.rule import script
from worldvpn_killswitch.ruleset import ruleset

HOST = Topology(uplinks=("eth0",), hooks=(("eth0", 2),), internal=("docker0",))


def test_an_open_policy_is_only_the_removal_of_both_tables() -> None:
    assert script(ruleset(OPEN, HOST)) == (
        "table inet worldvpn\ndelete table inet worldvpn\n"
        "table netdev worldvpn\ndelete table netdev worldvpn\n"
    )


def test_order_of_output_is_that_of_the_specification() -> None:
    policy = attrs.evolve(
        POLICIES["connected with LAN"], bootstrap=(CONNECTING.bootstrap[0],), node=None
    )
    chain = ruleset(policy, HOST).chain("output")
    assert chain is not None

    assert [rule.name for rule in chain.rules] == [
        "loopback",
        "dhcp-4",
        "dhcp-6",
        "ndp-solicit-router",
        "ndp-solicit",
        "ndp-advert",
        "endpoint-udp4",
        "endpoint-udp6",
        "central-tcp4",
        "dns-wv0-4",
        "dns-wv0-6",
        "dns-tcp",
        "dns-udp",
        "config-wv0",
        "source-wv0-4-tcp",
        "source-wv0-4",
        "tunnel-wv0-4",
        "source-wv0-6-tcp",
        "source-wv0-6",
        "tunnel-wv0-6",
        "containers-4",
        "containers-6",
        "lan-minus-4-tcp",
        "lan-minus-4",
        "lan-4",
        "lan-minus-6-tcp",
        "lan-minus-6",
        "lan-6",
        "refused-tcp",
        "refused",
    ]


def test_order_of_egress_is_that_of_the_specification() -> None:
    policy = attrs.evolve(POLICIES["sharing while connected"], bootstrap=(CONNECTING.bootstrap[0],))
    chain = ruleset(policy, HOST).chain("egress")
    assert chain is not None

    assert [rule.name.removeprefix("egress-") for rule in chain.rules] == [
        "arp",
        "eapol",
        "dhcp-4",
        "dhcp-6",
        "ndp-solicit-router",
        "ndp-solicit",
        "ndp-advert",
        "endpoint-udp4",
        "endpoint-udp6",
        "fragment-4",
        "fragment-6",
        "central-tcp4",
        "node",
        "dns",
        "lan-minus-4",
        "lan-4",
        "lan-minus-6",
        "lan-6",
        "refused",
    ]


def test_egress_asks_for_neither_conntrack_nor_reject() -> None:
    texts = [
        rule.text
        for policy in POLICIES.values()
        for table in ruleset(policy, HOST).tables
        if table.family == "netdev"
        for rule in table.rules()
    ]

    assert texts
    assert not [text for text in texts if " ct " in f" {text}" or "reject" in text]


def test_a_family_without_an_address_of_the_tunnel_is_not_carried() -> None:
    rules = ruleset(POLICIES["connected by IPv4 only"], HOST)
    flow = Flow(
        device="wv0",
        destination=ip_address("2606:4700::1111"),
        protocol="tcp",
        port=443,
        source=ip_address("fd00::5"),
    )

    assert decided(rules, "output", flow).name == "refused-tcp"


def test_allowed_networks_within_the_lan_are_not_the_lan() -> None:
    corporate = ip_network("10.20.0.0/16")
    tunnel = attrs.evolve(TUNNEL, allowed=(corporate, *EVERYTHING))
    policy = attrs.evolve(CONNECTED, tunnels=(tunnel,), allow_lan=True)
    flow = Flow(device="eth0", destination=ip_address("10.20.0.9"), protocol="udp", port=9)
    rules = ruleset(policy, HOST)

    assert decided(rules, "output", flow).name == "lan-minus-4"
    assert decided(rules, "egress", flow).name == "egress-lan-minus-4"


def test_pppoe_frames_pass_only_where_a_session_has_its_own_hook() -> None:
    without = ruleset(CONNECTED, HOST)
    with_session = ruleset(CONNECTED, attrs.evolve(HOST, has_ppp=True))

    assert "egress-pppoe-0" not in {rule.name for rule in without.rules()}
    assert "egress-pppoe-0" in {rule.name for rule in with_session.rules()}


@pytest.mark.parametrize("name", ['a"b', "eth*", "", "a b", "x{"])
def test_an_interface_name_that_nft_would_read_as_more_is_refused(name: str) -> None:
    with pytest.raises(FirewallError, match="rename it"):
        ruleset(CONNECTED, Topology(uplinks=(name,), hooks=((name, 2),)))


def test_a_host_without_links_still_blocks() -> None:
    rules = ruleset(CONNECTED, Topology())

    assert [table.family for table in rules.tables] == ["inet"]
    assert "oifname @uplinks" in script(rules)

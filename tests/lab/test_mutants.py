"""The matrix catches what it is there to catch: each mutant of the protection is found out.

Some are made in the kernel while the daemon stands still; the others are daemons whose code
was changed before they started.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence

import attrs
import pytest

from tests.lab.mutant import changed, unfiltered
from worldvpn_lab.daemon import Part
from worldvpn_lab.disturb.catalogue import disturbance
from worldvpn_lab.disturb.processes import stop
from worldvpn_lab.disturb.scene import Disturbance, Scene
from worldvpn_lab.map import NODES
from worldvpn_lab.matrix import scenario
from worldvpn_lab.matrix.states import Stage, state

pytestmark = pytest.mark.netns

CONNECTED = state("connected")
RELAY = NODES[0]

BOTH = (
    "insert rule inet worldvpn output {0} accept\ninsert rule netdev worldvpn egress {0} accept\n"
)


def hole(rules: str) -> Disturbance:
    """Return what somebody else does to the rules while the daemon stands still.

    Left to itself it puts them right within 40 ms: then there would be no hole to see.
    """
    return broken(["nft", "-f", "-"], rules)


def broken(argv: Sequence[str], text: str) -> Disturbance:
    """Return what a program of the client does that reads ``text``, meanwhile."""

    @contextlib.contextmanager
    def effect(scene: Scene) -> Iterator[None]:
        with stop((Part.DAEMON,), stopped_s=0.0)(scene):
            scene.world.run("client", argv, stdin=text.encode()).checked()
            yield

    return Disturbance(name="hole", effect=effect)


#: What is dropped or added, and a cell that gets out by it. Routing alone stops many others.
KERNEL = {
    "no egress chain": ("delete table netdev worldvpn\n", "packet→internet"),
    "no table at all": (
        "delete table netdev worldvpn\ndelete table inet worldvpn\n",
        "guest→internet",
    ),
    "rules for IPv4 only": (BOTH.format("meta protocol ip6"), "packet→internet6"),
    "endpoint without its mark": (
        BOTH.format(f"ip daddr {RELAY.endpoint} udp dport {RELAY.port}"),
        "packet→relay-unmarked",
    ),
    "endpoint without its port": (
        BOTH.format(f"ip daddr {RELAY.endpoint}"),
        "packet→relay-other-port",
    ),
    "LAN open though not allowed": (BOTH.format("ip daddr 192.168.0.0/16"), "packet→lan-host"),
    "multicast open": (BOTH.format("ip daddr 224.0.0.0/4"), "mdns→mdns"),
    "joins open": (BOTH.format("icmpv6 type mld2-listener-report"), "join→mld"),
    "broadcast open": (BOTH.format("ip daddr 255.255.255.255"), "broadcast→limited"),
}


@pytest.mark.parametrize(("rules", "cell"), KERNEL.values(), ids=KERNEL.keys())
def test_hole_in_the_rules_is_seen(rules: str, cell: str) -> None:
    outcome = scenario.run(CONNECTED, hole(rules))

    assert outcome.failed == ""
    assert cell in {leak.cell for leak in outcome.leaks}


#: What each of them needs: the namespace's rules gone, and the host's forwarding as it likes.
_PASSING = """
ip netns exec wvnode nft flush ruleset
nft insert rule inet worldvpn forward accept
"""
_FROM_GUESTS = "meta mark and 0xffff0000 == 0x57580000"

#: What is done to the node's protection, and who then sees which errand of a guest go astray.
OF_NODE = {
    "nothing refused": (
        f"""{_PASSING}
        nft insert rule inet worldvpn input iifname wvnode accept
        for family in -4 -6; do while ip $family rule del priority 5099; do :; done; done
        true""",
        {
            *("lan: guest-udp→lan-host", "lan: guest-tcp→router", "lan: guest-icmp→router6-public"),
            *("client: guest-udp→host", "client: guest-tcp→host6", "client: guest-icmp→pair-ipv4"),
            "isp: guest-tcp→mail",
        },
    ),
    "no address of the host's": (
        "nft flush chain inet worldvpn node_nat",
        {"lan: guest-udp→internet", "lan: guest-udp→internet6"},
    ),
    "into the owner's tunnel": (
        f"""{_PASSING}
        nft insert rule inet worldvpn node_nat {_FROM_GUESTS} masquerade
        ip -4 rule del priority 5100 iif wvnode
        ip -6 rule del priority 5100 iif wvnode""",
        {"node1: guest-udp→internet", "node1: guest-udp→internet6"},
    ),
}


@pytest.mark.parametrize(("script", "errands"), OF_NODE.values(), ids=OF_NODE.keys())
def test_guests_who_go_astray_are_seen(script: str, errands: set[str]) -> None:
    outcome = scenario.run(state("sharing"), broken(["sh", "-e"], script))

    assert outcome.failed == ""
    assert errands <= {f"{leak.point.split(':')[0]}: {leak.cell}" for leak in outcome.leaks}


def test_owner_who_leaves_as_a_guest_is_seen() -> None:
    outcome = scenario.run(
        changed(
            "from worldvpn_killswitch import outbound as o\n"
            "def anybody(place): return (place.accept('node', why='it may be a guest'),)\n"
            "o.guests = anybody",
            "sharing",
        ),
        disturbance("none"),
    )

    assert outcome.failed == ""
    assert "packet→internet" in {leak.cell for leak in outcome.leaks}


def test_names_asked_of_an_allowed_lan_are_seen() -> None:
    outcome = scenario.run(state("connected-lan"), hole(BOTH.format("udp dport 53")))

    assert outcome.failed == ""
    assert "dns-udp→router" in {leak.cell for leak in outcome.leaks}


def test_tunnel_address_given_away_by_arp_is_seen() -> None:
    def enter(stage: Stage) -> None:
        CONNECTED.enter(stage)
        loose = {f"/proc/sys/net/ipv4/conf/{name}/arp_ignore": "0" for name in ("all", "eth0")}
        stage.scene.world.write("client", loose)

    outcome = scenario.run(attrs.evolve(CONNECTED, enter=enter), disturbance("arp-for-tunnel"))

    assert outcome.failed == ""
    assert any(str(RELAY.guest.ip) in leak.what for leak in outcome.leaks)


def test_daemon_that_enforces_nothing_is_seen() -> None:
    mutant = changed(
        "from worldvpn_killswitch.backend import NftablesBackend as B\n"
        "async def nothing(*_): pass\n"
        "B.apply = B.check = nothing"
    )

    outcome = scenario.run(unfiltered(mutant), disturbance("none"))

    assert outcome.failed == ""
    assert {"packet→internet", "guest→internet"} <= {leak.cell for leak in outcome.leaks}


def test_daemon_that_renders_no_egress_chain_is_seen() -> None:
    outcome = scenario.run(
        changed(
            "from worldvpn_killswitch import backend, ruleset as r\n"
            "whole = r.ruleset\n"
            "import attrs\n"
            "def half(*a, **k):\n"
            "    rules = whole(*a, **k)\n"
            "    kept = tuple(t for t in rules.tables if t.family != 'netdev')\n"
            "    return attrs.evolve(rules, tables=kept)\n"
            "backend.ruleset = half"
        ),
        disturbance("none"),
    )

    assert outcome.failed == ""
    assert "packet→internet" in {leak.cell for leak in outcome.leaks}


def test_transport_that_forgets_the_mark_never_connects() -> None:
    outcome = scenario.run(
        changed("from worldvpn_wireguard import changes\nchanges.MARK = 0"), disturbance("none")
    )

    assert "in vain" in outcome.failed


def test_transport_that_opens_to_any_port_of_the_relay_is_refused() -> None:
    outcome = scenario.run(
        changed(
            "import attrs\n"
            "from worldvpn_wireguard import transport as t\n"
            "old = t.TunnelInfo\n"
            "def more(**k):\n"
            "    first = k['outer_endpoints'][0]\n"
            "    return old(**{**k, 'outer_endpoints': (first, attrs.evolve(first, port=7))})\n"
            "t.TunnelInfo = more"
        ),
        disturbance("none"),
    )

    assert "contract" in outcome.failed


def test_hole_is_closed_again_by_a_daemon_that_is_awake() -> None:
    @contextlib.contextmanager
    def effect(scene: Scene) -> Iterator[None]:
        scene.world.run("client", ["nft", "delete", "table", "netdev", "worldvpn"]).checked()
        time.sleep(1.0)
        yield

    outcome = scenario.run(CONNECTED, Disturbance(name="healed", effect=effect))

    assert (outcome.failed, outcome.leaks) == ("", ())

"""What explain says is what the kernel counts, packet by packet."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.killswitch.street import Street
from worldvpn_core.policy import Packet, PolicySet
from worldvpn_core.testing.firewall_contract import (
    CENTRAL,
    CONNECTED,
    CONNECTING,
    ENDPOINT,
    ENDPOINT_V6,
    OPEN,
    POLICIES,
)
from worldvpn_core.types import MARK
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.explain import explain
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.ruleset import ruleset

HOST = Topology(uplinks=("eth0",), hooks=(("eth0", 2),))


def packet(where: str, *, marked: bool = False) -> Packet:
    """Return the packet that ``host/port/protocol`` writes."""
    host, port, protocol = where.split("/")
    return Packet(destination=ip_address(host), port=int(port), protocol=protocol, marked=marked)


#: Policy, packet, rule; each is sent for real.
CASES = [
    ("blocked", packet("1.1.1.1/443/udp"), "refused"),
    ("blocked", packet("1.1.1.1/443/tcp"), "refused-tcp"),
    ("blocked", packet("2606:4700::1111/443/udp"), "refused"),
    ("blocked", packet("8.8.8.8/53/udp"), "dns-udp"),
    ("blocked", packet("8.8.8.8/853/tcp"), "dns-tcp"),
    ("blocked", packet("192.168.1.1/80/tcp"), "refused-tcp"),
    ("blocked", packet("127.0.0.1/9/udp"), "loopback"),
    ("blocked", packet("::1/9/udp"), "loopback"),
    ("blocked", packet(f"{CENTRAL.host}/443/tcp", marked=True), "central-tcp4"),
    ("blocked", packet(f"{CENTRAL.host}/443/tcp"), "refused-tcp"),
    ("connecting", packet(f"{ENDPOINT.host}/{ENDPOINT.port}/udp", marked=True), "endpoint-udp4"),
    (
        "connecting",
        packet(f"{ENDPOINT_V6.host}/{ENDPOINT_V6.port}/udp", marked=True),
        "endpoint-udp6",
    ),
    ("connecting", packet(f"{ENDPOINT.host}/{ENDPOINT.port}/udp"), "refused"),
    ("connecting", packet(f"{ENDPOINT.host}/{ENDPOINT.port}/tcp", marked=True), "refused-tcp"),
    ("connected", packet("1.1.1.1/443/udp"), "tunnel-wv0-4"),
    ("connected", packet("1.1.1.1/443/tcp"), "tunnel-wv0-4"),
    ("connected", packet("2606:4700::1111/443/udp"), "tunnel-wv0-6"),
    ("connected", packet("8.8.8.8/53/udp"), "dns-udp"),
    ("connected", packet("2001:4860:4860::8888/53/tcp"), "dns-tcp"),
    ("connected", packet("10.64.0.1/53/udp"), "dns-wv0-4"),
    ("connected", packet("fd64:1::1/53/tcp"), "dns-wv0-6"),
    ("connected", packet("10.64.0.2/9/udp"), "loopback"),
    ("connected", packet(f"{ENDPOINT.host}/{ENDPOINT.port}/udp", marked=True), "endpoint-udp4"),
    ("connected", packet(f"{ENDPOINT.host}/1/udp", marked=True), "refused"),
    ("connected with LAN", packet("192.168.1.1/80/tcp"), "lan-4"),
    ("connected with LAN", packet("fd00:1::1/80/udp"), "lan-6"),
    ("connected with LAN", packet("192.168.1.1/53/udp"), "dns-udp"),
    ("connected with LAN", packet("192.168.1.1/137/udp"), "dns-udp"),
    ("connected with LAN", packet("10.64.0.1/80/tcp"), "tunnel-wv0-4"),
    ("connected by IPv4 only", packet("1.1.1.1/443/tcp"), "tunnel-wv0-4"),
    ("connected by IPv4 only", packet("2606:4700::1111/443/udp"), "refused"),
    ("partial", packet("172.30.1.1/443/tcp"), "tunnel-wv0-4"),
    ("partial", packet("1.1.1.1/443/tcp"), "unprotected"),
    ("partial", packet("1.1.1.1/53/udp"), "dns-udp"),
    ("partial without resolvers", packet("1.1.1.1/53/udp"), "unprotected"),
    ("partial connecting", packet("172.30.1.1/443/tcp"), "protected-4-tcp"),
    ("partial connecting", packet("fd30::1/443/udp"), "protected-6"),
    ("partial connecting", packet("1.1.1.1/53/udp"), "unprotected"),
]


@pytest.mark.netns
@pytest.mark.anyio
@pytest.mark.usefixtures("tunnel")
@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case[0]}: {case[1].destination} {case[2]}"
)
async def test_explanation_is_what_the_kernel_counts(
    street: Street, backend: NftablesBackend, case: tuple[str, Packet, str]
) -> None:
    name, sent, rule = case
    policy = PolicySet(host=POLICIES[name])
    street.nft(_HUSH)
    _route(street, name)
    await backend.apply(policy)
    before = await _decided(backend)

    said = await backend.explain(policy, sent)
    _send(street, sent)

    counted = await _decided(backend)
    changed = {each for each in counted if counted[each] > before[each]}
    assert said.rule == rule
    # A refusal tells the program by a packet of its own, over loopback.
    assert changed - {"loopback"} == {rule} - {"loopback"}
    assert rule in changed
    assert (await backend.explain(policy, sent)).packets == counted[rule]


async def _decided(backend: NftablesBackend) -> dict[str, int]:
    """Return the counts of the rules that output ends by, but for what the kernel sends."""
    assert backend._loaded is not None
    loaded = backend._loaded.rules.chain("output")
    assert loaded is not None
    names = {each.name for each in loaded.rules if not each.name.startswith(("ndp", "config"))}
    return {each.rule: each.packets for each in await backend.counters() if each.rule in names}


#: Keeps what the kernel says by itself (MLD, IGMP, NDP) away from our counters.
_HUSH = """table inet quiet {
  chain output {
    type filter hook output priority -400
    meta l4proto igmp drop
    ip6 daddr ff00::/8 drop
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } drop
  }
}
"""


def _route(street: Street, name: str) -> None:
    if name.startswith("connected"):
        street.route_into_tunnel()
        if "LAN" in name:
            street.run("ip rule add to 192.168.1.0/24 lookup main priority 5103")
            street.run("ip -6 rule add to fd00:1::/64 lookup main priority 5103")
    elif name in {"partial", "partial without resolvers"}:
        street.run("ip route add 172.30.0.0/16 dev wv0")


def _send(street: Street, sent: Packet) -> None:
    version, mark = sent.destination.version, MARK if sent.marked else 0
    make = street.tcp if sent.protocol == "tcp" else street.udp
    assert sent.port is not None
    with make(version, mark=mark) as sender, suppress(PermissionError):
        sender.settimeout(0)
        if sent.protocol == "tcp":
            sender.connect_ex((str(sent.destination), sent.port))
        else:
            sender.sendto(b"probe", (str(sent.destination), sent.port))


def test_sentence_tells_a_person_what_and_why() -> None:
    sent = packet("8.8.8.8/53/udp")

    said = explain(CONNECTED, HOST, ruleset(CONNECTED, HOST), sent)

    assert said.sentence == (
        "8.8.8.8:53/udp is refused: names are asked only of the tunnel's own resolvers, "
        "inside the tunnel (dns-udp)."
    )


def test_proxied_packets_are_explained_by_the_proxys_rule() -> None:
    policy = POLICIES["by a proxy"]
    rules = ruleset(policy, HOST)

    by_program = explain(policy, HOST, rules, packet("1.2.3.4/443/tcp"))
    by_ping = explain(policy, HOST, rules, Packet(destination=ip_address("1.2.3.4"), protocol="1"))
    by_proxy = explain(
        policy, HOST, rules, attrs.evolve(packet(f"{CENTRAL.host}/443/tcp"), uid=7_077)
    )

    assert by_program.rule == "tunnel-proxy1080-4"
    assert by_ping.rule == "refused"
    assert by_proxy.rule == "endpoint-uid7077-0"


def test_open_host_is_explained_without_a_rule() -> None:
    said = explain(OPEN, HOST, ruleset(OPEN, HOST), packet("8.8.8.8/53/udp"))

    assert (said.rule, said.allowed) == ("open", True)


@given(
    st.sampled_from(sorted(POLICIES)),
    st.builds(
        Packet,
        destination=st.ip_addresses(),
        protocol=st.sampled_from(["tcp", "udp", "icmp", "58", "47", "1"]),
        port=st.one_of(st.none(), st.integers(0, 65_535)),
        marked=st.booleans(),
        uid=st.sampled_from([0, 1_000, 7_077]),
    ),
)
def test_every_packet_has_an_explanation(name: str, sent: Packet) -> None:
    policy = POLICIES[name]
    rules = ruleset(policy, HOST)

    said = explain(policy, HOST, rules, sent)

    assert said.rule in {"open", *(rule.name for rule in rules.rules())}
    assert str(sent.destination) in said.sentence


def test_explanation_of_a_marked_packet_names_the_endpoint() -> None:
    sent = packet(f"{ENDPOINT.host}/{ENDPOINT.port}/udp", marked=True)

    assert explain(CONNECTING, HOST, ruleset(CONNECTING, HOST), sent).allowed

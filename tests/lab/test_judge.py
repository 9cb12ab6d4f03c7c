"""The judge: what docs/security.md lets out is named, and all else is a leak."""

from __future__ import annotations

from ipaddress import ip_address

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_lab.oracle.frames import ARP, EAPOL, ICMPV6, IPV4, IPV6, TCP, UDP, Frame
from worldvpn_lab.oracle.judge import Admitted, Outside, Verdict, judge
from worldvpn_lab.probes.marks import CELLS, cell_of, group_of, port_of, tag_of

RELAY = Outside(host=ip_address("203.0.113.10"), port=51820)
CENTRAL = Outside(host=ip_address("198.51.100.10"), port=443, protocol=TCP)
INNER = ip_address("10.63.1.2")
STATE = Admitted(endpoints=(RELAY,), bootstrap=(CENTRAL,), inner=(INNER,))
WITH_LAN = attrs.evolve(STATE, lan=True)

OUTER = Frame(
    ethertype=IPV4,
    source=ip_address("192.168.77.10"),
    destination=RELAY.host,
    protocol=UDP,
    source_port=40_000,
    destination_port=51820,
    hop_limit=64,
)
SOLICIT = Frame(
    ethertype=IPV6,
    source=ip_address("fe80::1"),
    destination=ip_address("ff02::1:ff00:1"),
    protocol=ICMPV6,
    kind=135,
    code=0,
    hop_limit=255,
)
DISCOVER = Frame(
    ethertype=IPV4,
    source=ip_address(0),
    destination=ip_address("255.255.255.255"),
    protocol=UDP,
    source_port=68,
    destination_port=67,
)
DHCPV6 = Frame(
    ethertype=IPV6,
    source=ip_address("fe80::1"),
    destination=ip_address("ff02::1:2"),
    protocol=UDP,
    source_port=546,
    destination_port=547,
)
LAN_FRAME = attrs.evolve(OUTER, destination=ip_address("192.168.77.20"), destination_port=80)


@pytest.mark.parametrize(
    ("frame", "verdict"),
    [
        (Frame(ethertype=ARP, about=(ip_address("192.168.77.1"),)), Verdict.ARP),
        (Frame(ethertype=EAPOL), Verdict.EAPOL),
        (DISCOVER, Verdict.DHCP),
        (attrs.evolve(DISCOVER, destination=ip_address("192.168.77.1")), Verdict.DHCP),
        (DHCPV6, Verdict.DHCPV6),
        (SOLICIT, Verdict.NDP),
        (attrs.evolve(SOLICIT, kind=133), Verdict.NDP),
        (OUTER, Verdict.ENDPOINT),
        (attrs.evolve(OUTER, fragment=True, offset_bytes=1480), Verdict.ENDPOINT_FRAGMENT),
        (
            attrs.evolve(OUTER, destination=CENTRAL.host, protocol=TCP, destination_port=443),
            Verdict.BOOTSTRAP,
        ),
    ],
)
def test_what_is_admitted_is_named(frame: Frame, verdict: Verdict) -> None:
    assert judge(frame, STATE) is verdict


@pytest.mark.parametrize(
    "frame",
    [
        attrs.evolve(OUTER, destination_port=51821),
        attrs.evolve(OUTER, protocol=TCP),
        attrs.evolve(OUTER, destination=ip_address("203.0.113.11")),
        attrs.evolve(OUTER, payload=tag_of(1, 2)),
        attrs.evolve(OUTER, destination=INNER),
        attrs.evolve(OUTER, source=INNER),
        attrs.evolve(DISCOVER, destination=ip_address("198.51.100.53")),
        attrs.evolve(DISCOVER, source_port=67, destination_port=68),
        attrs.evolve(DISCOVER, fragment=True),
        attrs.evolve(DHCPV6, source=ip_address("2001:db8::1")),
        attrs.evolve(DHCPV6, destination=ip_address("2001:db8::547")),
        attrs.evolve(SOLICIT, hop_limit=64),
        attrs.evolve(SOLICIT, kind=134),
        attrs.evolve(SOLICIT, kind=143),
        attrs.evolve(SOLICIT, code=1),
        attrs.evolve(SOLICIT, about=(INNER,)),
        Frame(ethertype=ARP, about=(INNER,)),
        Frame(ethertype=ARP),
        Frame(ethertype=0x88CC),
        Frame(),
        LAN_FRAME,
    ],
)
def test_what_is_not_admitted_is_a_leak(frame: Frame) -> None:
    assert judge(frame, STATE) is Verdict.LEAK


def test_lan_is_admitted_only_when_allowed() -> None:
    assert judge(LAN_FRAME, WITH_LAN) is Verdict.LAN
    assert judge(attrs.evolve(LAN_FRAME, payload=tag_of(1, 2)), WITH_LAN) is Verdict.LAN


@pytest.mark.parametrize("port", [53, 853, 5355, 137, 138])
def test_names_are_never_asked_of_the_lan(port: int) -> None:
    assert judge(attrs.evolve(LAN_FRAME, destination_port=port), WITH_LAN) is Verdict.LEAK


@pytest.mark.parametrize("address", ["10.63.1.2", "198.51.100.80", "100.64.0.9", "2001:db8::1"])
def test_lan_is_fixed_ranges_without_the_tunnel(address: str) -> None:
    frame = attrs.evolve(LAN_FRAME, destination=ip_address(address))

    assert judge(frame, WITH_LAN) is Verdict.LEAK


def test_nothing_of_a_probe_is_ever_admitted_to_an_endpoint() -> None:
    place = Outside(host=RELAY.host, port=443, protocol=TCP)
    probe = attrs.evolve(
        OUTER, protocol=TCP, destination_port=443, source_port=port_of(burst=3, cell=7)
    )

    assert judge(probe, Admitted(endpoints=(place,))) is Verdict.LEAK


@given(burst=st.integers(1, 999_999), cell=st.integers(0, CELLS - 1))
def test_every_mark_is_read_back(burst: int, cell: int) -> None:
    group, group6 = group_of(burst, cell, ipv4=True), group_of(burst, cell, ipv4=False)
    marked = [
        attrs.evolve(OUTER, payload=b"xx" + tag_of(burst, cell) + b"yy"),
        attrs.evolve(OUTER, protocol=TCP, source_port=port_of(burst, cell)),
        attrs.evolve(OUTER, protocol=2, payload=bytes(8) + b"\4\0\0\0" + group.packed),
        attrs.evolve(SOLICIT, kind=143, payload=bytes(8) + group6.packed),
    ]

    assert [cell_of(frame, burst) for frame in marked] == [cell] * 4
    assert [cell_of(frame, burst + 1) for frame in marked] == [None] * 4


def test_error_that_quotes_a_probe_is_no_probe() -> None:
    quoting = attrs.evolve(OUTER, protocol=1, kind=3, code=3, payload=tag_of(1, 2))

    assert cell_of(quoting, 1) is None
    assert cell_of(attrs.evolve(quoting, protocol=ICMPV6, kind=1), 1) is None


@given(
    frame=st.builds(
        Frame,
        ethertype=st.sampled_from([IPV4, IPV6]),
        source=st.ip_addresses(),
        destination=st.ip_addresses(),
        protocol=st.integers(0, 255),
        source_port=st.none() | st.integers(0, 65_535),
        destination_port=st.none() | st.integers(0, 65_535),
        hop_limit=st.integers(0, 254),
        payload=st.binary(max_size=40),
    )
)
def test_nothing_but_configuration_leaves_when_nothing_is_admitted(frame: Frame) -> None:
    assert judge(frame, Admitted()) in {Verdict.LEAK, Verdict.DHCP, Verdict.DHCPV6}

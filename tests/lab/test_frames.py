"""The decoder: it reads what the kernel and our probes write, and survives anything."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_lab.disturb import forged
from worldvpn_lab.oracle.frames import EAPOL, GRE, ICMP, ICMPV6, IPV6, TCP, UDP, Frame, decode
from worldvpn_lab.oracle.judge import Admitted, Verdict, judge
from worldvpn_lab.probes import packets

HERE, THERE = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"
ONE, TWO = ip_address("192.168.77.10"), ip_address("198.51.100.80")
ONE6, TWO6 = ip_address("2001:db8::1"), ip_address("2001:db8::2")


@pytest.mark.parametrize(("source", "destination"), [(ONE, TWO), (ONE6, TWO6)])
def test_udp_is_read_in_both_families(
    source: IPv4Address | IPv6Address, destination: IPv4Address | IPv6Address
) -> None:
    packet = packets.udp_packet(source, destination, 53, b"hello")

    frame = decode(packets.frame(THERE, HERE, packet))

    assert (frame.source, frame.destination) == (source, destination)
    assert (frame.protocol, frame.destination_port, frame.payload) == (UDP, 53, b"hello")


def test_padding_of_a_short_frame_is_no_payload() -> None:
    packet = packets.udp_packet(ONE, TWO, 53, b"hi")

    assert decode(packets.frame(THERE, HERE, packet) + bytes(30)).payload == b"hi"


def test_vlan_tags_are_looked_through() -> None:
    packet = packets.udp_packet(ONE, TWO, 53, b"hi")
    raw = THERE + HERE + b"\x88\xa8\0\1\x81\0\0\2\x08\0" + packet

    assert decode(raw).destination == TWO


def test_later_fragment_has_no_ports() -> None:
    packet = bytearray(packets.udp_packet(ONE, TWO, 53, b"hello"))
    packet[6:8] = struct.pack("!H", 0x2000 | 185)

    frame = decode(packets.frame(THERE, HERE, bytes(packet)))

    assert (frame.fragment, frame.offset_bytes, frame.destination_port) == (True, 1480, None)


def test_fragment_header_of_ipv6_is_read() -> None:
    packet = packets.udp_packet(ONE6, TWO6, 53, b"hello")
    split = packet[:6] + b"\x2c" + packet[7:40] + struct.pack("!BBHI", 17, 0, 1448 | 1, 7)

    frame = decode(packets.frame(THERE, HERE, split + packet[40:]))

    assert (frame.protocol, frame.fragment, frame.offset_bytes) == (UDP, True, 1448)


def test_ports_behind_ipv6_options_are_read() -> None:
    packet = packets.udp_packet(ONE6, TWO6, 53, b"hello")
    options = packet[:6] + b"\0" + packet[7:40] + b"\x3c\0" + bytes(6) + b"\x11\0" + bytes(6)

    assert decode(packets.frame(THERE, HERE, options + packet[40:])).destination_port == 53


def test_arp_names_sender_and_target() -> None:
    raw = forged.arp_request(HERE, IPv4Address(ONE), IPv4Address("10.63.1.2"))

    assert decode(raw).about == (ONE, ip_address("10.63.1.2"))


def test_neighbour_solicitation_names_its_target() -> None:
    mac, packet = forged.neighbour_solicitation(IPv6Address(ONE6), IPv6Address(TWO6))

    frame = decode(packets.frame(mac, HERE, packet))

    assert (frame.protocol, frame.kind, frame.hop_limit) == (ICMPV6, 135, 255)
    assert frame.about == (TWO6,)


def test_tcp_payload_begins_after_its_options() -> None:
    packet = forged.syn_ack(ONE, TWO, 4321)

    frame = decode(packets.frame(THERE, HERE, packet))

    assert (frame.protocol, frame.source_port, frame.destination_port) == (TCP, 80, 4321)
    assert frame.payload == b""


@given(st.binary(max_size=200))
def test_garbage_never_raises(raw: bytes) -> None:
    assert isinstance(judge(decode(raw), Admitted()), Verdict)


@given(
    st.sampled_from([b"\x08\0", b"\x08\x06", b"\x86\xdd", b"\x81\0", b"\x88\x8e"]),
    st.binary(max_size=120),
    st.sampled_from([0x45, 0x4F, 0x60, 0x00]),
)
def test_garbage_behind_a_true_header_never_raises(kind: bytes, rest: bytes, first: int) -> None:
    assert isinstance(decode(THERE + HERE + kind + bytes((first,)) + rest), Frame)


@given(st.integers(0, 60))
def test_truncated_packet_never_raises_and_is_never_admitted(kept: int) -> None:
    whole = packets.frame(THERE, HERE, packets.udp_packet(ONE, TWO, 53, b"hello"))

    assert judge(decode(whole[:kept]), Admitted()) is Verdict.LEAK


def test_protocols_are_those_of_iana() -> None:
    assert (ICMP, TCP, UDP, GRE, ICMPV6, EAPOL, IPV6) == (1, 6, 17, 47, 58, 0x888E, 0x86DD)

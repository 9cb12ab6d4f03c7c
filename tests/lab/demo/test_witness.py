"""The demo's witness: what it is told to allow, and since when."""

from __future__ import annotations

import socket
import struct
from ipaddress import IPv4Address

import pytest

from worldvpn_lab.demo.filter import all_but_datagrams_to, attach
from worldvpn_lab.demo.witness import Period, admitted_to, period_of
from worldvpn_lab.map import NODES

HOST = IPv4Address("127.0.0.1")


def test_period_of_a_frame_is_the_last_begun() -> None:
    open_, closed = Period(since_ns=10, admitted=None), Period(since_ns=20, admitted=admitted_to())

    assert [period_of(time_ns, [open_, closed]) for time_ns in (9, 10, 19, 20, 99)] == [
        None,
        open_,
        open_,
        closed,
        closed,
    ]


def test_inner_addresses_of_an_admitted_node_are_forbidden_outside() -> None:
    admitted = admitted_to(NODES[0])

    assert {place.host for place in admitted.endpoints} == {NODES[0].endpoint, NODES[0].endpoint6}
    assert admitted.inner == (NODES[0].guest.ip, NODES[0].guest6.ip)


def frame(protocol: int, host: IPv4Address, port: int, *, fragment: int = 0) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 28, 0, fragment, 64, protocol, 0)
    return (
        bytes(12)
        + b"\x08\x00"
        + head
        + IPv4Address("192.0.2.1").packed
        + host.packed
        + struct.pack("!HHHH", 1, port, 8, 0)
    )


def heard(sent: bytes) -> bytes:
    """Return what passes the filter of ``sent``: it sees what any datagram socket is sent."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        attach(theirs, all_but_datagrams_to(HOST.packed, 51_820))
        theirs.settimeout(0)
        ours.send(sent)
        try:
            return theirs.recv(2_048)
        except BlockingIOError:
            return b""


@pytest.mark.parametrize(
    "sent",
    [
        frame(17, HOST, 51_821),
        frame(17, IPv4Address("127.0.0.2"), 51_820),
        frame(6, HOST, 51_820),
        frame(17, HOST, 51_820, fragment=0x2000),
        frame(17, HOST, 51_820, fragment=0x0001),
        bytes(12) + b"\x08\x06" + bytes(28),
        bytes(12) + b"\x86\xdd" + bytes(48),
        bytes(14),
    ],
    ids=["port", "host", "tcp", "first fragment", "later fragment", "arp", "ipv6", "empty"],
)
def test_filter_hides_nothing_but_the_tunnels_own_packets(sent: bytes) -> None:
    assert heard(sent) == sent


def test_filter_hides_the_tunnels_own_packets() -> None:
    assert heard(frame(17, HOST, 51_820)) == b""

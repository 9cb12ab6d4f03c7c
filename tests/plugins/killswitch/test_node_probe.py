"""The central server's echo from inside a node's tunnel, and nothing else, reaches the node."""

from __future__ import annotations

import os
import select
import socket
import struct
from typing import Final

import attrs
import pytest

from tests.plugins.killswitch.probe import summed
from tests.plugins.killswitch.street import Street
from tests.plugins.killswitch.test_node import GUEST4, GUEST6, POLICY, rules
from worldvpn_core.share.plan import probers
from worldvpn_core.types import NODE_GUESTS, IpAddress
from worldvpn_killswitch.node import node_ruleset
from worldvpn_killswitch.rule import FAMILIES, script

OWN4, OWN6 = (listen.host for listen in POLICY.link.listen)
NET4, NET6 = POLICY.link.prefixes
PROBER4, PROBER6 = NET4[252], NET6[(1 << 48) + 7]
#: Last in its own protocol's row: the reply to it says that all before was dealt with.
_LAST: Final = b"the last of all"
_PATIENCE_S: Final = 5.0
_ICMP: Final = {4: 1, 6: 58}
_REQUEST: Final = {4: 8, 6: 128}
_REPLY: Final = {4: 0, 6: 129}


def checksum(data: bytes) -> int:
    """Return the internet checksum of ``data`` (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def _packet(source: IpAddress, to: IpAddress, protocol: int, body: bytes, at: int) -> bytes:
    """Return a packet with ``body``, whose checksum stands ``at``."""
    pseudo = source.packed + to.packed + struct.pack("!II", len(body), protocol)
    of_icmp4 = protocol == _ICMP[4]
    check = struct.pack("!H", checksum(body if of_icmp4 else pseudo + body))
    body = body[:at] + check + body[at + 2 :]
    if to.version == 6:
        head = struct.pack("!IHBB", 0x6000_0000, len(body), protocol, 64)
        return head + source.packed + to.packed + body
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0)
    return summed(head + source.packed + to.packed) + body


def echo(source: IpAddress, to: IpAddress, payload: bytes = b"probe of four") -> bytes:
    """Return an echo request (RFC 792, RFC 4443)."""
    payload = payload.ljust(16)
    head = struct.pack("!BBHHH", _REQUEST[to.version], 0, 0, 7, 1)
    return _packet(source, to, _ICMP[to.version], head + payload, 2)


def udp(source: IpAddress, to: IpAddress) -> bytes:
    """Return a datagram to a port at which nobody listens."""
    body = struct.pack("!HHHH", 5_000, 9_999, 12, 0) + b"what"
    return _packet(source, to, socket.IPPROTO_UDP, body, 6)


def syn(source: IpAddress, to: IpAddress) -> bytes:
    """Return what opens a connection (RFC 9293) to a port at which nobody listens."""
    body = struct.pack("!HHIIBBHHH", 5_000, 9_999, 1, 0, 0x50, 0x02, 1_000, 0, 0)
    return _packet(source, to, socket.IPPROTO_TCP, body, 16)


@attrs.frozen
class Tunnel:
    """The inner end of the guests' tunnel: what is written to it comes from a guest."""

    street: Street
    descriptor: int

    def protect(self) -> None:
        """Load the node's rules."""
        self.street.nft(script(node_ruleset(POLICY), FAMILIES[:1]))

    def until_it_answers(self, asker: IpAddress, own: IpAddress) -> None:
        """Wait for the kernel to take its address for its own, which it may do late."""
        hello = b"are you there"
        for _ in range(100):
            os.write(self.descriptor, echo(asker, own, hello))
            while select.select([self.descriptor], [], [], _PATIENCE_S / 100)[0]:
                if hello in os.read(self.descriptor, 65_536):
                    return
        raise AssertionError(f"the node does not answer at {own}")

    def answers(self, packet: bytes) -> list[bytes]:
        """Return what the node has sent back to where ``packet`` came from."""
        is_6 = packet[0] >> 4 == 6
        asker = packet[8:24] if is_6 else packet[12:16]
        os.write(self.descriptor, packet)
        last = echo(PROBER6, OWN6, _LAST) if is_6 else echo(PROBER4, OWN4, _LAST)
        os.write(self.descriptor, last)
        found: list[bytes] = []
        while True:
            ready, _, _ = select.select([self.descriptor], [], [], _PATIENCE_S)
            assert ready, "the node answers the central server no more"
            got = os.read(self.descriptor, 65_536)
            if _LAST in got:
                return found
            if (got[24:40] if got[0] >> 4 == 6 else got[16:20]) == asker:
                found.append(got)


@pytest.fixture
def guests(street: Street) -> Tunnel:
    """The guests' interface of a node, which has its addresses."""
    descriptor = street.tun(NODE_GUESTS)
    street.run(f"ip addr add {OWN4}/24 dev {NODE_GUESTS}")
    street.run(f"ip addr add {OWN6}/64 dev {NODE_GUESTS} nodad")
    tunnel = Tunnel(street, descriptor)
    for asker, own in ((NET4[77], OWN4), (NET6[77], OWN6)):
        tunnel.until_it_answers(asker, own)
    return tunnel


_PAIRS = [(PROBER4, OWN4), (PROBER6, OWN6)]
_REFUSED = [
    *(
        (f"echo of a guest {to.version}", echo(who, to))
        for who, to in ((GUEST4, OWN4), (GUEST6, OWN6))
    ),
    ("echo of the place before", echo(NET4[251], OWN4)),
    ("echo of the place before 6", echo(NET6[(1 << 48) - 1], OWN6)),
    *((f"udp {to.version}", udp(who, to)) for who, to in _PAIRS),
    *((f"tcp {to.version}", syn(who, to)) for who, to in _PAIRS),
]


@pytest.mark.parametrize(("prober", "own"), _PAIRS)
def test_the_central_servers_echo_is_answered(
    guests: Tunnel, prober: IpAddress, own: IpAddress
) -> None:
    guests.protect()
    [reply] = guests.answers(echo(prober, own))

    assert b"probe of four" in reply
    assert reply[40 if own.version == 6 else 20] == _REPLY[own.version]


@pytest.mark.parametrize(
    "packet", [each[1] for each in _REFUSED], ids=[each[0] for each in _REFUSED]
)
def test_the_node_answers_nobody_else_and_nothing_else(guests: Tunnel, packet: bytes) -> None:
    unprotected = guests.answers(packet)
    guests.protect()

    assert len(unprotected) == 1
    assert guests.answers(packet) == []


def test_only_the_guests_interface_lets_the_central_server_ask() -> None:
    texts = {rule.name: rule.text for rule in rules(POLICY, "input")}

    for version in (4, 6):
        assert texts[f"node-in-probe-{version}"].startswith(f'iifname "{NODE_GUESTS}"')


def test_a_node_of_one_family_is_asked_in_that_family_alone() -> None:
    link = attrs.evolve(POLICY.link, prefixes=(NET4,))
    named = [rule.name for rule in rules(attrs.evolve(POLICY, link=link), "input")]

    assert "node-in-probe-4" in named
    assert "node-in-probe-6" not in named


def test_the_rules_name_the_addresses_that_no_guest_gets() -> None:
    text = script(node_ruleset(POLICY), FAMILIES[:1])

    assert str(probers(NET4)) == "10.90.0.252/30"
    assert str(probers(NET6)) == "fd90::1:0:0:0/96"
    assert "10.90.0.252" in text
    assert "fd90::1:0:0:0" in text

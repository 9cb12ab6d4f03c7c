"""What a guest's flows carried is counted to the byte, in the kernel; nothing else costs it any."""

from __future__ import annotations

import os
import select
import socket
import struct
from collections.abc import Iterator

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.killswitch.here import Here, OnlyHere
from tests.plugins.killswitch.probe import summed
from tests.plugins.killswitch.street import Street
from tests.plugins.killswitch.test_node import GUEST4, GUEST6, POLICY
from tests.plugins.killswitch.test_node_probe import OWN4, checksum, echo
from worldvpn_core.credit.figures import Figures
from worldvpn_core.errors import FirewallError, ShareError
from worldvpn_core.testing.namespace_fakes import FakeNamespaces
from worldvpn_core.types import NODE_GUESTS, NODE_UPLINK, IpAddress
from worldvpn_killswitch.element_counts import NETLINK_NETFILTER, counts, elements
from worldvpn_killswitch.libnftables import LibNftables
from worldvpn_killswitch.meter import DOWN, TABLE, UP, begun, changed
from worldvpn_killswitch.node import node_ruleset
from worldvpn_killswitch.node_rules import NodeRules
from worldvpn_killswitch.rule import FAMILIES, script

_PATIENCE_S = 5.0
SERVER4, SERVER6 = (type(each)(text) for each, text in ((GUEST4, "192.0.2.9"), (GUEST6, "2600::9")))
PAIRS = [(GUEST4, SERVER4), (GUEST6, SERVER6)]


def datagram(source: IpAddress, to: IpAddress, payload: bytes, ports: tuple[int, int]) -> bytes:
    """Return a UDP packet; its checksum is none, or for IPv6 the right one."""
    length = 8 + len(payload)
    head = struct.pack("!HHH", *ports, length)
    if to.version == 4:
        packet = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1, 0, 64, 17, 0)
        return summed(packet + source.packed + to.packed) + head + bytes(2) + payload
    pseudo = source.packed + to.packed + struct.pack("!II", length, 17)
    check = checksum(pseudo + head + bytes(2) + payload + bytes(len(payload) % 2))
    ip6 = struct.pack("!IHBB", 0x6000_0000, length, 17, 64) + source.packed + to.packed
    return ip6 + head + struct.pack("!H", check) + payload


@attrs.frozen
class Node:
    """A node's namespace: ``inner`` is where guests come from, ``outer`` where the internet is."""

    street: Street
    inner: int
    outer: int
    kernel: socket.socket

    def counted(self, guest: IpAddress) -> tuple[int, int] | None:
        """Return what ``guest`` is said to have sent and got; None: it is not counted."""
        up = counts(self.kernel, TABLE, UP[guest.version])
        down = counts(self.kernel, TABLE, DOWN[guest.version])
        key = guest.packed
        return (up[key], down[key]) if key in up and key in down else None

    def sends(self, packet: bytes) -> bytes:
        """Let a guest send ``packet``; return it as it leaves the node."""
        os.write(self.inner, packet)
        return _read(self.outer, packet[-4:])

    def answers(self, packet: bytes, payload: bytes) -> bytes:
        """Let the far side answer ``packet``; return the answer as the guest gets it."""
        is_6 = packet[0] >> 4 == 6
        kind = type(GUEST6) if is_6 else type(GUEST4)
        ends = (packet[8:24], packet[24:40]) if is_6 else (packet[12:16], packet[16:20])
        ports = struct.unpack_from("!HH", packet, 40 if is_6 else 20)
        answer = datagram(kind(ends[1]), kind(ends[0]), payload, (ports[1], ports[0]))
        os.write(self.outer, answer)
        return _read(self.inner, payload)


def _read(descriptor: int, payload: bytes) -> bytes:
    """Return the packet with ``payload``, among what the kernel itself says to the interface."""
    while True:
        ready, _, _ = select.select([descriptor], [], [], _PATIENCE_S)
        assert ready, "no packet came through the node"
        packet = os.read(descriptor, 65_536)
        if packet.endswith(payload):
            return packet


@pytest.fixture
def node(street: Street) -> Iterator[Node]:
    inner, outer = street.tun(NODE_GUESTS), street.tun(NODE_UPLINK)
    street.set("ipv4/ip_forward", "1")
    street.set("ipv6/conf/all/forwarding", "1")
    street.run(f"ip addr add {OWN4}/24 dev {NODE_GUESTS}")
    street.run(f"ip -4 route add {SERVER4}/32 dev {NODE_UPLINK}")
    street.run(f"ip -6 route add {SERVER6}/128 dev {NODE_UPLINK}")
    street.run(f"ip -6 route add {GUEST6}/128 dev {NODE_GUESTS}")
    street.nft(script(node_ruleset(POLICY), FAMILIES[:1]))
    street.nft(begun() + changed((), POLICY.guests))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as kernel:
        kernel.settimeout(_PATIENCE_S)
        yield Node(street, inner, outer, kernel)


@pytest.mark.parametrize(("guest", "server"), PAIRS)
def test_established_flow_is_counted_to_the_byte_in_both_directions(
    node: Node, guest: IpAddress, server: IpAddress
) -> None:
    first = datagram(guest, server, b"asks", (5_000, 443))
    second = datagram(guest, server, b"asks again, and longer", (5_000, 443))
    left = node.sends(first)
    got = [node.answers(left, b"answers"), node.answers(left, b"answers at length" * 20)]
    node.sends(second)
    assert node.counted(guest) == (len(second), sum(map(len, got)))


@pytest.mark.parametrize(("guest", "server"), PAIRS)
def test_what_nobody_answered_is_not_counted(
    node: Node, guest: IpAddress, server: IpAddress
) -> None:
    for port in range(5_000, 5_010):
        node.sends(datagram(guest, server, b"is there anybody", (port, 443)))
    assert node.counted(guest) == (0, 0)


def test_what_nobody_asked_for_costs_a_guest_nothing(node: Node) -> None:
    for _ in range(10):
        os.write(node.outer, datagram(SERVER4, GUEST4, b"x" * 1_000, (443, 5_000)))
    left = node.sends(datagram(GUEST4, SERVER4, b"asks", (5_001, 443)))
    got = node.answers(left, b"answers")
    assert b"answers" in got
    assert node.counted(GUEST4) == (0, len(got))


def test_what_goes_to_the_node_itself_is_not_counted(node: Node) -> None:
    for _ in range(5):
        os.write(node.inner, echo(GUEST4, OWN4))
    left = node.sends(datagram(GUEST4, SERVER4, b"asks", (5_001, 443)))
    node.answers(left, b"answers")
    up, _ = node.counted(GUEST4) or (None, None)
    assert up == 0


def test_new_rules_leave_the_counts_alone(node: Node) -> None:
    got = node.answers(node.sends(datagram(GUEST4, SERVER4, b"asks", (5_000, 443))), b"answers")
    node.street.nft(script(node_ruleset(attrs.evolve(POLICY, refuses_other=True)), FAMILIES[:1]))
    assert node.counted(GUEST4) == (0, len(got))


def test_guest_that_goes_takes_no_other_with_it_and_begins_again_at_zero(node: Node) -> None:
    got = [
        node.answers(node.sends(datagram(*pair, b"asks", (5_000, 443))), b"answers")
        for pair in PAIRS
    ]
    node.street.nft(changed(POLICY.guests, (GUEST6,)))
    assert (node.counted(GUEST4), node.counted(GUEST6)) == (None, (0, len(got[1])))
    node.street.nft(changed((GUEST6,), POLICY.guests))
    assert (node.counted(GUEST4), node.counted(GUEST6)) == ((0, 0), (0, len(got[1])))


@pytest.mark.anyio
async def test_node_counts_from_its_first_rules_on_and_goes_on_with_the_next(node: Node) -> None:
    node.street.nft(f"delete table inet {TABLE}")
    namespaces = OnlyHere()
    rules = NodeRules(namespaces, lambda _space: LibNftables())
    await rules.apply(attrs.evolve(POLICY, guests=(GUEST4,)))
    got = node.answers(node.sends(datagram(GUEST4, SERVER4, b"asks", (5_000, 443))), b"answers")
    await rules.apply(POLICY)
    assert await rules.carried() == {
        GUEST4: Figures(up_bytes=0, down_bytes=len(got)),
        GUEST6: Figures(),
    }
    await rules.apply(attrs.evolve(POLICY, guests=(GUEST6,)))
    assert await rules.carried() == {GUEST6: Figures()}


@pytest.mark.anyio
async def test_node_that_is_made_anew_counts_from_zero(node: Node) -> None:
    namespaces = OnlyHere()
    rules = NodeRules(namespaces, lambda _space: LibNftables())
    await rules.apply(POLICY)
    node.answers(node.sends(datagram(GUEST4, SERVER4, b"asks", (5_000, 443))), b"answers")
    namespaces.here = Here()
    await rules.apply(POLICY)
    assert await rules.carried() == {GUEST4: Figures(), GUEST6: Figures()}


@pytest.mark.anyio
async def test_rules_that_were_refused_are_followed_by_a_table_of_its_own_again(
    node: Node,
) -> None:
    rules = NodeRules(OnlyHere(), lambda _space: LibNftables())
    await rules.apply(POLICY)
    node.street.nft(f"delete table inet {TABLE}")
    with pytest.raises(ShareError):
        await rules.apply(attrs.evolve(POLICY, guests=(GUEST6,)))
    with pytest.raises(ShareError):
        await rules.carried()
    await rules.apply(attrs.evolve(POLICY, guests=(GUEST6,)))
    assert await rules.carried() == {GUEST6: Figures()}


@pytest.mark.anyio
async def test_nobody_is_counted_where_there_is_no_node() -> None:
    with pytest.raises(ShareError):
        await NodeRules(FakeNamespaces(), lambda _space: LibNftables()).carried()


def test_thousand_guests_are_all_read(node: Node) -> None:
    many = tuple(type(GUEST4)(int(GUEST4) + at) for at in range(1_000))
    node.street.nft(changed(POLICY.guests, (*many, GUEST6)))
    read = counts(node.kernel, TABLE, UP[4])
    assert read == {each.packed: 0 for each in many}


def test_set_that_is_not_there_is_told(node: Node) -> None:
    with pytest.raises(FirewallError):
        counts(node.kernel, TABLE, "up5")


def test_nothing_is_to_be_done_where_nobody_comes_or_goes() -> None:
    assert changed(POLICY.guests, reversed(POLICY.guests)) == ""


@given(st.binary(max_size=200))
def test_any_attributes_are_elements_or_none(body: bytes) -> None:
    assert all(isinstance(key, bytes) for key, _ in elements(body))

"""A guest is let go on as far as it was trusted, in the kernel, and no packet further."""

from __future__ import annotations

import os
import select

import attrs
import pytest

from tests.plugins.killswitch.here import OnlyHere
from tests.plugins.killswitch.test_meter import (
    SERVER4,
    SERVER6,
    Node,
    datagram,
    node,
)
from tests.plugins.killswitch.test_node import GUEST4, GUEST6, POLICY
from worldvpn_core.errors import ShareError
from worldvpn_core.testing.namespace_fakes import FakeNamespaces
from worldvpn_core.types import IpAddress
from worldvpn_killswitch.libnftables import LibNftables
from worldvpn_killswitch.meter import TABLE
from worldvpn_killswitch.node_rules import NodeRules

__all__ = ["node"]

pytestmark = pytest.mark.anyio
GUEST = (GUEST4, GUEST6)
PACKET_BYTES = len(datagram(GUEST4, SERVER4, b"x" * 972, (5_000, 443)))


def passed(node: Node, guest: IpAddress, server: IpAddress, packets: int) -> int:
    """Let ``guest`` send ``packets`` of 1,000 bytes or so; return how many leave the node."""
    for _ in range(packets):
        os.write(node.inner, datagram(guest, server, b"x" * 972, (5_000, 443)))
    left = 0
    while select.select([node.outer], [], [], 0.2)[0]:
        left += os.read(node.outer, 65_536).endswith(b"x" * 972)
    return left


async def rules_of(policy_guests: tuple[IpAddress, ...] = POLICY.guests) -> NodeRules:
    rules = NodeRules(OnlyHere(), lambda _space: LibNftables())
    await rules.apply(attrs.evolve(POLICY, guests=policy_guests))
    return rules


def listed(node: Node) -> str:
    return node.street.run(f"nft list table inet {TABLE}")


async def test_guest_is_carried_so_far_and_no_packet_further(node: Node) -> None:
    rules = await rules_of()
    await rules.allow({GUEST: 3 * PACKET_BYTES + 1})
    assert passed(node, GUEST4, SERVER4, 10) == 3


async def test_both_families_have_one_room_together(node: Node) -> None:
    rules = await rules_of()
    await rules.allow({GUEST: 4 * PACKET_BYTES})
    first = passed(node, GUEST4, SERVER4, 2)
    assert (first, passed(node, GUEST6, SERVER6, 10)) == (2, 1)


async def test_new_room_counts_from_now_on_however_much_was_dropped(node: Node) -> None:
    rules = await rules_of()
    await rules.allow({GUEST: PACKET_BYTES + 1})
    assert passed(node, GUEST4, SERVER4, 10) == 1
    await rules.allow({GUEST: 2 * PACKET_BYTES + 1})
    assert passed(node, GUEST4, SERVER4, 10) == 2


async def test_guest_of_whom_nothing_was_said_has_no_end(node: Node) -> None:
    rules = await rules_of()
    await rules.allow({(GUEST6,): 1})
    assert passed(node, GUEST4, SERVER4, 10) == 10


async def test_what_has_no_room_is_not_counted(node: Node) -> None:
    rules = await rules_of()
    left = node.sends(datagram(GUEST4, SERVER4, b"asks", (5_000, 443)))
    node.answers(left, b"answers")
    before = await rules.carried()
    await rules.allow({GUEST: 1})
    passed(node, GUEST4, SERVER4, 10)
    assert await rules.carried() == before


async def test_room_goes_with_its_guest(node: Node) -> None:
    rules = await rules_of()
    await rules.allow({GUEST: 1})
    assert "room1" in listed(node)
    await rules.apply(attrs.evolve(POLICY, guests=()))
    assert "room1" not in listed(node)
    await rules.apply(POLICY)
    assert passed(node, GUEST4, SERVER4, 3) == 3


async def test_room_stays_when_others_come_and_go(node: Node) -> None:
    rules = await rules_of((GUEST4,))
    await rules.allow({(GUEST4,): 1})
    await rules.apply(POLICY)
    assert passed(node, GUEST4, SERVER4, 3) == 0


async def test_guest_that_is_not_there_is_passed_over(node: Node) -> None:
    rules = await rules_of((GUEST6,))
    await rules.allow({(GUEST4,): 1, (GUEST6,): 1})
    assert str(GUEST4) not in listed(node)
    assert passed(node, GUEST6, SERVER6, 3) == 0


async def test_guest_has_its_room_from_its_first_packet_on(node: Node) -> None:
    rules = await rules_of((GUEST6,))
    await rules.allow({(GUEST4,): PACKET_BYTES + 1})
    await rules.apply(POLICY)
    assert passed(node, GUEST4, SERVER4, 3) == 1
    await rules.allow({(GUEST4,): 2 * PACKET_BYTES + 1})
    assert passed(node, GUEST4, SERVER4, 3) == 2


async def test_guest_that_was_there_before_the_node_has_its_room(node: Node) -> None:
    rules = NodeRules(OnlyHere(), lambda _space: LibNftables())
    with pytest.raises(ShareError):
        await rules.allow({GUEST: 1})
    await rules.apply(POLICY)
    assert passed(node, GUEST4, SERVER4, 3) == 0


async def test_room_of_who_never_came_is_nobody_elses(node: Node) -> None:
    rules = await rules_of((GUEST6,))
    await rules.allow({(GUEST4,): 1})
    await rules.apply(attrs.evolve(POLICY, guests=()))
    await rules.apply(POLICY)
    assert passed(node, GUEST4, SERVER4, 3) == 3


async def test_nobody_is_limited_where_there_is_no_node() -> None:
    with pytest.raises(ShareError):
        await NodeRules(FakeNamespaces(), lambda _space: LibNftables()).allow({GUEST: 1})

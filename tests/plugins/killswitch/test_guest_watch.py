"""What a guest does is counted in the kernel by real packets, and whose they are is told."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from tests.plugins.killswitch.here import OnlyHere
from tests.plugins.killswitch.street import Street
from tests.plugins.killswitch.test_meter import SERVER4, SERVER6, Node, datagram
from tests.plugins.killswitch.test_node import GUEST4, GUEST6, POLICY
from worldvpn_core.contracts import Watched
from worldvpn_core.share.abuse import MOST_OPENED
from worldvpn_core.share.classes import TrafficClass
from worldvpn_core.types import NODE_GUESTS, NODE_UPLINK, IpAddress
from worldvpn_killswitch.element_counts import NETLINK_NETFILTER
from worldvpn_killswitch.guest_watch import changed
from worldvpn_killswitch.libnftables import LibNftables
from worldvpn_killswitch.node_rules import NodeRules

pytestmark = pytest.mark.anyio

SENT = attrs.evolve(POLICY, sent=POLICY.guests, most_flows=0)
PAIRS = [(GUEST4, SERVER4), (GUEST6, SERVER6)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def node(street: Street) -> Iterator[Node]:
    inner, outer = street.tun(NODE_GUESTS), street.tun(NODE_UPLINK)
    street.set("ipv4/ip_forward", "1")
    street.set("ipv6/conf/all/forwarding", "1")
    street.run(f"ip -4 route add 192.0.2.0/24 dev {NODE_UPLINK}")
    street.run(f"ip -6 route add 2600::/16 dev {NODE_UPLINK}")
    street.run(f"ip -4 route add {GUEST4}/32 dev {NODE_GUESTS}")
    street.run(f"ip -6 route add {GUEST6}/128 dev {NODE_GUESTS}")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as kernel:
        yield Node(street, inner, outer, kernel)


@attrs.frozen
class Watching:
    """A node whose guests the server has sent."""

    node: Node
    rules: NodeRules

    async def seen(self, guest: IpAddress) -> Watched:
        return (await self.rules.watched())[guest]


@pytest.fixture
async def watching(node: Node) -> Watching:
    rules = NodeRules(OnlyHere(), lambda _space: LibNftables())
    await rules.apply(SENT)
    return Watching(node, rules)


@pytest.mark.parametrize(("guest", "server"), PAIRS)
async def test_a_flow_is_one_connection_of_its_kind_however_long_it_lasts(
    watching: Watching, guest: IpAddress, server: IpAddress
) -> None:
    asks = datagram(guest, server, b"asks", (5_000, 443))
    left = watching.node.sends(asks)
    watching.node.sends(asks)
    watching.node.answers(left, b"answers")
    watching.node.sends(asks)
    watching.node.sends(datagram(guest, server, b"more", (5_001, 6_881)))
    watching.node.sends(datagram(guest, server, b"else", (5_002, 9_999)))

    seen = await watching.seen(guest)
    assert (seen.opened, seen.ports, seen.hosts) == (3, 3, 1)
    assert {name: count for name, count in seen.begun.items() if count} == {
        TrafficClass.WEB: 1,
        TrafficClass.P2P: 1,
        TrafficClass.OTHER: 1,
    }


@pytest.mark.parametrize(("guest", "server"), PAIRS)
async def test_what_nobody_answers_is_counted_until_somebody_does(
    watching: Watching, guest: IpAddress, server: IpAddress
) -> None:
    asks = datagram(guest, server, b"asks", (5_000, 443))
    for _ in range(3):
        left = watching.node.sends(asks)
    watching.node.answers(left, b"answers")
    for _ in range(5):
        watching.node.sends(asks)

    assert (await watching.seen(guest)).unanswered_bytes == 3 * len(asks)


async def test_each_port_and_each_host_counts_once(watching: Watching) -> None:
    for number in range(40):
        server = type(SERVER4)(int(SERVER4) + number % 7)
        port = 10_000 + number % 11
        watching.node.sends(datagram(GUEST4, server, b"%04d" % number, (5_000 + number, port)))

    seen = await watching.seen(GUEST4)
    assert (seen.opened, seen.ports, seen.hosts) == (40, 11, 7)
    assert await watching.seen(GUEST6) == Watched(begun=dict.fromkeys(TrafficClass, 0))


async def test_who_begins_too_many_connections_is_stopped_in_the_kernel(
    watching: Watching,
) -> None:
    passed = 0
    for number in range(3 * MOST_OPENED):
        os.write(watching.node.inner, _another(number))
        passed += _taken(watching.node.outer)

    assert (await watching.seen(GUEST4)).opened == 3 * MOST_OPENED
    # What a minute allows, and what comes back to it while this lasts.
    assert MOST_OPENED <= passed < 2 * MOST_OPENED


async def test_the_owners_own_devices_are_not_watched(node: Node) -> None:
    rules = NodeRules(OnlyHere(), lambda _space: LibNftables())
    await rules.apply(attrs.evolve(SENT, sent=()))
    for number in range(MOST_OPENED + 200):
        os.write(node.inner, _another(number))
        assert _taken(node.outer)

    seen = (await rules.watched())[GUEST4]
    assert (seen.opened, seen.ports, seen.hosts) == (0, 0, 0)
    assert seen.begun[TrafficClass.WEB] == MOST_OPENED + 200


async def test_who_stays_goes_on_being_watched_when_others_come_and_go(watching: Watching) -> None:
    watching.node.sends(datagram(GUEST4, SERVER4, b"asks", (5_000, 443)))
    await watching.rules.apply(attrs.evolve(SENT, guests=(GUEST4,), sent=(GUEST4,)))
    watching.node.sends(datagram(GUEST4, SERVER4, b"more", (5_001, 443)))
    await watching.rules.apply(SENT)
    assert (await watching.seen(GUEST4)).opened == 2

    await watching.rules.apply(attrs.evolve(SENT, guests=(GUEST6,), sent=(GUEST6,)))
    await watching.rules.apply(SENT)
    assert (await watching.seen(GUEST4)).opened == 0


@pytest.mark.parametrize("sent", [(), (GUEST4,)])
async def test_a_guest_has_no_more_flows_at_once_than_its_share_and_others_have_theirs(
    node: Node, sent: tuple[IpAddress, ...]
) -> None:
    rules = NodeRules(OnlyHere(), lambda _space: LibNftables())
    most = attrs.evolve(SENT, sent=sent, most_flows=20)
    await rules.apply(most)
    assert _flows(node, range(30)) == 20
    node.sends(datagram(GUEST6, SERVER6, b"others", (5_000, 443)))
    # Those who come and go leave the count alone; another share counts anew.
    await rules.apply(attrs.evolve(most, guests=(GUEST4,)))
    assert _flows(node, range(30, 40)) == 0
    await rules.apply(attrs.evolve(most, most_flows=0))
    assert _flows(node, range(40, 80)) == 40


def _flows(node: Node, numbers: range) -> int:
    """Begin so many flows; return how many were let through."""
    passed = 0
    for number in numbers:
        os.write(node.inner, _another(number))
        passed += _taken(node.outer)
    return passed


@pytest.mark.parametrize(
    "changes",
    [{"sent": ()}, {"guests": (), "sent": ()}, {"guests": (GUEST6,)}],
)
def test_changing_to_and_fro_leaves_what_was(changes: dict[str, Any]) -> None:
    other = attrs.evolve(SENT, **changes)
    there, back = changed(SENT, other).splitlines(), changed(other, SENT).splitlines()

    assert there
    assert {each.partition(" ")[2] for each in there} == {each.partition(" ")[2] for each in back}
    assert changed(SENT, SENT) == ""


def _another(number: int) -> bytes:
    """Return the first packet of a flow: not to one server alone, for which ports would end."""
    server = type(SERVER4)(int(SERVER4) + number % 50)
    return datagram(GUEST4, server, b"%04d" % number, (5_000 + number, 443))


def _taken(outer: int) -> int:
    """Return how many packets of guests have come out, taking them."""
    found = 0
    while select.select([outer], [], [], 0)[0]:
        found += os.read(outer, 65_536)[:1] == b"\x45"
    return found

"""What the tunnel has carried is counted right, and nothing takes it back."""

from __future__ import annotations

import contextlib
import socket
from itertools import pairwise
from typing import Any

import pytest

from tests.e2e.rig import Rig
from worldvpn_core.contracts import Volume
from worldvpn_lab.daemon import Daemon, Part, is_connected_by, is_in
from worldvpn_lab.map import PLACES
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

COUNT = 1_000
PAYLOAD = bytes(1_000)
#: Each is one IPv4 packet with a UDP header.
INNER_BYTES = COUNT * (len(PAYLOAD) + 28)
#: The kernel's WireGuard counts its own header and padding: 44 bytes a packet of this size.
MOST_BYTES = INNER_BYTES + COUNT * 44
#: What else is said in the tunnel meanwhile: echoes that find the path's MTU, keepalives.
ELSE_BYTES = 65_536
ANSWER_S = 5.0


def exchange(world: World) -> None:
    """Send ``COUNT`` datagrams to an echo server, and get every one of them back."""
    with world.open_socket("client", socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(ANSWER_S)
        line.connect((str(PLACES.page), 7))
        for _ in range(COUNT):
            line.send(PAYLOAD)
            assert line.recv(2 * len(PAYLOAD)) == PAYLOAD


def volume(told: dict[str, Any]) -> Volume:
    return Volume(**told["total"])


def carried(daemon: Daemon) -> Volume:
    return volume(daemon.call("traffic.show"))


def is_one_exchange(before: Volume, after: Volume) -> bool:
    moved = (
        after.received_bytes - before.received_bytes,
        after.sent_bytes - before.sent_bytes,
    )
    return INNER_BYTES <= min(moved) <= max(moved) <= MOST_BYTES + ELSE_BYTES


def is_no_less(after: Volume, before: Volume) -> bool:
    return after.received_bytes >= before.received_bytes and after.sent_bytes >= before.sent_bytes


def test_what_is_carried_is_counted_through_a_killed_daemon_and_a_killed_engine(
    rig: Rig, daemon: Daemon
) -> None:
    seen = [carried(daemon)]
    # The first is gone by the time the daemon is killed: its bytes are known from the file alone.
    for name in ("node2", "node1"):
        daemon.connect(name)
        exchange(rig.world)
        seen.append(carried(daemon))

    assert daemon.kill(Part.DAEMON) == 1
    exchange(rig.world)
    again = rig.start()
    again.until(is_connected_by("node1"))
    seen.append(carried(again))

    exchange(rig.world)
    seen.append(carried(again))
    interface = again.status()["tunnel"]["interface"]
    killed = again.kill(Part.ENGINE)
    again.until(lambda now: is_in("connected")(now) and now["tunnel"]["interface"] != interface)
    anew = carried(again)
    exchange(rig.world)
    last = carried(again)

    assert killed == 1
    assert [is_one_exchange(*pair) for pair in pairwise(seen)] == [True] * 4
    assert is_no_less(anew, seen[-1])
    assert is_one_exchange(anew, last)


def test_both_tunnels_of_a_switch_are_counted_and_stay_so_once_all_are_closed(
    rig: Rig, daemon: Daemon
) -> None:
    seen = [carried(daemon)]
    for name in ("node1", "node2"):
        daemon.connect(name)
        exchange(rig.world)
        seen.append(carried(daemon))
    daemon.disconnect()
    closed = carried(daemon)
    assert daemon.stop() == 0
    restarted = carried(rig.start())

    assert [is_one_exchange(*pair) for pair in pairwise(seen)] == [True] * 2
    assert is_no_less(closed, seen[-1])
    assert restarted == closed


def test_who_watches_is_told_each_second_what_was_carried_by_then(rig: Rig, daemon: Daemon) -> None:
    daemon.connect("node1")
    with contextlib.closing(daemon.client()) as client:
        before = client.call("traffic.watch")
        exchange(rig.world)
        changes = [client.next_traffic() for _ in range(3)]

    times = [each["at_utc"] for each in changes]
    assert is_one_exchange(volume(before), volume(changes[-1]))
    assert times == sorted(set(times))
    assert sum(sum(each["history"]["minute"]["received_bytes"][-1:]) for each in changes)
    assert [len(each["history"]["day"]["sent_bytes"]) for each in changes] == [2, 2, 2]

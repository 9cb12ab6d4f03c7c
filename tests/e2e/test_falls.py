"""A remote that is gone or says nothing: noticed in time, blocked meanwhile, taken up again."""

from __future__ import annotations

import contextlib
import time
from collections import Counter

import pytest

from tests.e2e.rig import Rig
from tests.e2e.traffic import talking
from worldvpn_lab.daemon import Daemon, Part, is_connected_by, is_in
from worldvpn_lab.disturb import relay
from worldvpn_lab.disturb.scene import Effect, Scene
from worldvpn_lab.map import NODES

pytestmark = pytest.mark.netns

#: Core's own figures: 1.5 s of silence, three probes half a second apart, and some for a slow host.
FALL_S = 8.0
#: A first handshake is given ten seconds before the next attempt.
RECOVERY_S = 30.0
#: How long the daemon may be busy with what has ended: it looks for other resolvers each second.
REST_S = 1.5


@pytest.mark.parametrize("effect", [relay.silent, relay.gone], ids=["silent", "gone"])
def test_relay_that_answers_no_more_is_left_in_time_and_found_again(
    rig: Rig, daemon: Daemon, effect: Effect
) -> None:
    daemon.connect("node1")
    rig.admit(NODES[0])

    with talking(rig.world):
        with effect(Scene(world=rig.world, node=NODES[0])):
            fallen = daemon.until(lambda seen: not is_in("connected")(seen), FALL_S)
            out_when_fallen = rig.fire()
        daemon.until(is_connected_by("node1"), RECOVERY_S)
        leaks = rig.leaks()

    assert fallen["tunnel"]["enforced"]
    assert out_when_fallen == set()
    assert leaks == ()


def test_killed_engine_is_replaced_and_nothing_leaves_meanwhile(rig: Rig, daemon: Daemon) -> None:
    before = daemon.connect("node1")["tunnel"]["interface"]
    rig.admit(NODES[0])

    with talking(rig.world):
        killed = daemon.kill(Part.ENGINE)
        out_when_fallen = rig.fire()
        again = daemon.until(
            lambda seen: is_in("connected")(seen) and seen["tunnel"]["interface"] != before
        )

    assert killed == 1
    assert again["tunnel"]["profile"] == {"id": "node1", "name": "node1"}
    assert out_when_fallen == set()
    assert rig.leaks() == ()


def test_killed_agent_is_replaced_and_the_tunnel_does_not_notice(rig: Rig, daemon: Daemon) -> None:
    before = daemon.connect("node1")
    rig.admit(NODES[0])
    agent_pid = daemon.until(lambda seen: seen["daemon"]["agent_pid"] is not None)["daemon"][
        "agent_pid"
    ]

    killed = daemon.kill(Part.AGENT)
    imported = daemon.import_profile("node2")
    after = daemon.status()

    assert killed == 1
    assert imported == "node2"
    assert after["daemon"]["agent_pid"] not in {agent_pid, None}
    for unchanged in ("state", "interface", "since_utc"):
        assert after["tunnel"][unchanged] == before["tunnel"][unchanged]
    assert rig.fire() == set()
    assert rig.leaks() == ()


def descriptors(rig: Rig, daemon: Daemon) -> Counter[str]:
    """Return what the daemon holds, by kind."""
    targets: list[str] = []
    for path in rig.folder_of(daemon).glob("fd/*"):
        with contextlib.suppress(FileNotFoundError):
            targets.append(str(path.readlink()).partition("[")[0])
    return Counter(targets)


def test_twenty_connections_leave_nothing_behind(rig: Rig, daemon: Daemon) -> None:
    daemon.until(lambda seen: seen["daemon"]["agent_pid"] is not None)
    daemon.connect("node1")
    daemon.disconnect()
    time.sleep(REST_S)
    first = descriptors(rig, daemon)

    for number in range(20):
        daemon.connect(f"node{1 + number % 2}")
        daemon.disconnect()
        assert rig.changed() == {}
    time.sleep(REST_S)

    assert descriptors(rig, daemon) == first

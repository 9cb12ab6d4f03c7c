"""Disconnecting takes a second at most, whatever the tunnel was doing."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.rig import Rig
from worldvpn_app.cli.exits import CommandError
from worldvpn_lab import build
from worldvpn_lab.daemon import Daemon, Part, is_in
from worldvpn_lab.disturb import relay
from worldvpn_lab.disturb.scene import Scene
from worldvpn_lab.map import NODES

pytestmark = pytest.mark.netns

#: Far less than what is cancelled would take by itself.
CANCEL_S = 5.0
_MUTE = """
table inet lab_mute {
  chain in { type filter hook input priority 0; policy accept;
    meta l4proto { tcp, udp } th dport 53 drop
  }
}
"""

Phase = Callable[[Rig, Daemon], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def connecting(rig: Rig, daemon: Daemon) -> Iterator[None]:
    with relay.silent(Scene(world=rig.world, node=NODES[0])):
        daemon.call("tunnel.connect", profile_id="node1")
        daemon.until(is_in("connecting"))
        yield


@contextlib.contextmanager
def connected(_rig: Rig, daemon: Daemon) -> Iterator[None]:
    daemon.connect("node1")
    yield


@contextlib.contextmanager
def switching(rig: Rig, daemon: Daemon) -> Iterator[None]:
    daemon.connect("node1")
    with relay.silent(Scene(world=rig.world, node=NODES[1])):
        daemon.call("tunnel.connect", profile_id="node2")
        daemon.until(is_in("switching"))
        yield


@contextlib.contextmanager
def paused(_rig: Rig, daemon: Daemon) -> Iterator[None]:
    daemon.connect("node1")
    daemon.call("tunnel.pause", duration_s=60)
    daemon.until(is_in("paused"))
    yield


@contextlib.contextmanager
def falling(_rig: Rig, daemon: Daemon) -> Iterator[None]:
    """Blocked, or about to be, or connecting again: whichever it is just then."""
    daemon.connect("node1")
    daemon.kill(Part.ENGINE)
    yield


@contextlib.contextmanager
def closing(_rig: Rig, daemon: Daemon) -> Iterator[None]:
    daemon.connect("node1")
    daemon.call("tunnel.disconnect")
    yield


@pytest.mark.parametrize(
    "phase", [connecting, connected, switching, paused, falling, closing], ids=lambda p: p.__name__
)
def test_disconnecting_while(rig: Rig, daemon: Daemon, phase: Phase) -> None:
    with phase(rig, daemon):
        daemon.disconnect(timeout_s=CANCEL_S)
        changed = rig.changed()

    assert changed == {}


def test_disconnecting_while_a_name_is_looked_up_calls_the_connect_off(
    rig: Rig, daemon: Daemon
) -> None:
    answers: list[CommandError] = []

    def ask() -> None:
        try:
            daemon.call("tunnel.connect", profile_id="node1-name")
        except CommandError as error:
            answers.append(error)

    daemon.until(lambda seen: seen["daemon"]["agent_pid"] is not None)
    build.load_rules(rig.world, "lan", _MUTE)
    asking = threading.Thread(target=ask)
    asking.start()
    rig.wait_for_question()
    daemon.disconnect(timeout_s=CANCEL_S)
    build.load_rules(rig.world, "lan", "delete table inet lab_mute\n")
    asking.join()

    assert [error.code for error in answers] == ["busy"]
    assert is_in("disconnected")(daemon.status())
    assert rig.changed() == {}

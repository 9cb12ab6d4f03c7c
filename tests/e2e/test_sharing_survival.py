"""Sharing through death, restart and reset: it comes back, or nothing of it is left."""

from __future__ import annotations

import signal
import time

import pytest

from tests.e2e.rig import Rig
from tests.e2e.sharing import OUTER4, invite, serve
from worldvpn_lab.daemon import Daemon, is_in
from worldvpn_lab.device import Device, device
from worldvpn_lab.map import PLACES

pytestmark = pytest.mark.netns


def test_switching_it_off_leaves_the_host_as_it_was(rig: Rig, daemon: Daemon) -> None:
    serve(daemon)
    assert rig.changed()
    daemon.call("share.off")

    assert rig.changed() == {}


def test_stopping_the_daemon_takes_the_node_with_it(rig: Rig, daemon: Daemon) -> None:
    serve(daemon)
    status = daemon.stop()

    assert (status, rig.changed()) == (0, {})


def test_killed_while_it_shares_it_serves_again_when_it_is_back(
    rig: Rig, daemon: Daemon, phone: Device
) -> None:
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()
    again = rig.start()
    again.until(lambda seen: seen["sharing"]["state"] == "serving")
    with device(rig.world, "node2", invite(again, "laptop"), "wvg1") as laptop:
        answer = laptop.page(PLACES.page)
    again.call("share.off")

    assert answer == OUTER4
    assert phone.addresses != laptop.addresses
    assert rig.changed() == {}


def test_reset_after_a_kill_leaves_nothing_of_the_node(rig: Rig, daemon: Daemon) -> None:
    serve(daemon)
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()

    status, said = rig.reset()

    assert status == 0, said
    assert "namespace wvnode removed" in said
    assert rig.changed() == {}


def test_reset_by_the_daemon_ends_sharing_for_good(rig: Rig, daemon: Daemon) -> None:
    serve(daemon)
    daemon.call("host.reset", confirm=True)
    daemon.until(is_in("disconnected"))

    assert daemon.call("share.status")["sharing"]["wanted"] is False
    assert rig.changed() == {}


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.02, 0.03, 0.04, 0.06, 0.1])
def test_killed_while_it_opens_nothing_of_it_stays_after_a_reset(
    rig: Rig, daemon: Daemon, after_s: float
) -> None:
    daemon.call("share.on", agree=True)
    time.sleep(after_s)
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()

    status, said = rig.reset()

    assert status == 0, said
    assert rig.changed() == {}


@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.04, 0.08])
def test_killed_while_it_opens_the_next_one_serves(
    rig: Rig, daemon: Daemon, after_s: float
) -> None:
    daemon.call("share.on", agree=True)
    time.sleep(after_s)
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()
    again = rig.start()
    again.until(lambda seen: seen["sharing"]["state"] == "serving")
    again.call("share.off")

    assert rig.changed() == {}


def test_an_engine_that_dies_is_told_and_replaced(rig: Rig, daemon: Daemon, phone: Device) -> None:
    rig.world.run("client", ["sh", "-c", "kill -9 $(ip netns pids wvnode)"]).checked()
    fallen = daemon.until(lambda seen: seen["sharing"]["cause"] is not None)
    daemon.until(lambda seen: seen["sharing"]["state"] == "serving")

    cause = fallen["sharing"]["cause"]
    assert cause is not None
    assert "wireguard-go" in cause["detail"]
    assert phone.page(PLACES.page) == OUTER4


def test_a_guest_is_still_served_by_what_a_killed_daemon_left_and_no_less_judged(
    daemon: Daemon, phone: Device
) -> None:
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()

    assert phone.page(PLACES.page) == OUTER4
    assert not phone.connects(PLACES.router, 53)
    assert not phone.connects(PLACES.client, 22)

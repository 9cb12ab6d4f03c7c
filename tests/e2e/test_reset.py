"""``worldvpnd reset`` and ``worldvpn reset``: everything of ours goes, what others wrote stays."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.rig import Rig, is_open
from worldvpn_lab import build
from worldvpn_lab.daemon import Daemon, Part, is_in
from worldvpn_lab.map import NODES

pytestmark = pytest.mark.netns

WORLDVPN = str(Path(sys.prefix, "bin", "worldvpn"))
RESOLVER = "/etc/resolv.conf"
#: What a DHCP client writes when the lease is renewed, in the middle of a tunnel.
RENEWED = "# by dhclient\nnameserver 192.168.77.1\nnameserver 192.0.2.53\n"
#: The daemon waits a moment for others to finish what they write.
DRIFT_S = 5.0
SYSCTL = "/proc/sys/net/ipv4/conf/all/arp_ignore"


def die(daemon: Daemon) -> None:
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()


def test_reset_after_a_kill_gives_the_host_back_and_says_so(rig: Rig, daemon: Daemon) -> None:
    daemon.connect("node1")
    die(daemon)
    rig.admit(NODES[0])
    came_out, leaks = rig.fire(), rig.leaks()
    rig.witness.from_now(None)

    status, said = rig.reset()

    assert (came_out, leaks) == (set(), ())
    assert status == 0
    for what in ("rules of nftables removed", "routes and routing rules removed", "resolver"):
        assert what in said
    assert "interface wv1 removed" in said
    assert "arp_ignore" in said
    assert rig.changed() == {}
    assert is_open(rig.fire())


def resolver_of(rig: Rig) -> str:
    return rig.world.path("client", RESOLVER).read_text("utf-8")


def test_reset_keeps_what_others_wrote_while_the_daemon_lived(rig: Rig, daemon: Daemon) -> None:
    daemon.connect("node1")
    rig.world.write("client", {RESOLVER: RENEWED, SYSCTL: "8"})
    deadline_s = time.monotonic() + DRIFT_S
    while resolver_of(rig) == RENEWED:
        assert time.monotonic() < deadline_s, "the daemon did not set the resolver again"
        time.sleep(0.05)
    die(daemon)

    status, _said = rig.reset()

    assert status == 0
    assert resolver_of(rig) == RENEWED
    changed = rig.changed()
    assert changed.keys() == {"resolver", "sysctls"}
    assert changed["sysctls"][1] == [f"{SYSCTL}:8"]
    rig.world.write("client", {SYSCTL: "0"})
    build.write_resolver(rig.world, "client")


def test_reset_keeps_what_others_wrote_after_the_daemon_died(rig: Rig, daemon: Daemon) -> None:
    daemon.connect("node1")
    die(daemon)
    rig.world.write("client", {RESOLVER: RENEWED})

    status, _said = rig.reset()

    assert status == 0
    assert resolver_of(rig) == RENEWED
    assert rig.changed().keys() == {"resolver"}
    build.write_resolver(rig.world, "client")


def test_reset_does_nothing_twice(rig: Rig, daemon: Daemon) -> None:
    daemon.connect("node1")
    die(daemon)
    rig.reset()

    status, said = rig.reset()

    assert status == 0
    assert "restored" not in said.replace("resolver restored", "")
    assert "interface" not in said
    assert rig.changed() == {}


def test_reset_by_a_running_daemon_tells_what_was_undone(rig: Rig, daemon: Daemon) -> None:
    daemon.connect("node1")

    argv = [WORLDVPN, "--socket", f"{rig.how.run_dir}/daemon.sock", "reset", "--yes"]
    done = rig.world.run("client", argv)

    assert done.status == 0, done.stderr
    assert "arp_ignore" in done.stdout
    assert "resolv.conf" in done.stdout
    assert is_in("disconnected")(daemon.status())
    assert rig.changed() == {}


def test_reset_ends_lockdown_with_and_without_daemon(rig: Rig, daemon: Daemon) -> None:
    daemon.call("settings.set", changes={"lockdown": True})
    rig.admit()
    came_out = rig.fire()
    rig.witness.from_now(None)
    daemon.stop()

    status, said = rig.reset()
    again = rig.start()

    assert came_out == set()
    assert status == 0
    assert "lockdown" in said
    assert again.call("settings.get")["settings"]["lockdown"] is False
    assert is_open(rig.fire())


def test_reset_without_daemon_answers_in_json_too(rig: Rig, daemon: Daemon) -> None:
    daemon.connect("node1")
    die(daemon)

    status, said = rig.reset("--json")

    assert status == 0
    assert any("resolver" in what for what in json.loads(said)["undone"])
    assert daemon.kill(Part.ENGINE) == 0

"""A partial tunnel protects its part and no more, also when its daemon stops or starts again."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from worldvpn_lab import nodes
from worldvpn_lab.daemon import Daemon, Part, is_connected, is_in
from worldvpn_lab.map import PLACES
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

FETCH = "import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=2).read()"
#: What the tunnel is for: nothing else is to be touched by it.
PART = "203.0.113.128/25"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World.up(tmp_path / "lab") as made:
        yield made


def connect_partially(world: World) -> Daemon:
    daemon = Daemon.start(world)
    path = world.directory / nodes.PROFILES / "node1.conf"
    text = re.sub(r"(?m)^(AllowedIPs\s*=).*$", rf"\1 {PART}", path.read_text(encoding="utf-8"))
    text = re.sub(r"(?m)^DNS\s*=.*$", "", text)
    profile_id = daemon.import_profile("part", text)
    daemon.call("tunnel.connect", profile_id=profile_id, partial=True)
    daemon.until(is_connected)
    return daemon


def reaches(world: World, host: object) -> bool:
    return world.run("client", [sys.executable, "-c", FETCH, f"http://{host}/"]).status == 0


def loads_rules_for_its_part(world: World) -> bool:
    listed = world.run("client", ["nft", "list", "table", "inet", "worldvpn"]).checked()
    return "203.0.113.128" in listed


def test_rest_of_the_host_is_not_cut_off_when_the_daemon_stops(world: World) -> None:
    with connect_partially(world) as daemon:
        before = reaches(world, PLACES.page)
        daemon.stop()

    assert before
    assert reaches(world, PLACES.page)
    assert loads_rules_for_its_part(world)


def test_rest_of_the_host_is_not_cut_off_by_a_crash_and_a_node_that_is_gone(world: World) -> None:
    daemon = connect_partially(world)
    daemon.kill(Part.DAEMON)
    world.run("node1", ["ip", "link", "set", "eth0", "down"]).checked()

    with daemon.restart() as again:
        again.until(is_in("connecting", "blocked"))
        reached = reaches(world, PLACES.page)
        protected = again.status()["tunnel"]["protects"]

    assert reached
    assert protected == [PART]
    assert loads_rules_for_its_part(world)

"""The lab needs no root: a user without any right builds it and sees every probe."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.netns

CODE = """
import json, os, sys, time
from pathlib import Path
from worldvpn_lab import guest
from worldvpn_lab.oracle.tap import POINTS, Tap
from worldvpn_lab.probes.volley import ALL, Volley, seen
from worldvpn_lab.world import World

with World.up(Path(sys.argv[1], "lab")) as world:
    with Volley(world) as volley, Tap(world.open_socket, (*POINTS, guest.GUEST_LAN)) as tap:
        shot = volley.fire()
        time.sleep(0.3)
        found = seen(tap.take(), shot)
    print(json.dumps({
        "uid_outside": os.geteuid(),
        "uid_inside": world.run("client", ["id", "-u"]).checked().strip(),
        "unseen": [cell.name for cell in ALL if cell.index not in found],
        "node": world.run("node1", ["ls", "/sys/class/net/wg0/tun_flags"]).checked().strip(),
        "resolver": world.path("client", "/etc/resolv.conf").read_text(),
    }))
"""


@pytest.fixture
def open_directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="worldvpn-lab-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def test_user_without_rights_builds_a_world_with_everything(open_directory: Path) -> None:
    argv = [sys.executable, str(Path(__file__).with_name("stranger.py")), CODE]

    done = subprocess.run(
        [*argv, str(open_directory)], check=False, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["uid_outside"] != 0
    assert told["uid_inside"] == "0"
    assert told["unseen"] == []
    assert told["node"].endswith("tun_flags")
    assert told["resolver"] == "nameserver 192.168.77.1\n"

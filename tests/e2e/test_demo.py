"""``worldvpn demo``: what a newcomer runs first must work, and say so truthfully."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from ipaddress import ip_address
from pathlib import Path

import pytest

pytestmark = pytest.mark.netns

STRANGER = Path(__file__).parents[1] / "lab" / "stranger.py"
AS_A_USER = "import sys; from worldvpn_lab.commands import demo; sys.exit(demo(['--json']))"

WORLDVPN = str(Path(sys.prefix, "bin", "worldvpn"))


def run(argv: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_demo_holds_and_reports_every_field(tmp_path: Path) -> None:
    done = run([WORLDVPN, "demo", "--json"], TMPDIR=str(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["ok"] is True
    assert found["failed"] == []
    assert found["engine"].startswith(("wireguard-go ", "kernel"))
    assert found["protocol"] == "wireguard"
    exits = [found[f"exit_address_{when}"] for when in ("before", "after", "switched")]
    assert len({ip_address(address) for address in exits}) == 3
    assert found["exit_address_disconnected"] == found["exit_address_before"]
    assert 0 < found["connect_ms"] < 10_000
    assert 0 < found["reconnect_ms"] < 10_000
    assert found["throughput_mbps"] > 1
    assert found["leaked_packets"] == 0
    assert found["control_packets"] >= 266
    assert found["control_unseen"] == []
    assert found["outside_packets"]["endpoint"] > 10
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_demo_holds_for_a_user_without_rights() -> None:
    done = run([sys.executable, str(STRANGER), AS_A_USER])

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["ok"] is True


def test_interrupted_demo_leaves_nothing(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [WORLDVPN, "demo"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    holders = holders_of(demo.pid)

    demo.send_signal(signal.SIGINT)
    said, complaint = demo.communicate(timeout=30)

    assert demo.returncode == 130
    assert said == ""
    assert "everything was removed" in complaint
    assert list(tmp_path.iterdir()) == []
    assert all(gone(pid) for pid in holders)


def gone(pid: int) -> bool:
    """Say whether ``pid`` ends, given the time its parent takes to notice."""
    deadline_s = time.monotonic() + 10.0
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return not Path(f"/proc/{pid}").exists()


def holders_of(pid: int) -> list[int]:
    """Return the processes that ``pid`` has started, once its lab stands."""
    deadline_s = time.monotonic() + 20.0
    children = Path(f"/proc/{pid}/task/{pid}/children")
    while not (found := children.read_text("ascii").split()):
        assert time.monotonic() < deadline_s, "no lab was begun"
        time.sleep(0.01)
    return [int(each) for each in found]


def test_demo_that_cannot_be_played_says_why(tmp_path: Path) -> None:
    done = run([WORLDVPN, "demo", "--json"], TMPDIR=str(tmp_path), PATH="/nowhere")

    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    assert "is not installed" in answer["error"]["message"]

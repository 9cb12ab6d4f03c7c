"""What survives SIGKILL, and files that are mounts: in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from worldvpn_dns.resolv_conf import is_ours

HOLDER = Path(__file__).with_name("holder.py")
OURS = "nameserver 10.64.0.1"


def hold(path: Path, *steps: str, before: str = "", after: str = "") -> list[object]:
    """Run ``steps`` in a mount namespace of their own, between two shell commands."""
    inner = f'set -e; {before}; "$@"; {after or ":"}'
    done = subprocess.run(
        [
            *("unshare", "--mount", "--propagation", "private", "sh", "-c", inner, "sh"),
            *(sys.executable, str(HOLDER), str(path), str(path.parents[1]), *steps),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_killed_process_leaves_a_record_from_which_the_next_restores(
    resolv_conf: Path, tmp_path: Path
) -> None:
    before = resolv_conf.read_bytes()
    command = [sys.executable, str(HOLDER), str(resolv_conf), str(tmp_path)]
    with subprocess.Popen([*command, "record", "hold", "wait"], stdout=subprocess.PIPE) as held:
        assert held.stdout is not None
        journal = held.stdout.readline()
        held.stdout.readline()
        held.kill()
    assert is_ours(resolv_conf.read_bytes())
    subprocess.run([*command, "adopt", "release"], input=journal, check=True, capture_output=True)
    assert resolv_conf.read_bytes() == before


def test_a_killed_process_leaves_names_inside(resolv_conf: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(HOLDER), str(resolv_conf), str(tmp_path)]
    with subprocess.Popen([*command, "hold", "wait"], stdout=subprocess.PIPE) as held:
        assert held.stdout is not None
        held.stdout.readline()
        held.kill()
    assert OURS in resolv_conf.read_text()


@pytest.mark.netns
def test_a_mounted_file_is_written_in_place_and_given_back(resolv_conf: Path) -> None:
    mounted = resolv_conf.with_name("of-the-namespace")
    mounted.write_text("nameserver 203.0.113.1\n")
    beneath = resolv_conf.read_bytes()
    held = resolv_conf.with_name("seen")
    mount = f"mount --bind {mounted} {resolv_conf}"
    recorded, *_ = hold(resolv_conf, "record", "hold", before=mount, after=f"cp {mounted} {held}")
    assert recorded == [
        {"kind": "resolv.conf", "name": str(resolv_conf), "old": "nameserver 203.0.113.1\n"}
    ]
    assert OURS in held.read_text()
    assert resolv_conf.read_bytes() == beneath
    assert not resolv_conf.with_name(".resolv.conf.worldvpn").exists()


@pytest.mark.netns
def test_a_mounted_file_comes_back_byte_by_byte(resolv_conf: Path) -> None:
    mounted = resolv_conf.with_name("of-the-namespace")
    mounted.write_text("nameserver 203.0.113.1\n")
    mount = f"mount --bind {mounted} {resolv_conf}"
    assert hold(resolv_conf, "hold", "release", before=mount) == ["hold", "release"]
    assert mounted.read_text() == "nameserver 203.0.113.1\n"


@pytest.mark.netns
def test_a_link_to_a_mounted_file_is_not_replaced(resolv_conf: Path) -> None:
    mounted = resolv_conf.with_name("of-the-namespace")
    mounted.write_text("nameserver 203.0.113.1\n")
    shared = resolv_conf.with_name("shared")
    shared.write_bytes(resolv_conf.read_bytes())
    resolv_conf.unlink()
    resolv_conf.symlink_to("shared")
    mount = f"mount --bind {mounted} {shared}"
    assert hold(resolv_conf, "hold", before=mount) == ["hold"]
    assert resolv_conf.is_symlink()
    assert OURS in mounted.read_text()
    assert OURS not in shared.read_text()


@pytest.mark.netns
@pytest.mark.parametrize("what", ["{0}", "{0.parent}"], ids=["file", "folder"])
def test_what_is_mounted_read_only_is_an_error_that_names_it(resolv_conf: Path, what: str) -> None:
    before = resolv_conf.read_bytes()
    target = what.format(resolv_conf)
    mount = f"mount --bind {target} {target}; mount -o remount,bind,ro {target}"
    (error,) = hold(resolv_conf, "hold", before=mount)
    assert error == {
        "code": "protection.dns",
        "error": f"cannot write {resolv_conf}: Read-only file system; make it a writable regular"
        " file or link of at most 65536 bytes (lsattr shows whether it is immutable)",
    }
    assert resolv_conf.read_bytes() == before

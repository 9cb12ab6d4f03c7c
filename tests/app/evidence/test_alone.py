"""The check needs the file alone: no daemon, no network, none of core's code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.evidence.exports import ROOT, export, public, session
from worldvpn_app.evidence.file import written


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-m", "worldvpn_app.evidence", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_program_tells_what_a_file_proves(tmp_path: Path) -> None:
    file = tmp_path / "export"
    file.write_bytes(written(export(session())))
    sound, other = run(str(file), ROOT.hex()), run(str(file), public("thief").hex())
    assert (sound.returncode, sound.stderr) == (0, "")
    assert sound.stdout.splitlines()[-1] == (
        "Nothing fails: both ends signed for 9,437,184 bytes in 1 of 1 sessions."
    )
    assert (other.returncode, other.stderr) == (1, "")
    assert "another root key" in other.stdout


def test_damaged_file_is_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "export"
    file.write_bytes(written(export(session()))[1:])
    assert run(str(file)).returncode == 1


@pytest.mark.parametrize("typed", [(), ("/nowhere",), ("/dev/null", "no key")])
def test_what_makes_no_sense_ends_with_usage(typed: tuple[str, ...]) -> None:
    done = run(*typed)
    assert (done.returncode, done.stderr.startswith("usage: ")) == (2, True)


def test_nothing_of_core_is_loaded_and_no_network() -> None:
    script = "import sys, worldvpn_app.evidence.__main__; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()
    packages = {name.partition(".")[0] for name in loaded}
    assert packages.isdisjoint({"worldvpn_core", "worldvpn_accounting", "attr", "asyncio", "ssl"})
    assert "worldvpn_app" in packages

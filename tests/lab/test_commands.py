"""``worldvpn lab``: a lab on the command line, across processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from worldvpn_lab.commands import lab
from worldvpn_lab.map import ROLES

pytestmark = pytest.mark.netns


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("cli")
    done = run(directory, "up", "--json")
    assert done.returncode == 0, done.stderr
    (directory / "map.json").write_text(done.stdout, encoding="utf-8")
    yield directory
    assert run(directory, "down").returncode == 0


def run(directory: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    script = "import sys; from worldvpn_lab.commands import lab; sys.exit(lab(sys.argv[1:]))"
    command = [sys.executable, "-c", script, "--dir", str(directory), *argv]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)


def test_map_names_every_role_and_its_addresses(standing: Path) -> None:
    facts = json.loads((standing / "map.json").read_text(encoding="utf-8"))

    assert tuple(facts["roles"]) == ROLES
    for role in facts["roles"].values():
        assert {ip_address(address).version for address in role["addresses"]} == {4, 6}


def test_profiles_of_the_map_can_be_read(standing: Path) -> None:
    facts = json.loads((standing / "map.json").read_text(encoding="utf-8"))

    texts = {name: Path(path).read_text("utf-8") for name, path in facts["profiles"].items()}

    assert set(texts) == {f"node{n}{how}" for n in (1, 2) for how in ("", "-v6", "-name")}
    assert all("[Interface]" in text and "[Peer]" in text for text in texts.values())
    assert "Endpoint = [2001:db8:a1::10]:51820" in texts["node1-v6"]


def test_status_prints_the_same_map(standing: Path) -> None:
    done = run(standing, "status", "--json")

    assert json.loads(done.stdout) == json.loads((standing / "map.json").read_text("utf-8"))


def test_map_for_people_shows_how_to_go_on(standing: Path) -> None:
    done = run(standing, "status")

    assert "192.168.77.10/24" in done.stdout
    assert "lab down" in done.stdout


def test_exec_passes_on_output_and_status(standing: Path) -> None:
    done = run(standing, "exec", "node2", "--", "sh", "-c", "echo out; echo err >&2; exit 3")

    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_exec_reports_a_signal_as_a_shell_does(standing: Path) -> None:
    assert run(standing, "exec", "client", "--", "sh", "-c", "kill -TERM $$").returncode == 143


def test_exec_of_an_unknown_program_fails_with_a_sentence(standing: Path) -> None:
    done = run(standing, "exec", "client", "--", "no-such-program")

    assert done.returncode == 127
    assert done.stderr == "worldvpn lab: client has no program 'no-such-program'\n"


def test_exec_without_a_command_is_misuse(standing: Path) -> None:
    assert run(standing, "exec", "client").returncode == 2


def test_exec_hands_signals_to_the_program(standing: Path) -> None:
    script = "import sys; from worldvpn_lab.commands import lab; sys.exit(lab(sys.argv[1:]))"
    argv = ["--dir", str(standing), "exec", "client", "--", "sh", "-c", "echo up; exec sleep 60"]
    with subprocess.Popen([sys.executable, "-c", script, *argv], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 128 + signal.SIGTERM


def test_second_up_is_refused(standing: Path) -> None:
    done = run(standing, "up")

    assert done.returncode == 1
    assert "stands" in done.stderr


@pytest.mark.parametrize("verb", ["status", "down"])
def test_without_a_lab_every_verb_says_so(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = lab(["--dir", str(tmp_path / "none"), verb])

    assert status == 1
    assert "no lab stands" in capsys.readouterr().err

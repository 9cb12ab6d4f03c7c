"""The program as it is typed: terminals, interrupts, pipes, what it loads and what it becomes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from tests.app.fake_daemon import HOME, UP, FakeDaemon, a_snapshot
from tests.app.programs import WORLDVPN, environment, run, run_on_terminal, until
from worldvpn_app.cli.exits import Exit
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_core.ipc.messages import SettingsSet, TunnelConnect, TunnelDisconnect

#: What would make every verb start late.
HEAVY = {"asyncio", "attr", "cattrs", "ctypes", "importlib.metadata", "inspect", "subprocess"}


def interrupted(daemon: FakeDaemon) -> subprocess.CompletedProcess[str]:
    """Return a connect that was interrupted once the daemon was at it."""
    daemon.scripts[TunnelConnect] = UP[:1]
    process = subprocess.Popen(
        [str(WORLDVPN), "--socket", str(daemon.path), "connect", "home"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: any(isinstance(request, TunnelConnect) for request in daemon.requests))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    return subprocess.CompletedProcess([], process.returncode, out, err)


def test_no_daemon_is_a_sentence_with_the_command_that_starts_one(tmp_path: Path) -> None:
    ended = run("status", "--socket", str(tmp_path / "none.sock"))
    assert (ended.returncode, ended.stdout) == (Exit.NO_DAEMON, "")
    assert ended.stderr.startswith(f"worldvpn: no daemon answers at {tmp_path}/none.sock: start it")
    assert f"{WORLDVPN} daemon`\n" in ended.stderr


def test_no_daemon_is_one_object_in_json(tmp_path: Path) -> None:
    ended = run("status", "--json", env=environment(WORLDVPN_SOCKET=str(tmp_path / "none")))
    assert ended.returncode == Exit.NO_DAEMON
    assert json.loads(ended.stdout)["error"]["code"] == "no_daemon"
    assert ended.stderr == ""


def test_socket_is_taken_from_the_environment_unless_it_is_typed(daemon: FakeDaemon) -> None:
    assert run("status", env=environment(WORLDVPN_SOCKET=str(daemon.path))).returncode == Exit.OK
    wrong = environment(WORLDVPN_SOCKET="/nowhere")
    assert run("status", "--socket", str(daemon.path), env=wrong).returncode == Exit.OK


def test_verbs_start_without_heavy_modules(daemon: FakeDaemon) -> None:
    script = (
        "import sys; from worldvpn_app.cli.main import main;"
        f"code = main(['--socket', {str(daemon.path)!r}, 'status']);"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    assert HEAVY & set(done.stderr.split()) == set()


def test_colour_and_progress_are_for_a_terminal(daemon: FakeDaemon) -> None:
    code, shown = run_on_terminal("--socket", str(daemon.path), "connect", "home")
    assert code == Exit.OK
    assert "\x1b[1;36mConnecting to Home." in shown
    assert "\x1b[1;32mConnected: Home.\x1b[0m" in shown


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_declined(daemon: FakeDaemon, variable: dict[str, str]) -> None:
    env = environment(**variable)
    _, shown = run_on_terminal("--socket", str(daemon.path), "status", env=env)
    assert shown.startswith("Disconnected.")
    assert "\x1b" not in shown


def test_json_on_a_terminal_is_one_object(daemon: FakeDaemon) -> None:
    _, shown = run_on_terminal("--socket", str(daemon.path), "connect", "home", "--json")
    assert json.loads(shown)["tunnel"]["state"] == "connected"


@pytest.mark.parametrize(("answer", "made"), [("y\n", 1), ("n\n", 0), ("\n", 0)])
def test_dangerous_setting_asks_on_a_terminal(daemon: FakeDaemon, answer: str, made: int) -> None:
    _, shown = run_on_terminal(
        "--socket", str(daemon.path), "settings", "kill_switch", "off", answer=answer
    )
    assert "your traffic leaves unprotected whenever the tunnel falls" in shown
    assert [type(request) for request in daemon.requests].count(SettingsSet) == made


def test_text_from_outside_cannot_move_the_cursor(daemon: FakeDaemon) -> None:
    daemon.snapshot = a_snapshot(state="connected", profile={"id": "x", "name": "\x1b[2J\r\nx"})
    ended = run("--socket", str(daemon.path), "status")
    assert ended.stdout.startswith("Connected: \ufffd[2J\ufffd\ufffdx.\n")


def test_name_that_the_encoding_cannot_say_is_no_failure(daemon: FakeDaemon) -> None:
    daemon.snapshot = a_snapshot(
        state="connected", profile={"id": "x", "name": "\u0411\u044e\u0440\u043e"}
    )
    ended = run("status", "--socket", str(daemon.path), env=environment(PYTHONIOENCODING="ascii"))
    assert (ended.returncode, ended.stderr) == (Exit.OK, "")
    assert ended.stdout.startswith("Connected: ????.\n")


def test_interrupt_cancels_the_connect(daemon: FakeDaemon) -> None:
    ended = interrupted(daemon)
    assert ended.returncode == Exit.INTERRUPTED
    assert "Cancelled." in ended.stderr
    assert TunnelDisconnect() in daemon.requests


def test_interrupt_never_opens_a_host_that_was_protected_before(daemon: FakeDaemon) -> None:
    daemon.snapshot = a_snapshot(state="connected", profile={"id": "old", "name": "Old"})
    ended = interrupted(daemon)
    assert ended.returncode == Exit.INTERRUPTED
    assert "To open this computer: worldvpn disconnect" in ended.stderr
    assert TunnelDisconnect() not in daemon.requests


def test_watch_shows_each_change_and_outlives_a_restart(daemon: FakeDaemon) -> None:
    process = subprocess.Popen(
        [str(WORLDVPN), "--socket", str(daemon.path), "watch", "--json"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    states = [json.loads(process.stdout.readline())["tunnel"]["state"]]
    daemon.show(state="connecting", profile=HOME)
    states.append(json.loads(process.stdout.readline())["tunnel"]["state"])
    daemon.restart()
    states.append(json.loads(process.stdout.readline())["tunnel"]["state"])
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert states == ["disconnected", "connecting", "connecting"]
    assert (process.returncode, err) == (Exit.INTERRUPTED, "")


def test_watch_on_a_pipe_is_a_line_for_each_state(daemon: FakeDaemon) -> None:
    process = subprocess.Popen(
        [str(WORLDVPN), "--socket", str(daemon.path), "watch"],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    daemon.show(received_bytes=1)
    daemon.show(state="connecting", profile=HOME)
    second = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert first.endswith(" Disconnected. Your traffic is not protected.\n")
    assert second.endswith(" Connecting to Home. Nothing leaves this computer.\n")


def test_reader_that_has_enough_is_no_traceback(daemon: FakeDaemon) -> None:
    command = f"'{WORLDVPN}' --socket '{daemon.path}' watch --json | head -n 1"
    process = subprocess.Popen(
        ["bash", "-c", command],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["version"] == 1
    daemon.show(state="connecting")
    daemon.show(state="connected")
    _, err = process.communicate(timeout=20)
    assert err == ""


def test_mistake_of_ours_is_a_sentence_unless_it_is_hunted(daemon: FakeDaemon) -> None:
    daemon.snapshot = cast("Snapshot", {"version": 1})
    path = str(daemon.path)
    ended = run("status", "--socket", path)
    hunted = run("status", "--socket", path, env=environment(WORLDVPN_DEBUG="1"))
    assert (ended.returncode, ended.stdout) == (Exit.FAILED, "")
    assert ended.stderr.count("\n") == 1
    assert "Traceback" in hunted.stderr


def test_daemon_becomes_worldvpnd_of_the_same_environment(tmp_path: Path) -> None:
    environment_copy = tmp_path / "env"
    (environment_copy / "bin").mkdir(parents=True)
    stand_in = environment_copy / "bin" / "worldvpnd"
    stand_in.write_text('#!/bin/sh\necho daemon "$@"\n')
    stand_in.chmod(0o755)
    script = (
        f"import os, sys; sys.prefix = {str(environment_copy)!r}; os.geteuid = lambda: 0;"
        "from worldvpn_core.ipc import protocol;"
        f"protocol.SOCKET_PATH = {str(tmp_path / 'none')!r};"
        "from worldvpn_app.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    become = [sys.executable, "-c", script]
    daemon = subprocess.run([*become, "daemon", "--help", "x"], capture_output=True, check=True)
    reset = subprocess.run(
        [*become, "reset", "--yes", "--json"],
        env=environment(),
        capture_output=True,
        check=True,
    )
    assert daemon.stdout == b"daemon --help x\n"
    assert reset.stdout == b"daemon reset --json\n"


def test_reset_without_the_daemon_that_was_named_undoes_no_other(tmp_path: Path) -> None:
    script = (
        "import os, sys; os.geteuid = lambda: 0; os.execv = None;"
        "from worldvpn_app.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    typed = ["reset", "--yes", "--socket", str(tmp_path / "none.sock")]
    ended = subprocess.run(
        [sys.executable, "-c", script, *typed], capture_output=True, text=True, check=False
    )
    assert ended.returncode == Exit.NO_DAEMON
    assert "or run `worldvpnd reset` with that daemon's directories" in ended.stderr


@pytest.mark.parametrize("typed", [("daemon",), ("reset", "--yes", "--socket", "/nowhere")])
def test_what_only_root_may_do_is_said_with_the_command(typed: tuple[str, ...]) -> None:
    script = (
        "import os, sys; os.geteuid = lambda: 1000; sys.argv[0] = 'worldvpn';"
        "from worldvpn_app.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, *typed], capture_output=True, text=True, check=False
    )
    assert ended.returncode == Exit.DENIED
    assert ended.stderr == f"worldvpn: only root may do this: `sudo worldvpn {typed[0]}`\n"

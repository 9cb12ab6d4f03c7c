"""The socket file: taken over from the dead, never from the living."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.ipc.stranger import GROUP
from tests.core.ipc.wire import RecordingDaemon, serving
from worldvpn_core.errors import BusyError, ConfigError
from worldvpn_core.ipc.listening import ListeningSocket


def listen(path: Path) -> None:
    """Listen at ``path`` and end in good order."""
    listening = ListeningSocket(path, group_gid=None)
    listening.socket.close()
    listening.close()


def die_listening(path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        ListeningSocket(path, group_gid=None)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)


def test_socket_without_a_group_is_for_root_alone(path: Path) -> None:
    listening = ListeningSocket(path, group_gid=None)
    mode = path.stat().st_mode & 0o777
    listening.socket.close()
    listening.close()
    assert mode == 0o600


def test_socket_with_a_group_is_for_it_and_root(path: Path) -> None:
    listening = ListeningSocket(path, group_gid=GROUP)
    facts = path.stat()
    listening.socket.close()
    listening.close()
    assert (facts.st_mode & 0o777, facts.st_gid) == (0o660, GROUP)


def test_second_daemon_is_refused_and_the_first_still_hears(path: Path) -> None:
    listening = ListeningSocket(path, group_gid=None)
    with pytest.raises(BusyError, match=r"another worldvpnd already listens at .*daemon\.sock:"):
        ListeningSocket(path, group_gid=None)
    with listening.socket, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    listening.close()


def test_socket_of_a_killed_daemon_is_replaced(path: Path) -> None:
    die_listening(path)
    left_behind = path.stat().st_ino
    listening = ListeningSocket(path, group_gid=None)
    with listening.socket, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        assert path.stat().st_ino != left_behind
    listening.close()


def test_daemon_can_start_again_where_it_ended(path: Path) -> None:
    listen(path)
    assert not path.exists()
    listen(path)


def test_socket_is_not_inherited_by_what_the_daemon_starts(path: Path) -> None:
    listening = ListeningSocket(path, group_gid=None)
    inheritable = os.get_inheritable(listening.socket.fileno())
    inheritable |= os.get_inheritable(listening._lock_fd)
    listening.socket.close()
    listening.close()
    assert not inheritable


def _write_file(path: Path) -> None:
    path.write_text("mine")


def _plant_link(path: Path) -> None:
    path.with_name("target").write_text("mine")
    path.symlink_to("target")


@pytest.mark.parametrize("plant", [_write_file, _plant_link, Path.mkdir])
def test_what_is_no_socket_is_left_alone(path: Path, plant: Callable[[Path], None]) -> None:
    plant(path)
    before = path.lstat()
    with pytest.raises(ConfigError, match="exists and is no socket: move it away"):
        ListeningSocket(path, group_gid=None)
    assert path.lstat() == before


def test_failed_start_frees_the_path(path: Path) -> None:
    path.mkdir()
    with pytest.raises(ConfigError):
        ListeningSocket(path, group_gid=None)
    path.rmdir()
    listen(path)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing/daemon.sock", "cannot lock .*: No such file or directory"),
        ("x" * 200, "cannot listen at .*: AF_UNIX path too long"),
    ],
)
def test_path_that_cannot_be_made_is_a_sentence(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        ListeningSocket(tmp_path / name, group_gid=None)


@pytest.mark.anyio
async def test_server_is_not_started_twice(daemon: RecordingDaemon, path: Path) -> None:
    async with serving(daemon, path) as server:
        with pytest.raises(BusyError, match="already listening"):
            await server.start()

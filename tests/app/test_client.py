"""The client's side of the socket: who listens there, and what it says when nobody does."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.fake_daemon import FakeDaemon
from tests.app.programs import PATIENCE_S, until
from tests.core.ipc.stranger import UID, as_stranger
from tests.folders import public_folder
from worldvpn_app.cli.client import Client
from worldvpn_app.cli.exits import CommandError, Exit, NoDaemonError

#: Neither root nor whoever listens in these tests.
ANOTHER_UID = 1


@pytest.fixture
def open_path() -> Iterator[Path]:
    with public_folder() as folder:
        yield folder / "daemon.sock"


@pytest.fixture
def strangers_path(open_path: Path) -> Iterator[Path]:
    """Return a socket that a process of ``UID`` listens at, for all we can see."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(open_path))
        pid = os.fork()
        if pid == 0:
            # The kernel notes who called listen(2), not who goes on to accept.
            os.setuid(UID)
            listener.listen()
            os._exit(0)
        os.waitpid(pid, 0)
        yield open_path


def test_program_of_another_user_is_not_spoken_to(
    strangers_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: ANOTHER_UID)
    with pytest.raises(CommandError, match=f"not the daemon but a program of uid {UID}") as caught:
        Client(str(strangers_path))
    assert caught.value.exit_code is Exit.DENIED


@pytest.mark.anyio
async def test_user_who_may_not_open_the_socket_is_told_how_to_get_the_right(
    open_path: Path,
) -> None:
    def connect() -> object:
        try:
            Client(str(open_path))
        except CommandError as error:
            return [error.exit_code, error.message]
        return None

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(open_path))
        os.fchmod(listener.fileno(), 0)
        listener.listen()
        _forbid(open_path)
        code, message = await as_stranger(connect)
    assert code == Exit.DENIED
    assert "sudo usermod -aG worldvpn $USER" in message


def test_client_knows_what_the_daemon_takes_it_for(daemon: FakeDaemon) -> None:
    client = Client(str(daemon.path))
    assert client.role in {"root", "owner"}
    client.close()


def test_what_was_told_before_a_status_does_not_follow_it(daemon: FakeDaemon) -> None:
    client = Client(str(daemon.path))
    client.call("subscribe")
    daemon.show(state="connecting")
    daemon.show(state="connected")
    until(lambda: client.status()["tunnel"]["state"] == "connected")

    assert client.next_snapshot(0.1) is None
    daemon.show(state="disconnecting")
    following = client.next_snapshot(PATIENCE_S)
    client.close()
    assert following is not None
    assert following["tunnel"]["state"] == "disconnecting"


def test_daemon_that_goes_away_is_said(daemon: FakeDaemon) -> None:
    client = Client(str(daemon.path))
    daemon.restart()
    with pytest.raises(NoDaemonError, match="closed the connection"):
        client.call("status")
    client.close()


def test_news_that_comes_before_an_answer_is_kept(daemon: FakeDaemon) -> None:
    client = Client(str(daemon.path))
    client.call("subscribe")
    daemon.show(state="connecting")
    assert client.call("profiles.list")["profiles"]
    states = [client.next_snapshot(20.0), client.next_snapshot(20.0)]
    assert [each["tunnel"]["state"] for each in states if each] == ["disconnected", "connecting"]
    client.close()


def test_news_is_not_waited_for_longer_than_said(daemon: FakeDaemon) -> None:
    client = Client(str(daemon.path))
    assert client.next_snapshot(0.0) is None
    assert daemon.requests == []
    client.close()


def _forbid(path: Path) -> None:
    path.chmod(0)

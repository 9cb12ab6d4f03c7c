"""What the tests of the command line share: a daemon, and a way to type."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.central_daemon import CentralDaemon
from tests.app.command import Command
from tests.app.fake_daemon import FakeDaemon
from tests.app.programs import environment


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[FakeDaemon]:
    with FakeDaemon(tmp_path / "daemon.sock") as daemon:
        yield daemon


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralDaemon]:
    """Run a daemon with a central server behind it."""
    with CentralDaemon(tmp_path / "daemon.sock") as daemon:
        yield daemon


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Return an environment without a session, pointed at the daemon."""
    return environment(WORLDVPN_SOCKET=str(tmp_path / "daemon.sock"), HOME=str(tmp_path))


@pytest.fixture
def worldvpn(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    """Return ``worldvpn``, answered by ``daemon`` where a test asks for one too."""
    monkeypatch.setattr(sys, "argv", ["worldvpn"])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    return Command(tmp_path / "daemon.sock", capsys)

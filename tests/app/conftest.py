"""What the tests of the command line share: a daemon, and a way to type."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.command import Command
from tests.app.fake_daemon import FakeDaemon


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[FakeDaemon]:
    with FakeDaemon(tmp_path / "daemon.sock") as daemon:
        yield daemon


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

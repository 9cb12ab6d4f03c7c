"""What the tests of the local API share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.ipc.stranger import open_path
from tests.core.ipc.wire import RecordingDaemon

__all__ = ["open_path"]


@pytest.fixture
def daemon() -> RecordingDaemon:
    return RecordingDaemon()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "daemon.sock"

"""One server with two workers, shared by the tests of a module that leave it running."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.operations.process import ServerProcess, data_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder() as made:
        yield made


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with data_folder() as made:
        started = ServerProcess.start(made, "--workers", "2")
        yield started
        started.stop()

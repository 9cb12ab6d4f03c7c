"""One lab for all tests that only use it; tests that break theirs build their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from worldvpn_lab.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.up(tmp_path_factory.mktemp("lab")) as standing:
        yield standing


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "lab"

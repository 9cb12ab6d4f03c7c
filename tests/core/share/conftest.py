"""What tests of sharing stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.core.share.inn import Inn, opened
from tests.core.share.registry import Registry, followed


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def inn(tmp_path: Path) -> AsyncIterator[Inn]:
    async with opened(tmp_path / "node.json") as made:
        yield made


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with followed(tmp_path / "node.json") as made:
        yield made

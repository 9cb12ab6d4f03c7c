"""What tests of sharing stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.core.share.inn import Inn, opened


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def inn(tmp_path: Path) -> AsyncIterator[Inn]:
    async with opened(tmp_path / "node.json") as made:
        yield made

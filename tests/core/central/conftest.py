"""What the tests of the broker begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.core.central.brokering import Brokering


@pytest.fixture
async def case(tmp_path: Path) -> AsyncIterator[Brokering]:
    """The broker of somebody who is signed in."""
    made = await Brokering.made(tmp_path)
    yield made
    made.broker.close()

"""What the tests of the directory share."""

from __future__ import annotations

import pytest

from tests.plugins.central.directory.bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()

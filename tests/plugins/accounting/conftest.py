"""What the tests of the accounting plugin share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.accounting.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)

"""Tests of the app need no display, and nothing is logged in them that nobody expects."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    said = [each.getMessage() for each in caplog.get_records("call")]
    levels = [each.levelno for each in caplog.get_records("call")]
    assert [
        text for text, level in zip(said, levels, strict=True) if level >= logging.WARNING
    ] == []

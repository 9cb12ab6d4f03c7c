"""Tests of the app need no display, read English as it is shipped, and log nothing unexpected."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from PyQt6.QtWidgets import QApplication

from worldvpn_app.gui.language import Language, speak


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    said = [each.getMessage() for each in caplog.get_records("call")]
    levels = [each.levelno for each in caplog.get_records("call")]
    assert [
        text for text, level in zip(said, levels, strict=True) if level >= logging.WARNING
    ] == []


@pytest.fixture(scope="session", autouse=True)
def _english(qapp: QApplication) -> None:
    speak(Language.ENGLISH, qapp)


@pytest.fixture
def french(qapp: QApplication) -> Iterator[None]:
    """Speak French while a test runs."""
    speak(Language.FRENCH, qapp)
    yield
    speak(Language.ENGLISH, qapp)

"""Tests of the app need no display, and read English as it is shipped."""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from PyQt6.QtWidgets import QApplication

from worldvpn_app.gui.language import Language, speak


@pytest.fixture(scope="session", autouse=True)
def _english(qapp: QApplication) -> None:
    speak(Language.ENGLISH, qapp)


@pytest.fixture
def french(qapp: QApplication) -> Iterator[None]:
    """Speak French while a test runs."""
    speak(Language.FRENCH, qapp)
    yield
    speak(Language.ENGLISH, qapp)

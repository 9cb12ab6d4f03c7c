"""Sessions with a keyring, and without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.keys.session import DesktopSession, desktop_session, keyring_daemon


@pytest.fixture
def bare_session(tmp_path: Path) -> Iterator[DesktopSession]:
    """A session with a bus and nobody on it."""
    with desktop_session(tmp_path / "session") as session:
        yield session


@pytest.fixture
def session(bare_session: DesktopSession) -> Iterator[DesktopSession]:
    """A session whose keyring is unlocked."""
    with keyring_daemon(bare_session):
        yield bare_session

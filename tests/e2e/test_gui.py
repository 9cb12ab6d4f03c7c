"""The app's window against the real daemon: what it says is so, whatever becomes of the daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.gui.windows import Opened, opened
from tests.e2e.rig import Rig
from worldvpn_lab.daemon import Daemon, Part

pytestmark = pytest.mark.netns

_PATIENCE_MS = 30_000


@pytest.fixture
def app(daemon: Daemon, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    del qtbot  # it makes the application
    with opened(daemon.socket_path, tmp_path) as made:
        yield made


def test_window_connects_sees_the_daemon_die_and_come_back_and_disconnects(
    rig: Rig, daemon: Daemon, app: Opened, qtbot: QtBot
) -> None:
    control = app.window.home.control

    def until(title: str) -> None:
        qtbot.waitUntil(lambda: control.title.text() == title, timeout=_PATIENCE_MS)

    until("Disconnected")
    qtbot.waitUntil(lambda: bool(app.context.store.profiles), timeout=_PATIENCE_MS)
    control.main.click()
    until("Connected")
    assert app.window.rail.state.text() == "Connected"
    assert control.kill_switch.text() == "Kill switch on"
    assert "Disconnect" in control.main.text()

    daemon.kill(Part.DAEMON)
    qtbot.waitUntil(app.window.trouble.isVisible, timeout=_PATIENCE_MS)
    assert app.window.rail.state.text() == "Not known"
    assert app.window.trouble.command.text()

    rig.start(daemon.started)
    qtbot.waitUntil(lambda: not app.window.trouble.isVisible(), timeout=_PATIENCE_MS)
    until("Connected")
    control.main.click()
    until("Disconnected")
    assert control.kill_switch.text() == "Kill switch waits for a tunnel"

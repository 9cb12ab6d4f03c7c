"""The app as a whole: its theme, its tray, and what leaving it means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QEvent, QSettings
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import UP, FakeDaemon
from tests.app.gui.windows import Opened, opened
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.main import App
from worldvpn_app.gui.present.home import present
from worldvpn_app.gui.screens.replay import now, states
from worldvpn_app.gui.tray import Tray
from worldvpn_core.ipc.messages import TunnelDisconnect, TunnelPause

# There is no tray without a display; what is said of it is.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged")


@pytest.fixture
def app(daemon: FakeDaemon, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    daemon.show(**UP[-1])
    with opened(daemon.path, tmp_path) as made:
        qtbot.waitUntil(lambda: made.window.rail.state.text() == "Connected")
        yield made


def test_a_theme_is_taken_at_once_and_remembered(
    daemon: FakeDaemon, tmp_path: Path, qapp: QApplication, qtbot: QtBot
) -> None:
    settings = QSettings(str(tmp_path / "app.ini"), QSettings.Format.IniFormat)
    settings.setValue("look/theme", "dark")
    link = Link(str(daemon.path))
    app = App(qapp, link, settings)
    app.window.show()
    link.open()
    qtbot.waitUntil(lambda: app.window.rail.state.text() == "Disconnected")
    dark = app.window.grab().toImage().pixelColor(4, 700)

    before = app.window
    before.choose("map")
    app.set_theme("light")

    assert app.window.rail.state.text() == "Disconnected"
    assert app.window.grab().toImage().pixelColor(4, 700).lightness() > dark.lightness() + 100
    assert app.window.chosen == "settings"
    assert settings.value("look/theme") == "light"
    # What belonged to the old window is gone, and hears of nothing any more.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app.actions.asked.emit()
    daemon.show(**UP[-1])
    qtbot.waitUntil(lambda: app.window.rail.state.text() == "Connected")
    assert sip.isdeleted(before)
    link.close()
    sip.delete(app.shell)
    sip.delete(app.window)


def a_tray(app: Opened) -> Tray:
    context = app.context
    return Tray(context.link, context.store, context.actions, context.lists)


def test_the_tray_says_the_state_and_offers_what_the_window_does(
    daemon: FakeDaemon, app: Opened, qtbot: QtBot
) -> None:
    tray = a_tray(app)
    tray.show_view(app.window.view())
    assert tray.state.text().startswith("Connected.")
    assert tray.main.text() == "Disconnect"
    tray.main.trigger()
    qtbot.waitUntil(lambda: TunnelDisconnect() in daemon.requests)


def test_the_tray_offers_a_pause_only_where_there_is_something_to_pause(
    daemon: FakeDaemon, app: Opened, qtbot: QtBot
) -> None:
    tray = a_tray(app)
    entry = tray.pauses.menuAction()
    assert entry is not None
    app.context.link.snapshot = states()["disconnected"]
    tray.show_view(present(states()["disconnected"], now()))
    assert not entry.isVisible()
    tray.show_view(present(states()["connected"], now()))
    assert entry.isVisible()
    tray.pauses.actions()[0].trigger()
    qtbot.waitUntil(lambda: TunnelPause(duration_s=300) in daemon.requests)


def test_the_tray_knows_nothing_while_the_daemon_is_away(app: Opened) -> None:
    tray = a_tray(app)
    tray.show_view(None)
    assert tray.state.text() == "The service does not answer"
    assert not tray.main.isVisible()

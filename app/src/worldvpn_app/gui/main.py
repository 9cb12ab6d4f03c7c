"""Starts the app: one window on one link, and a tray icon where there is a tray."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from typing import Final

from PyQt6.QtCore import QCoreApplication, QSettings, QTimer
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QApplication, QMessageBox, QSystemTrayIcon

from worldvpn_app.gui import style
from worldvpn_app.gui.actions import Actions
from worldvpn_app.gui.catalogue import own_pages
from worldvpn_app.gui.journal import Journal
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.plugged import Plugged
from worldvpn_app.gui.pluginpage import PluginEntry
from worldvpn_app.gui.present.view import Mark
from worldvpn_app.gui.single import Single
from worldvpn_app.gui.store import Store
from worldvpn_app.gui.tokens import DARK, Theme, Tone
from worldvpn_app.gui.tray import Tray, icon
from worldvpn_app.gui.window import Window

_EXPLAINED: Final = "tray/explained"
_THEME: Final = "look/theme"
_CLOSING: Final = "window/closing"
_TUNNEL_STAYS: Final = frozenset({Mark.TICK, Mark.PART, Mark.ARROWS, Mark.BAR, Mark.ARC})
_SIGNALS_EVERY_MS: Final = 500


class App:
    """The window of one link, made anew when the theme changes; and the tray."""

    def __init__(self, application: QApplication, link: Link, settings: QSettings) -> None:
        self._application, self._link, self._settings = application, link, settings
        self._store = Store(link)
        self.actions = Actions(link, self._store)
        self._journal = Journal(link, lambda: datetime.now().astimezone())
        self._tray: Tray | None = None
        self.plugged = Plugged()
        self.window = self._made()

    def add_plugins(self) -> None:
        """Load the app's plugins, and add their pages."""
        self.plugged.load()
        self._add_pages(self.window)

    def _add_pages(self, window: Window) -> None:
        for offered in self.plugged.pages(self._link, window):
            window.add(PluginEntry(offered, self.plugged))

    def set_theme(self, theme: str) -> None:
        """Draw everything in ``theme`` from now on."""
        self._settings.setValue(_THEME, theme)
        old = self.window
        self.window = self._made()
        self._add_pages(self.window)
        self.window.setGeometry(old.geometry())
        self.window.show()
        self.window.choose("settings")
        old.has_tray = False
        old.close()
        old.deleteLater()

    def _made(self) -> Window:
        theme = Theme(str(self._settings.value(_THEME, Theme.SYSTEM.value)))
        colours = style.colours_of(theme)
        style.apply(self._application, colours)
        context = Context(
            link=self._link,
            store=self._store,
            actions=self.actions,
            colours=colours,
            settings=self._settings,
            journal=self._journal,
            plugged=self.plugged,
        )
        window = Window(context, own_pages(self.set_theme))
        window.quit_asked.connect(self._leave)
        if QSystemTrayIcon.isSystemTrayAvailable():
            self._application.setQuitOnLastWindowClosed(False)
            self._add_tray(window)
        return window

    def _add_tray(self, window: Window) -> None:
        tray = self._tray = Tray(self.actions, window)
        window.has_tray = True
        window.view_changed.connect(tray.show_view)
        tray.raised.connect(window.come_up)
        tray.quitted.connect(self._leave)
        window.went_to_tray.connect(self._went)

    def _went(self) -> None:
        if self._settings.value(_CLOSING, "tray") == "quit":
            self._application.quit()
        elif not self._settings.value(_EXPLAINED, defaultValue=False, type=bool):
            self._settings.setValue(_EXPLAINED, True)
            if self._tray is not None:
                self._tray.explain()

    def _leave(self) -> None:
        view = self.window.view()
        if view is None or view.mark not in _TUNNEL_STAYS or _agrees(self.window):
            self._application.quit()


def run(socket_path: str, theme: str | None) -> int:
    """Show the window until the app is quit; return the exit code."""
    application = started()
    folder = os.environ.get("XDG_RUNTIME_DIR")
    single = Single(f"{folder}/worldvpn-app" if folder else f"worldvpn-app-{os.getuid()}")
    if not single.claim():
        return 0
    settings = QSettings("worldvpn", "app")
    if theme is not None:
        settings.setValue(_THEME, theme)
    link = Link(socket_path)
    app = App(application, link, settings)
    single.asked.connect(lambda: app.window.come_up())  # noqa: PLW0108 - it is made anew
    link.open()
    app.window.show()
    end_on_signals(application)
    QTimer.singleShot(0, app.add_plugins)
    end_guard = app.plugged.guard()
    code = application.exec()
    end_guard()
    link.close()
    single.close()
    return code


def started() -> QApplication:
    """Return the application, with its name and icon."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("WorldVPN")
    application.setDesktopFileName("worldvpn")
    application.setWindowIcon(QIcon(icon(Mark.TICK, Tone.CONNECTED, DARK)))
    return application


def end_on_signals(application: QApplication) -> None:
    """Let Ctrl-C and SIGTERM quit: Python looks at signals only while Python runs."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: application.quit())
    timer = QTimer(application)
    timer.timeout.connect(lambda: None)
    timer.start(_SIGNALS_EVERY_MS)


def _agrees(window: Window) -> bool:
    text = (
        "Quit the window? Your tunnel stays on and protected."
        " Disconnect first if you want it closed."
    )
    asked = QCoreApplication.translate("tray", text)
    answer = QMessageBox.question(window, "WorldVPN", asked)
    return answer is QMessageBox.StandardButton.Yes

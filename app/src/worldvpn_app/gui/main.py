"""Starts the app: one window on one link, and a tray icon where there is a tray."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Final

from PyQt6.QtCore import QCoreApplication, QSettings, QTimer
from PyQt6.QtDBus import QDBusConnection
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QApplication, QMessageBox

from worldvpn_app.gui import style
from worldvpn_app.gui.actions import Actions
from worldvpn_app.gui.announce import Announcer
from worldvpn_app.gui.catalogue import own_pages
from worldvpn_app.gui.journal import Journal
from worldvpn_app.gui.language import language_of, speak
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.lists import OwnLists
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.plugged import Plugged
from worldvpn_app.gui.pluginpage import PluginEntry
from worldvpn_app.gui.present.tray import leaving
from worldvpn_app.gui.present.view import Mark
from worldvpn_app.gui.shell import Shell
from worldvpn_app.gui.single import Single
from worldvpn_app.gui.store import Store
from worldvpn_app.gui.tokens import DARK, Theme, Tone
from worldvpn_app.gui.tray_marks import icon
from worldvpn_app.gui.window import Window
from worldvpn_core.ipc.protocol import SOCKET_PATH

translate = QCoreApplication.translate
_THEME: Final = "look/theme"
_LANGUAGE: Final = "look/language"
_SIGNALS_EVERY_MS: Final = 500


class App:
    """The window of one link, made anew when the theme changes; and what is around it."""

    def __init__(
        self,
        application: QApplication,
        link: Link,
        settings: QSettings,
        bus: QDBusConnection | None = None,
    ) -> None:
        self._application, self._link, self._settings = application, link, settings
        self._store = Store(link)
        self.actions = Actions(link, self._store)
        speak(language_of(settings.value(_LANGUAGE)), application)
        self._journal = Journal(link, _now)
        self.plugged = Plugged()
        self._lists = OwnLists(settings)
        self.shell = Shell(
            link,
            self._store,
            self.actions,
            settings,
            self._lists,
            bus=bus or QDBusConnection.sessionBus(),
            now=_now,
        )
        # It ends when it is told: a window that is closed may be in the tray.
        application.setQuitOnLastWindowClosed(False)
        self.shell.ended.connect(self.end)
        self.shell.quit_asked.connect(self.leave)
        self.question: QMessageBox | None = None
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
        self._renew()

    def set_language(self, language: str) -> None:
        """Say everything in ``language`` from now on."""
        self._settings.setValue(_LANGUAGE, language)
        speak(language_of(language), self._application)
        self._renew()

    def _renew(self) -> None:
        """Make the window anew, where and as it was."""
        old = self.window
        self.window = self._made()
        self._add_pages(self.window)
        self.window.setGeometry(old.geometry())
        self.window.show()
        self.window.choose("settings")
        old.stays_open = False
        old.close()
        old.deleteLater()

    def leave(self) -> None:
        """End the app; where something stays as it is, its owner is asked first."""
        text = leaving(self.window.view())
        if not text:
            self.end()
            return
        if self.question is None:
            box = QMessageBox(
                QMessageBox.Icon.NoIcon,
                "WorldVPN",
                text,
                QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
                self.window,
            )
            for standard, words in (
                (QMessageBox.StandardButton.Yes, translate("tray", "Quit")),
                (QMessageBox.StandardButton.No, translate("tray", "Stay")),
            ):
                if (button := box.button(standard)) is not None:
                    button.setText(words)
            box.setDefaultButton(QMessageBox.StandardButton.No)
            box.finished.connect(self._answered)
            self.question = box
        self.window.come_up()
        self.question.open()

    def _answered(self, answer: int) -> None:
        if self.question is not None:
            self.question.deleteLater()
        self.question = None
        if answer == QMessageBox.StandardButton.Yes:
            self.end()

    def end(self) -> None:
        """End the app at once; the tunnel stays as it is."""
        self.window.remember()
        # Unlike quit() it asks no window, of which one may want to stay.
        self._application.exit(0)

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
            lists=self._lists,
        )
        window = Window(context, own_pages(self.set_theme, self.set_language))
        window.quit_asked.connect(self.leave)
        window.view_changed.connect(Announcer(window).show_view)
        self.shell.dress(window)
        return window


def run(socket_path: str, theme: str | None, *, is_hidden: bool = False) -> int:
    """Show the window, or only the tray, until the app is quit; return the exit code."""
    application = started()
    single = Single(single_name(socket_path, os.environ.get("XDG_RUNTIME_DIR")))
    if not single.claim():
        return 0
    settings = QSettings("worldvpn", "app")
    if theme is not None:
        settings.setValue(_THEME, theme)
    link = Link(socket_path)
    app = App(application, link, settings)
    single.asked.connect(lambda: app.window.come_up())  # noqa: PLW0108 - it is made anew
    link.open()
    if is_hidden:
        app.shell.start_hidden()
    else:
        app.window.show()
    end_on_signals(application, app.end)
    QTimer.singleShot(0, app.add_plugins)
    end_guard = app.plugged.guard()
    code = application.exec()
    end_guard()
    link.close()
    single.close()
    return code


def single_name(socket_path: str, folder: str | None) -> str:
    """Return what the one app of a user and a daemon is called. Pure."""
    name = f"{folder}/worldvpn-app" if folder else f"worldvpn-app-{os.getuid()}"
    if socket_path == SOCKET_PATH:
        return name
    # Another daemon's, of a lab say, has a window of its own.
    return f"{name}-{hashlib.sha256(socket_path.encode()).hexdigest()[:8]}"


def _now() -> datetime:
    return datetime.now().astimezone()


def started() -> QApplication:
    """Return the application, with its name and icon."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("WorldVPN")
    application.setDesktopFileName("worldvpn")
    application.setWindowIcon(QIcon(icon(Mark.TICK, Tone.CONNECTED, DARK)))
    return application


def end_on_signals(application: QApplication, end: Callable[[], None]) -> None:
    """Let Ctrl-C and SIGTERM quit: Python looks at signals only while Python runs."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end())
    timer = QTimer(application)
    timer.timeout.connect(lambda: None)
    timer.start(_SIGNALS_EVERY_MS)

"""Starts the app: one window on one link, and a tray icon where there is a tray."""

from __future__ import annotations

import os
import sys
from typing import Final

from PyQt6.QtCore import QCoreApplication, QSettings
from PyQt6.QtWidgets import QApplication, QMessageBox, QSystemTrayIcon

from worldvpn_app.gui import style
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.pages import Pages
from worldvpn_app.gui.present.view import Mark
from worldvpn_app.gui.single import Single
from worldvpn_app.gui.tokens import Colours, Theme
from worldvpn_app.gui.tray import Tray
from worldvpn_app.gui.window import Window

_EXPLAINED: Final = "tray/explained"
_TUNNEL_STAYS: Final = frozenset({Mark.TICK, Mark.PART, Mark.ARROWS})


def run(socket_path: str, theme: Theme) -> int:
    """Show the window until the app is quit; return the exit code."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("WorldVPN")
    application.setDesktopFileName("worldvpn")
    folder = os.environ.get("XDG_RUNTIME_DIR")
    single = Single(f"{folder}/worldvpn-app" if folder else f"worldvpn-app-{os.getuid()}")
    if not single.claim():
        return 0
    colours = style.colours_of(theme)
    style.apply(application, colours)
    link = Link(socket_path)
    settings = QSettings("worldvpn", "app")
    window = Window(link, colours, Pages(), settings)
    single.asked.connect(window.come_up)
    if QSystemTrayIcon.isSystemTrayAvailable():
        application.setQuitOnLastWindowClosed(False)
        _add_tray(window, colours, settings)
    link.open()
    window.show()
    code = application.exec()
    link.close()
    single.close()
    return code


def _add_tray(window: Window, colours: Colours, settings: QSettings) -> None:
    tray = Tray(colours, window)
    window.has_tray = True
    window.view_changed.connect(tray.show_view)
    tray.raised.connect(window.come_up)
    tray.pressed.connect(window.home.press)

    def explain() -> None:
        if not settings.value(_EXPLAINED, defaultValue=False, type=bool):
            settings.setValue(_EXPLAINED, True)  # noqa: FBT003 - Qt's own
            tray.explain()

    def leave() -> None:
        view = window.view()
        if view is None or view.mark not in _TUNNEL_STAYS or _agrees(window):
            QCoreApplication.quit()

    window.went_to_tray.connect(explain)
    tray.quitted.connect(leave)


def _agrees(window: Window) -> bool:
    text = (
        "Quit the window? Your tunnel stays on and protected."
        " Disconnect first if you want it closed."
    )
    asked = QCoreApplication.translate("tray", text)
    answer = QMessageBox.question(window, "WorldVPN", asked)
    return answer is QMessageBox.StandardButton.Yes

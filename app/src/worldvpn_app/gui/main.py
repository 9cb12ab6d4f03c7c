"""Starts the app: one window on one link."""

from __future__ import annotations

import sys

from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QApplication

from worldvpn_app.gui import style
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.pages import Pages
from worldvpn_app.gui.tokens import Theme
from worldvpn_app.gui.window import Window


def run(socket_path: str, theme: Theme) -> int:
    """Show the window until it is closed; return the exit code."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("WorldVPN")
    application.setDesktopFileName("worldvpn")
    colours = style.colours_of(theme)
    style.apply(application, colours)
    link = Link(socket_path)
    window = Window(link, colours, Pages(), QSettings("worldvpn", "app"))
    link.open()
    window.show()
    code = application.exec()
    link.close()
    return code

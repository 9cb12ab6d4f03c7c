"""The style sheet and palette of a theme, made from the tokens."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PyQt6.QtWidgets import QApplication

from worldvpn_app.gui.sheet import sheet
from worldvpn_app.gui.tokens import BODY, DARK, FACES, LIGHT, Colours, Theme


def colours_of(theme: Theme) -> Colours:
    """Return the colours for ``theme``; SYSTEM asks the desktop."""
    if theme is Theme.SYSTEM:
        hints = QGuiApplication.styleHints()
        is_light = hints is not None and hints.colorScheme() is Qt.ColorScheme.Light
        return LIGHT if is_light else DARK
    return LIGHT if theme is Theme.LIGHT else DARK


def apply(application: QApplication, colours: Colours) -> None:
    """Give ``application`` the look of ``colours``."""
    application.setStyle("Fusion")
    installed = {*QFontDatabase.families()}
    face = next((each for each in FACES if each in installed), application.font().family())
    font = QFont(face)
    font.setPixelSize(BODY.size_px)
    # Figures of one width: live numbers must not move.
    font.setFeature(QFont.Tag("tnum"), 1)
    application.setFont(font)
    palette = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, colours.bg),
        (QPalette.ColorRole.Base, colours.inset),
        (QPalette.ColorRole.AlternateBase, colours.surface),
        (QPalette.ColorRole.Button, colours.raised),
        (QPalette.ColorRole.WindowText, colours.text),
        (QPalette.ColorRole.Text, colours.text),
        (QPalette.ColorRole.ButtonText, colours.text),
        (QPalette.ColorRole.Highlight, colours.accent),
        (QPalette.ColorRole.HighlightedText, colours.onaccent),
        (QPalette.ColorRole.PlaceholderText, colours.text3),
        (QPalette.ColorRole.ToolTipBase, colours.surface),
        (QPalette.ColorRole.ToolTipText, colours.text),
    ):
        palette.setColor(role, QColor(colour))
    application.setPalette(palette)
    application.setStyleSheet(sheet(colours))

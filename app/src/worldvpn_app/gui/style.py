"""The style sheet and palette of a theme, made from the tokens."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PyQt6.QtWidgets import QApplication

from worldvpn_app.gui.tokens import (
    BODY,
    BUTTON,
    DARK,
    DISPLAY,
    FACES,
    HEAD,
    LIGHT,
    SHAPE,
    SMALL,
    Colours,
    Theme,
    Type,
)


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
    application.setFont(font)
    palette = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, colours.bg),
        (QPalette.ColorRole.Base, colours.inset),
        (QPalette.ColorRole.Button, colours.raised),
        (QPalette.ColorRole.WindowText, colours.text),
        (QPalette.ColorRole.Text, colours.text),
        (QPalette.ColorRole.ButtonText, colours.text),
        (QPalette.ColorRole.Highlight, colours.accent),
        (QPalette.ColorRole.HighlightedText, colours.onaccent),
        (QPalette.ColorRole.PlaceholderText, colours.text3),
    ):
        palette.setColor(role, QColor(colour))
    application.setPalette(palette)
    application.setStyleSheet(sheet(colours))


def sheet(colours: Colours) -> str:
    """Return the style sheet; a widget chooses its look by the property ``look``."""
    radius = SHAPE.control_radius_px
    return f"""
QWidget#page {{ background: {colours.bg}; }}
QWidget#rail {{ background: {colours.rail}; border-right: 1px solid {colours.line}; }}
QFrame[look="card"] {{ background: {colours.surface}; border: 1px solid {colours.line};
  border-radius: {SHAPE.card_radius_px}px; }}
QFrame[look="alarm"] {{ background: {colours.alarm}; }}
QFrame[look="alarm"] QLabel {{ color: {colours.onalarm}; }}
QFrame[look="notice"] {{ background: {colours.paused_tint}; border-radius: {radius}px; }}
QFrame[look="notice"] QLabel {{ color: {colours.paused}; }}
QLabel {{ color: {colours.text}; background: transparent; border: 0; }}
QLabel[look="display"] {{ {_type(DISPLAY)} }}
QLabel[look="head"] {{ {_type(HEAD)} }}
QLabel[look="second"] {{ color: {colours.text2}; }}
QLabel[look="small"] {{ color: {colours.text2}; {_type(SMALL)} }}
QLabel[look="strong"] {{ font-weight: 600; }}
QPushButton {{ color: {colours.text}; background: {colours.raised};
  border: 1px solid {colours.edge}; border-radius: {radius}px; padding: 0 12px;
  min-height: {SHAPE.button_px - 2}px; {_type(BUTTON)} }}
QPushButton[look="main"], QPushButton[look="primary"] {{
  min-height: {SHAPE.main_button_px - 2}px; }}
QPushButton[look="primary"] {{ color: {colours.onaccent}; background: {colours.accent};
  border-color: {colours.accent}; }}
QPushButton:disabled {{ color: {colours.text3}; background: {colours.raised};
  border-color: {colours.edge}; }}
QPushButton:focus {{ border: 2px solid {colours.text}; }}
QPushButton[look="rail"] {{ color: {colours.text2}; background: transparent; border: 0;
  min-height: {SHAPE.rail_item_px}px; text-align: left; padding: 0 14px; font-size: 13px; }}
QPushButton[look="rail"]:checked {{ color: {colours.text};
  background: {colours.raised if colours.is_dark else colours.surface};
  border-left: 3px solid {colours.accent}; padding-left: 11px; }}
QPushButton[look="rail"]:focus {{ border: 2px solid {colours.accent}; }}
QPushButton::menu-indicator {{ width: 0; }}
QMenu {{ background: {colours.surface}; color: {colours.text}; border: 1px solid {colours.line}; }}
QMenu::item {{ padding: 8px 20px; }}
QMenu::item:selected {{ background: {colours.raised}; }}
"""


def _type(step: Type) -> str:
    return f"font-size: {step.size_px}px; font-weight: {step.weight};"

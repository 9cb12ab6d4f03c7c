"""The style sheet: a widget chooses its look by the property ``look``."""

from __future__ import annotations

from worldvpn_app.gui.tokens import (
    BUTTON,
    DISPLAY,
    FIGURE,
    FIGURE_XL,
    HEAD,
    MICRO,
    MONO,
    MONO_FACES,
    SHAPE,
    SMALL,
    TITLE,
    Colours,
    Type,
)
from worldvpn_app.gui.widgets.ways import is_turned


def sheet(colours: Colours) -> str:
    """Return the style sheet of a theme."""
    return "".join((_frames(colours), _words(colours), _buttons(colours), _fields(colours)))


def _frames(colours: Colours) -> str:
    start, end = ("right", "left") if is_turned() else ("left", "right")
    radius = SHAPE.control_radius_px
    return f"""
QWidget#page {{ background: {colours.bg}; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: 0; }}
QWidget#panel {{ background: {colours.bg}; border-{start}: 1px solid {colours.line}; }}
QFrame#rail {{ background: {colours.rail}; border-{end}: 1px solid {colours.line}; }}
QFrame[look="card"], QFrame[look="callout"] {{ background: {colours.surface};
  border: 1px solid {colours.line}; border-radius: {SHAPE.card_radius_px}px; }}
QFrame[look="inset"] {{ background: {colours.inset}; border: 1px solid {colours.line};
  border-radius: {radius}px; }}
QFrame[look="line"] {{ background: {colours.line}; border: 0; }}
QFrame[look="alarm"] {{ background: {colours.alarm}; }}
QFrame[look="alarm"] QLabel {{ color: {colours.onalarm}; }}
QFrame[look="notice"] {{ background: {colours.paused_tint}; border-radius: {radius}px; }}
QFrame[look="notice"] QLabel {{ color: {colours.paused}; }}
QFrame[look="news"] {{ background: {colours.accentbg}; border-radius: {radius}px; }}
QFrame[look="blocked"] {{ background: {colours.blocked_tint}; border-radius: {radius}px; }}
QFrame[look="open"] {{ background: {colours.paused_tint}; border-radius: {radius}px; }}
QFrame[look="badge"] {{ background: {colours.accentbg}; border-radius: {radius}px; }}
QFrame[look="segmented"] {{ background: {colours.inset}; border: 1px solid {colours.edge};
  border-radius: {radius}px; }}
QMenu {{ background: {colours.surface}; color: {colours.text}; border: 1px solid {colours.line};
  border-radius: {radius}px; padding: 4px; }}
QMenu::item {{ padding: 8px 20px 8px 12px; border-radius: 6px; }}
QMenu::item:selected {{ background: {colours.raised}; }}
QMenu::item:disabled {{ color: {colours.text3}; }}
QMenu::separator {{ height: 1px; background: {colours.line}; margin: 4px 8px; }}
QToolTip {{ background: {colours.surface}; color: {colours.text};
  border: 1px solid {colours.line}; padding: 4px 8px; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 2px; }}
QScrollBar::handle:vertical {{ background: {colours.line}; border-radius: 3px;
  min-height: 32px; }}
QScrollBar::handle:vertical:hover {{ background: {colours.edge}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 2px; }}
QScrollBar::handle:horizontal {{ background: {colours.line}; border-radius: 3px;
  min-width: 32px; }}
"""


def _words(colours: Colours) -> str:
    mono = ", ".join(f'"{face}"' for face in (*MONO_FACES, "monospace"))
    return f"""
QLabel {{ color: {colours.text}; background: transparent; border: 0; }}
QLabel[look="display"] {{ {_type(DISPLAY)} letter-spacing: -0.2px; }}
QLabel[look="title"] {{ {_type(TITLE)} }}
QLabel[look="figure"] {{ {_type(FIGURE)} letter-spacing: -0.2px; }}
QLabel[look="figure xl"] {{ {_type(FIGURE_XL)} letter-spacing: -0.2px; }}
QLabel[look="good figure"] {{ {_type(TITLE)} color: {colours.connected}; }}
QLabel[look="waiting figure"] {{ {_type(TITLE)} color: {colours.paused}; }}
QLabel[look="head"] {{ {_type(HEAD)} }}
QLabel[look="brand"] {{ {_type(HEAD)} }}
QLabel[look="second"] {{ color: {colours.text2}; }}
QLabel[look="small"] {{ color: {colours.text2}; {_type(SMALL)} }}
QLabel[look="caption"] {{ color: {colours.text3}; {_type(SMALL)} }}
QLabel[look="column"] {{ color: {colours.text3}; {_type(MICRO)} }}
QLabel[look="section"] {{ color: {colours.text2}; font-weight: 600; }}
QLabel[look="strong"] {{ font-weight: 500; }}
QLabel[look="semi"] {{ font-weight: 600; }}
QLabel[look="state"] {{ font-weight: 600; }}
QLabel[look="footing"] {{ font-size: {SMALL.size_px}px; font-weight: 600; }}
QLabel[look="answer"] {{ color: {colours.unprotected}; {_type(SMALL)} }}
QLabel[look="good"] {{ color: {colours.connected}; font-weight: 600; }}
QLabel[look="waiting"] {{ color: {colours.paused}; font-weight: 600; }}
QLabel[look="bad"] {{ color: {colours.unprotected}; font-weight: 600; }}
QLabel[look="held"] {{ color: {colours.blocked}; font-weight: 600; }}
QLabel[look="accent"] {{ color: {colours.accent}; font-weight: 600; }}
QLabel[look="mono"] {{ font-family: {mono}; font-size: {MONO.size_px}px; }}
QLabel[look="code"] {{ font-family: {mono}; font-size: 20px; font-weight: 600;
  letter-spacing: 1px; }}
QLabel[look="plate"] {{ background: {colours.surface}; border: 1px solid {colours.line};
  border-radius: 8px; padding: 4px 9px; {_type(SMALL)} font-weight: 600; }}
QLabel[look="pill good"] {{ background: {colours.connected_tint}; color: {colours.connected};
  border-radius: 11px; padding: 3px 10px; {_type(SMALL)} font-weight: 600; }}
QLabel[look="pill waiting"] {{ background: {colours.paused_tint}; color: {colours.paused};
  border-radius: 11px; padding: 3px 10px; {_type(SMALL)} font-weight: 600; }}
QLabel[look="pill"] {{ background: {colours.raised}; color: {colours.text2};
  border-radius: 11px; padding: 3px 10px; {_type(SMALL)} font-weight: 600; }}
QLabel[look="keycap"] {{ background: {colours.raised}; color: {colours.text2};
  border-radius: {SHAPE.keycap_radius_px}px; padding: 1px 7px; font-family: {mono};
  font-size: 11px; }}
"""


def _buttons(colours: Colours) -> str:
    start = "right" if is_turned() else "left"
    radius, chip = SHAPE.control_radius_px, SHAPE.chip_px // 2
    chosen = colours.raised if colours.is_dark else colours.surface
    return f"""
QPushButton {{ color: {colours.text}; background: {colours.raised};
  border: 1px solid {colours.edge}; border-radius: {radius}px; padding: 0 12px;
  min-height: {SHAPE.button_px - 2}px; {_type(BUTTON)} font-size: 13px; outline: 0; }}
QPushButton:hover {{ border-color: {colours.text2}; }}
QPushButton:pressed {{ background: {colours.line}; }}
QPushButton[look="main"], QPushButton[look="primary"], QPushButton[look="big"] {{
  min-height: {SHAPE.main_button_px - 2}px; font-size: {BUTTON.size_px}px; }}
QPushButton[look="primary"], QPushButton[look="accent"] {{ color: {colours.onaccent};
  background: {colours.accent}; border-color: {colours.accent}; }}
QPushButton[look="primary"]:hover, QPushButton[look="accent"]:hover {{
  border-color: {colours.text}; }}
QPushButton:disabled {{ color: {colours.text3}; background: {colours.raised};
  border-color: {colours.line}; }}
QPushButton[look="second"] {{ padding: 0 4px; font-size: 12px; }}
QPushButton[look="danger"] {{ color: {colours.unprotected}; border-color: {colours.unprotected};
  background: transparent; }}
QPushButton[look="on alarm"] {{ color: {colours.alarm}; background: {colours.onalarm};
  border: 0; padding: 0 24px; }}
QPushButton[look="link"] {{ color: {colours.accent}; background: transparent; border: 0;
  padding: 0 4px; min-height: {SHAPE.hit_px}px; font-size: 12px; }}
QPushButton[look="link"]:hover {{ text-decoration: underline; }}
QPushButton[look="icon"] {{ background: transparent; border: 0; padding: 0;
  border-radius: {radius}px; min-height: 0; }}
QPushButton[look="icon"]:hover {{ background: {colours.raised}; }}
QPushButton[look="pick"] {{ background: {colours.surface}; border: 1px solid {colours.line};
  border-radius: {SHAPE.callout_radius_px}px; min-height: 54px; }}
QPushButton[look="pick"]:hover {{ border-color: {colours.edge}; }}
QPushButton[look="rail"] {{ color: {colours.text2}; background: transparent; border: 0;
  border-radius: {radius}px; min-height: {SHAPE.rail_item_px}px; text-align: left;
  padding: 0 13px; font-size: 13px; font-weight: 500; }}
QPushButton[look="rail"]:hover {{ background: {
        colours.surface if colours.is_dark else colours.raised
    }; }}
QPushButton[look="rail"]:checked {{ color: {colours.text}; font-weight: 600;
  background: {chosen}; border-{start}: 3px solid {colours.accent}; padding-{start}: 10px; }}
QPushButton[look="foot"] {{ background: transparent; border: 0; border-radius: {radius}px;
  padding: 0; min-height: 64px; }}
QPushButton[look="foot"]:hover {{ background: {
        colours.surface if colours.is_dark else colours.raised
    }; }}
QPushButton[look="chip"] {{ background: transparent; color: {colours.text2};
  border: 1px solid {colours.edge}; border-radius: {chip}px; min-height: {SHAPE.chip_px - 2}px;
  padding: 0 11px; font-size: 12px; font-weight: 500; }}
QPushButton[look="chip"]:checked {{ background: {colours.accentbg}; color: {colours.accent};
  border-color: {colours.accent}; font-weight: 600; }}
QPushButton[look="segment"] {{ background: transparent; color: {colours.text2};
  border: 1px solid transparent; border-radius: 6px; min-height: 26px;
  padding: 0 14px; font-size: 12px; font-weight: 600; }}
QPushButton[look="segment"]:checked {{ background: {
        colours.raised if colours.is_dark else colours.surface
    }; color: {colours.accent}; border: 1px solid {colours.accent}; }}
QPushButton[look="tab"] {{ background: transparent; color: {colours.text2}; border: 0;
  border-bottom: 2px solid transparent; border-radius: 0; padding: 0 2px; min-height: 34px;
  font-size: 12px; }}
QPushButton[look="tab"]:checked {{ color: {colours.text};
  border-bottom: 2px solid {colours.accent}; }}
QPushButton[look="section"] {{ background: transparent; color: {colours.text2}; border: 0;
  border-radius: {radius}px; text-align: left; padding: 0 12px; font-weight: 500; }}
QPushButton[look="section"]:checked {{ background: {colours.accentbg};
  color: {colours.accent}; font-weight: 600; }}
QPushButton[look="row"] {{ background: transparent; border: 0; border-radius: {radius}px;
  text-align: left; padding: 0; min-height: {SHAPE.main_button_px}px; }}
QPushButton[look="row"]:hover, QPushButton[look="row"]:checked {{
  background: {colours.raised}; }}
QPushButton::menu-indicator {{ width: 0; }}
"""


def _fields(colours: Colours) -> str:
    radius = SHAPE.control_radius_px
    mono = ", ".join(f'"{face}"' for face in (*MONO_FACES, "monospace"))
    return f"""
QLineEdit, QComboBox, QSpinBox, QPlainTextEdit {{ color: {colours.text};
  background: {colours.inset}; border: 1px solid {colours.edge}; border-radius: {radius}px;
  padding: 0 10px; selection-background-color: {colours.accent};
  selection-color: {colours.onaccent}; }}
QLineEdit {{ min-height: {SHAPE.button_px - 2}px; }}
QLineEdit[look="field"] {{ min-height: {SHAPE.field_px - 2}px; }}
QLineEdit[look="search"] {{ min-height: {SHAPE.search_px - 2}px; }}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus {{ border: 2px solid {colours.accent};
  padding: 0 9px; }}
QLineEdit[wrong="true"] {{ border: 1px solid {colours.unprotected}; }}
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled {{ color: {colours.text3}; }}
QComboBox, QSpinBox {{ min-height: {SHAPE.button_px - 2}px; }}
QComboBox::drop-down {{ border: 0; width: 24px; }}
QComboBox QAbstractItemView {{ background: {colours.surface}; color: {colours.text};
  border: 1px solid {colours.line}; selection-background-color: {colours.raised};
  selection-color: {colours.text}; outline: 0; padding: 4px; }}
QSpinBox::up-button, QSpinBox::down-button {{ width: 0; border: 0; }}
QPlainTextEdit {{ font-family: {mono}; font-size: {MONO.size_px}px; padding: 8px; }}
QListView {{ background: transparent; border: 0; outline: 0; }}
"""


def _type(step: Type) -> str:
    return f"font-size: {step.size_px}px; font-weight: {step.weight};"

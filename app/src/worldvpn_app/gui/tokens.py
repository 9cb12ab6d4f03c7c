"""Colours, sizes and type of the app by name: widgets hold no value of their own."""

from __future__ import annotations

import enum
from typing import Final

import attrs


class Theme(enum.StrEnum):
    """What the owner chose for light and dark."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


class Tone(enum.StrEnum):
    """The colour a state has; shapes and words say the same."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    SWITCHING = "switching"
    PAUSED = "paused"
    BLOCKED = "blocked"
    UNPROTECTED = "unprotected"
    #: A state this app does not know.
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class Colours:
    """The colours of one theme as ``#RRGGBB``."""

    bg: str
    rail: str
    surface: str
    raised: str
    inset: str
    line: str
    edge: str
    text: str
    text2: str
    text3: str
    accent: str
    onaccent: str
    accentbg: str
    sea: str
    land: str
    coast: str
    disconnected: str
    disconnected_tint: str
    connected: str
    connected_tint: str
    paused: str
    paused_tint: str
    blocked: str
    blocked_tint: str
    unprotected: str
    unprotected_tint: str
    alarm: str = "#B3261E"
    onalarm: str = "#FFFFFF"
    #: The triangle on a panel of this theme.
    tray_alarm: str
    is_dark: bool

    def state(self, tone: Tone) -> str:
        """Return the colour of a state's text, ring and icon."""
        match tone:
            case Tone.CONNECTING | Tone.SWITCHING:
                return self.accent
            case Tone.UNKNOWN:
                return self.text2
            case _:
                return str(getattr(self, tone.value))

    def tint(self, tone: Tone) -> str:
        """Return what lies behind a state's text in a pill, and inside the dial."""
        match tone:
            case Tone.CONNECTING | Tone.SWITCHING:
                return self.accentbg
            case Tone.UNKNOWN:
                return self.raised
            case _:
                return str(getattr(self, f"{tone.value}_tint"))


DARK: Final = Colours(
    bg="#0F1318",
    rail="#0B0E12",
    surface="#161C23",
    raised="#202831",
    inset="#11161C",
    line="#2A333E",
    edge="#6B7886",
    text="#ECF1F6",
    text2="#B3BEC9",
    text3="#8F9BA8",
    accent="#7FB2FF",
    onaccent="#07172E",
    accentbg="#1A2A42",
    sea="#0C1116",
    land="#1C242D",
    coast="#2E3A46",
    disconnected="#A7B3C0",
    disconnected_tint="#1E252D",
    connected="#45D6A0",
    connected_tint="#12302A",
    paused="#F0BE55",
    paused_tint="#332A17",
    blocked="#B9A3FF",
    blocked_tint="#272142",
    unprotected="#FF8A80",
    unprotected_tint="#3B1A1C",
    tray_alarm="#FF6B60",
    is_dark=True,
)

LIGHT: Final = Colours(
    bg="#F3F5F8",
    rail="#E8ECF1",
    surface="#FFFFFF",
    raised="#EEF2F6",
    inset="#F7F9FB",
    line="#DAE0E7",
    edge="#74818E",
    text="#10161D",
    text2="#414E5B",
    text3="#596673",
    accent="#1D5FD1",
    onaccent="#FFFFFF",
    accentbg="#E3EDFC",
    sea="#E6EBF1",
    land="#FBFCFD",
    coast="#C3CDD8",
    disconnected="#556270",
    disconnected_tint="#E9EDF1",
    connected="#08734D",
    connected_tint="#DDF3EA",
    paused="#855600",
    paused_tint="#FBEFD6",
    blocked="#6540C8",
    blocked_tint="#ECE6FB",
    unprotected="#B3261E",
    unprotected_tint="#FCE5E3",
    tray_alarm="#B3261E",
    is_dark=False,
)


@attrs.frozen(kw_only=True)
class Type:
    """One step of the type scale, in logical pixels."""

    size_px: int
    line_px: int
    weight: int = 400


DISPLAY: Final = Type(size_px=26, line_px=32, weight=600)
TITLE: Final = Type(size_px=20, line_px=28, weight=600)
FIGURE_XL: Final = Type(size_px=40, line_px=48, weight=600)
FIGURE: Final = Type(size_px=24, line_px=32, weight=600)
HEAD: Final = Type(size_px=15, line_px=22, weight=600)
BUTTON: Final = Type(size_px=14, line_px=20, weight=600)
BODY: Final = Type(size_px=13, line_px=20)
STRONG: Final = Type(size_px=13, line_px=20, weight=500)
SEMI: Final = Type(size_px=13, line_px=20, weight=600)
SMALL: Final = Type(size_px=12, line_px=16)
MICRO: Final = Type(size_px=11, line_px=16, weight=500)
MONO: Final = Type(size_px=12, line_px=18)

#: The first of these that is installed; after them the system's own.
FACES: Final = ("Inter", "Noto Sans")
MONO_FACES: Final = ("JetBrains Mono",)


@attrs.frozen(kw_only=True)
class Space:
    """Distances in logical pixels; all lie on a grid of 4."""

    page_px: int = 24
    page_narrow_px: int = 16
    between_cards_px: int = 16
    inside_card_px: int = 16
    inside_control_px: int = 20
    icon_to_text_px: int = 8


@attrs.frozen(kw_only=True)
class Shape:
    """Radii, heights and widths in logical pixels."""

    bar_radius_px: int = 3
    keycap_radius_px: int = 4
    control_radius_px: int = 8
    callout_radius_px: int = 10
    card_radius_px: int = 12
    main_button_px: int = 44
    button_px: int = 36
    field_px: int = 44
    search_px: int = 40
    chip_px: int = 28
    pill_px: int = 22
    rail_item_px: int = 40
    setting_px: int = 58
    setting_short_px: int = 52
    alarm_px: int = 76
    notice_px: int = 44
    hit_px: int = 32
    rail_px: int = 196
    rail_narrow_px: int = 64
    dial_px: int = 144
    dial_small_px: int = 88
    #: Under the alarm, at the least size of the window.
    dial_least_px: int = 52
    narrow_below_px: int = 1_000
    least_width_px: int = 800
    least_height_px: int = 600


SPACE: Final = Space()
SHAPE: Final = Shape()

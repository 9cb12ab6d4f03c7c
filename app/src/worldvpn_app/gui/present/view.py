"""What Home shows, as values: shapes, words, buttons and facts."""

from __future__ import annotations

import enum

import attrs

from worldvpn_app.gui.tokens import Tone


class Mark(enum.StrEnum):
    """What the dial draws; each is told apart without colour."""

    STEM = "stem"
    LOCK = "lock"
    ARC = "arc"
    TICK = "tick"
    PART = "part"
    ARROWS = "arrows"
    BARS = "bars"
    BAR = "bar"
    TRIANGLE = "triangle"
    DOTS = "dots"
    DASHED = "dashed"


class Do(enum.StrEnum):
    """What a button asks for."""

    CONNECT = "connect"
    DISCONNECT = "disconnect"
    PAUSE = "pause"
    RESUME = "resume"
    CHOOSE = "choose"


@attrs.frozen(kw_only=True)
class Button:
    """A button: what it says and asks for. Primary is what gains protection."""

    text: str
    do: Do
    is_primary: bool = False


@attrs.frozen(kw_only=True)
class Fact:
    """A row of the Connection card."""

    icon: str
    label: str
    value: str


@attrs.frozen(kw_only=True)
class HomeView:
    """All that Home, the rail's foot and the tray show."""

    tone: Tone
    mark: Mark
    title: str
    line: str
    small: str
    main: Button | None
    second: tuple[Button, ...]
    kill_switch: str
    holds: bool
    local_network: str
    facts: tuple[Fact, ...]
    alarm: str = ""
    notices: tuple[str, ...] = ()


def clean(text: str, most: int = 200) -> str:
    """Return a stranger's text as one plain line."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"

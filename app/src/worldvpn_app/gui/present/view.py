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
    #: A menu of profiles and places.
    CHOOSE = "choose"
    #: The pages.
    MAP = "map"
    SHARE = "share"
    SIGN_IN = "sign in"
    SETTINGS = "settings"
    DIAGNOSE = "diagnose"


@attrs.frozen(kw_only=True)
class Button:
    """A button: what it says and asks for. Primary is what gains protection."""

    text: str
    do: Do
    is_primary: bool = False
    icon: str = ""


@attrs.frozen(kw_only=True)
class Fact:
    """A row of the Connection card."""

    icon: str
    label: str
    value: str
    #: Drawn in the state's colour: it is what is wrong.
    stands_out: bool = False
    #: Why it is so, in a word or two beside it; "" for nothing.
    why: str = ""


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
    #: Whose flag stands beside ``line``; "" for none.
    country: str = ""
    #: ``line`` in two or three words.
    brief: str = ""
    #: What the card of facts is called.
    facts_title: str = ""
    #: What the tunnel has carried since it is up.
    carried: str = ""
    #: Why there is no rate to draw; "" while there is.
    no_rates: str = ""
    #: What heads the quick ways on.
    picks_title: str = ""
    #: The node in use or wanted, and the words at its mark.
    node_id: str | None = None
    node_label: str = ""
    #: Whose account it is, what it has, and whether the central server is there; "" unknown.
    account: str = ""
    #: Guests of this computer now; 0 shows nothing.
    guests: int = 0
    alarm: str = ""
    notices: tuple[str, ...] = ()


def clean(text: str, most: int = 200) -> str:
    """Return a stranger's text as one plain line."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"

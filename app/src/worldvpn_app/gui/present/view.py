"""What Home shows, as values: shapes, words, buttons and facts."""

from __future__ import annotations

import enum
import unicodedata
from typing import Final

import attrs

from worldvpn_app.gui.tokens import Tone

#: First strong isolate, and its end.
_FSI, _PDI = "\u2068", "\u2069"
_TURNING: Final = frozenset({"R", "AL", "AN"})


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
    bare = text.replace(_FSI, "").replace(_PDI, "")
    plain = "".join(each if each.isprintable() else " " for each in bare)
    shown = plain if len(plain) <= most else f"{plain[: most - 1]}…"
    # What runs from right to left turns nothing that stands beside it.
    is_turned = any(unicodedata.bidirectional(each) in _TURNING for each in shown)
    return f"{_FSI}{shown}{_PDI}" if is_turned else shown


def sentences(*parts: str) -> str:
    """Return ``parts`` as sentences, for whoever hears them; what is empty is left out."""
    said = (each.strip() for each in parts)
    return " ".join(each if each.endswith((".", "?", "…")) else f"{each}." for each in said if each)

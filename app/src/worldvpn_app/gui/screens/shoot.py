"""Draws every page, in both themes and two sizes, into PNG files."""

from __future__ import annotations

import functools
import itertools
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import attrs
from PyQt6 import sip
from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QApplication

from worldvpn_app.gui import style
from worldvpn_app.gui.actions import Actions
from worldvpn_app.gui.catalogue import own_pages
from worldvpn_app.gui.journal import Journal
from worldvpn_app.gui.language import Language, speak
from worldvpn_app.gui.own_settings import WELCOMED
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.screens.replay import Replay, now, states
from worldvpn_app.gui.store import Store
from worldvpn_app.gui.tokens import Theme
from worldvpn_app.gui.window import Window

SIZES_PX: Final = {"": (1_100, 720), "-small": (800, 600)}
#: Each page in the state in which it has most to show.
_RECORDED: Final = {
    "map-lab": "connected",
    "wallet-lab": "connected",
    "sharing-lab": "sharing",
    "account": "connected",
    "account-signed-out": "signed-out",
    "diagnostics": "connected",
    "settings": "connected",
    "welcome": "signed-out",
    "welcome-ready": "disconnected",
    "welcome-service-away": "disconnected",
    "home-service-away": "disconnected",
}
#: More of everything than a lab has.
_SAMPLES: Final = {"map": "connected", "wallet": "connected", "sharing": "connected"}
#: Mbit/s second by second in the minute before the picture: a curve to look at.
_CURVE: Final = (
    *(16, 14, 15, 15, 14, 13, 14, 14, 18, 20, 22, 25, 27, 26, 28, 28, 26, 25, 24, 24),
    *(25, 27, 30, 34, 38, 41, 43, 44, 42, 41, 41, 40, 40, 42, 41, 39, 36, 33, 30, 27),
    *(25, 24, 24, 24, 25, 24, 26, 27, 29, 29, 30, 29, 31, 33, 36, 38, 40, 38, 34, 29),
)
#: How long a blocked tunnel has been.
_BLOCKED_S: Final = 26
#: Which counters they become, and by what part of them.
_BYTES: Final[dict[Literal["received_bytes", "sent_bytes"], int]] = {
    "received_bytes": 1,
    "sent_bytes": 4,
}


@attrs.frozen(kw_only=True)
class Shot:
    """One picture: its file's name, and what it shows."""

    name: str
    page: str
    state: str
    #: What it shows was said by a daemon.
    is_recorded: bool = False


def shots() -> Iterator[Shot]:
    """Yield Home in every state, then every page."""
    said = states(is_recorded=True)
    for state in said:
        yield Shot(name=f"home-{state}", page="home", state=state, is_recorded=True)
    for state in states():
        if state not in said:
            yield Shot(name=f"home-{state}", page="home", state=state)
    for name, state in _RECORDED.items():
        page = name.partition("-")[0]
        yield Shot(name=name, page=page, state=state, is_recorded=True)
    for name, state in _SAMPLES.items():
        yield Shot(name=name, page=name, state=state)


def draw_all(folder: Path) -> int:
    """Write every picture into ``folder``, which is made; return how many there are."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QApplication([])
    speak(Language.SYSTEM, application)
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for theme in (Theme.DARK, Theme.LIGHT):
        style.apply(application, style.colours_of(theme))
        for shot in shots():
            window = window_for(theme, shot)
            for suffix, size in SIZES_PX.items():
                window.resize(*size)
                window.show()
                application.processEvents()
                application.processEvents()
                window.grab().save(str(folder / f"{shot.name}-{theme}{suffix}.png"))
                count += 1
            window.close()
            sip.delete(window)
    return count


def window_for(theme: Theme, shot: Shot) -> Window:
    """Return the window of ``shot``, not yet shown; the application has the theme's style."""
    colours = style.colours_of(theme)
    link = Replay(is_recorded=shot.is_recorded)
    here = functools.partial(now, is_recorded=shot.is_recorded)
    store = Store(link)
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(f"{folder}/app.ini", QSettings.Format.IniFormat)
    settings.setValue("look/theme", theme.value)
    settings.setValue(WELCOMED, shot.page != "welcome")
    context = Context(
        link=link,
        store=store,
        actions=Actions(link, store),
        colours=colours,
        settings=settings,
        journal=Journal(link, here),
        now=here,
    )
    window = Window(context, own_pages(lambda _theme: None, lambda _language: None))
    link.setParent(window)
    store.setParent(window)
    if not shot.is_recorded:
        _draw_curve(window, shot)
    link.show_state(shot.state)
    if shot.page == "welcome":
        store.last_used = None
        store.profiles = {}
    if shot.name.endswith("service-away"):
        link.lose()
    window.choose(shot.page)
    return window


def _draw_curve(window: Window, shot: Shot) -> None:
    """Let the minute before have carried something."""
    tunnel = states()[shot.state]["tunnel"]
    blocked_s = _BLOCKED_S if shot.state == "blocked" else 0
    begun_s = time.monotonic() - len(_CURVE) - blocked_s
    for second, megabits in enumerate(itertools.accumulate(_CURVE[:-1]), start=1):
        left = sum(_CURVE) - megabits
        received, sent = (tunnel[key] - left * 125_000 // part for key, part in _BYTES.items())
        window.home.sampled(received, sent, begun_s + second)

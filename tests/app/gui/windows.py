"""A window as tests need it: on a daemon, with settings of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import attrs
from PyQt6 import sip
from PyQt6.QtCore import QSettings

from worldvpn_app.gui.actions import Actions
from worldvpn_app.gui.catalogue import own_pages
from worldvpn_app.gui.journal import Journal
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.own_settings import WELCOMED
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.store import Store
from worldvpn_app.gui.tokens import DARK
from worldvpn_app.gui.window import Window


def here_and_now() -> datetime:
    return datetime.now().astimezone()


@attrs.define(eq=False)
class Opened:
    """A window, and what it stands on."""

    window: Window
    context: Context
    themes: list[str] = attrs.field(factory=list)


@contextmanager
def opened(
    socket: Path,
    folder: Path,
    now: Callable[[], datetime] = here_and_now,
    *,
    is_first: bool = False,
) -> Iterator[Opened]:
    """Open a window on the daemon at ``socket``; close it and its link at the end.

    ``is_first``: nobody was welcomed yet.
    """
    settings = QSettings(str(folder / "app.ini"), QSettings.Format.IniFormat)
    settings.setValue(WELCOMED, not is_first)
    link = Link(str(socket))
    store = Store(link)
    context = Context(
        link=link,
        store=store,
        actions=Actions(link, store),
        colours=DARK,
        settings=settings,
        journal=Journal(link, now),
        now=now,
    )
    themes: list[str] = []
    window = Window(context, own_pages(themes.append, lambda _language: None))
    link.open()
    window.show()
    try:
        yield Opened(window, context, themes)
    finally:
        link.close()
        window.close()
        sip.delete(window)

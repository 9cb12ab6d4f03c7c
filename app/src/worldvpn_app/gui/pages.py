"""The pages of the window, by name: what the rail lists and the shell shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import attrs
from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QWidget

from worldvpn_app.gui.actions import Actions
from worldvpn_app.gui.journal import Journal
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.lists import OwnLists
from worldvpn_app.gui.plugged import Plugged
from worldvpn_app.gui.store import Store
from worldvpn_app.gui.tokens import Colours


@attrs.frozen(kw_only=True, eq=False)
class Context:
    """What a page is made with: where it asks, what it looks like, how it asks for another."""

    link: Link
    store: Store
    actions: Actions
    colours: Colours
    settings: QSettings
    journal: Journal
    plugged: Plugged = attrs.field(factory=Plugged)
    lists: OwnLists = attrs.field(
        default=attrs.Factory(lambda mine: OwnLists(mine.settings), takes_self=True)
    )
    #: The time in the owner's zone.
    now: Callable[[], datetime] = lambda: datetime.now().astimezone()


class Page(Protocol):
    """One page; made once, when it is first shown."""

    @property
    def name(self) -> str:
        """A short stable name: "home", "settings"."""

    @property
    def title(self) -> str:
        """What the rail calls it, translated."""

    @property
    def icon(self) -> str:
        """The Lucide name of its icon."""

    @property
    def is_low(self) -> bool:
        """Whether it stands at the rail's end, apart from what is used daily."""

    def make(self, context: Context) -> QWidget:
        """Return the page's widget."""


@attrs.frozen(kw_only=True)
class Entry:
    """A page of the app's own."""

    name: str
    title: str
    icon: str
    build: Callable[[Context], QWidget]
    is_low: bool = False

    def make(self, context: Context) -> QWidget:
        """Return the page's widget."""
        return self.build(context)


class Pages:
    """The pages in the rail's order."""

    def __init__(self) -> None:
        self._pages: dict[str, Page] = {}

    def register(self, page: Page) -> None:
        """Add ``page`` after those that are there.

        Raises:
            ValueError: a page of that name is there.
        """
        if page.name in self._pages:
            raise ValueError(f"there are two pages called {page.name}")
        self._pages[page.name] = page

    def all(self) -> tuple[Page, ...]:
        """Return the pages in order, those of the rail's end last."""
        return tuple(sorted(self._pages.values(), key=lambda page: page.is_low))

"""The pages of the window, by name: what the rail lists and the shell shows."""

from __future__ import annotations

from typing import Protocol

from PyQt6.QtWidgets import QWidget

from worldvpn_app.gui.link import Link


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

    def make(self, link: Link) -> QWidget:
        """Return the page's widget; it asks the daemon and hears of changes by ``link``."""


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
        """Return the pages in order."""
        return tuple(self._pages.values())

"""Every place a plugin can join the desktop app. This file is the whole API.

The entry-point group is ``worldvpn.app``. Such a plugin runs in the app, with the rights of
the user who opened it, and may ask the daemon what that user may ask. It is loaded once the
window is shown. A plugin that fails loses its page, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

import pluggy
from PyQt6.QtWidgets import QWidget

from worldvpn_app.gui.present.settings import Setting

GROUP: Final = "worldvpn.app"
PROJECT: Final = "worldvpn"

_spec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Client(Protocol):
    """The daemon as a page sees it: its newest snapshot, and every method of the local API."""

    @property
    def snapshot(self) -> Mapping[str, Any] | None:
        """The last known; None while the daemon has told nothing."""

    def watch(self, hear: Callable[[], None]) -> None:
        """Call ``hear`` after each change of the snapshot, as long as the window lives."""

    def call(
        self,
        method: str,
        params: Mapping[str, object] | None = None,
        *,
        done: Callable[[Mapping[str, Any]], None] | None = None,
        refused: Callable[[str, str], None] | None = None,
    ) -> None:
        """Ask for ``method``; later ``done`` gets the result, or ``refused`` a code and a sentence.

        Nothing waits: both are called in the app's own loop, which they must not hold up.
        """


class PluginPage(Protocol):
    """One page in the rail, below the app's own."""

    @property
    def name(self) -> str:
        """A short stable name, its own within the plugin."""

    @property
    def title(self) -> str:
        """What the rail calls it: a word or two, translated."""

    @property
    def icon(self) -> str:
        """The name of one of the app's icons; one that is not there is drawn as a plug."""

    def make(self) -> QWidget:
        """Return the page's widget: called once, when the page is first shown.

        What it raises, then or later, is shown in the page's place.
        """


@_spec
def worldvpn_app_pages(client: Client) -> Iterable[PluginPage]:
    """Offer pages that ask the daemon through ``client``.

    Called once for each window: again, with another client, when the theme changes. All
    answers are gathered. One that raises leaves this plugin without pages, and the settings
    say why.
    """
    return ()


@_spec(firstresult=True)
def worldvpn_app_option_editor(option: Setting) -> type[QWidget] | None:
    """Return what changes a setting of a kind that the app does not know, or None to pass.

    The class is called with ``option`` and has a signal ``changed`` that gives the new value,
    which the daemon then takes or refuses. The first answer wins; without one the setting is
    shown and not changed, as it is after a raise.
    """

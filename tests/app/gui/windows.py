"""A window as tests need it: on a daemon, with settings of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import attrs
from PyQt6 import sip
from PyQt6.QtCore import QEvent, QPointF, QSettings, Qt
from PyQt6.QtGui import QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QApplication, QWidget

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.actions import Actions
from worldvpn_app.gui.catalogue import own_pages
from worldvpn_app.gui.journal import Journal
from worldvpn_app.gui.link import Link, LinkState, Refusal, Result
from worldvpn_app.gui.own_settings import WELCOMED
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.screens.replay import Replay
from worldvpn_app.gui.store import Store
from worldvpn_app.gui.tokens import DARK
from worldvpn_app.gui.window import Window


class Asked(Replay):
    """A daemon of kept answers that notes what it is asked, and answers more besides."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, Mapping[str, object]]] = []
        self.answers: dict[str, Mapping[str, object]] = {}
        self.refusals: dict[str, Refusal] = {}
        self.computed: dict[str, Callable[[Mapping[str, object]], Mapping[str, object]]] = {}
        self.is_silent = False

    def tell(self, snapshot: Snapshot) -> None:
        """Show ``snapshot``."""
        self.snapshot, self.state = snapshot, LinkState.CONNECTED
        self.state_changed.emit()
        self.snapshot_changed.emit()

    def call(
        self,
        method: str,
        params: Mapping[str, object] | None = None,
        *,
        done: Callable[[Result], None] = lambda _result: None,
        refused: Callable[[Refusal], None] = lambda _refusal: None,
    ) -> None:
        self.asked.append((method, {**(params or {})}))
        if self.is_silent:
            return
        if method in self.computed:
            done(self.computed[method](params or {}))
        elif method in self.refusals:
            refused(self.refusals[method])
        elif method in self.answers:
            done(self.answers[method])
        else:
            super().call(method, params, done=done, refused=refused)


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
    socket: Path | Link,
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
    link = socket if isinstance(socket, Link) else Link(str(socket))
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


def typed(widget: QWidget, key: Qt.Key) -> None:
    """Press ``key`` in ``widget``."""
    event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


def pointed(widget: QWidget, x: float, y: float) -> None:
    """Move the pointer to a place in ``widget``."""
    at, nothing = QPointF(x, y), Qt.MouseButton.NoButton
    where = QPointF(widget.mapToGlobal(at.toPoint()))
    bare = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(
        widget, QMouseEvent(QEvent.Type.MouseMove, at, where, nothing, nothing, bare)
    )

"""The window: rail, the page that was chosen, and over both the alarm."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

from PyQt6.QtCore import QCoreApplication, QEvent, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QCloseEvent,
    QGuiApplication,
    QHideEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from PyQt6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from worldvpn_app.gui import regions
from worldvpn_app.gui.banners import Alarm, Notices, TroublePage
from worldvpn_app.gui.home import Home
from worldvpn_app.gui.link import trouble_of
from worldvpn_app.gui.pages import Context, Entry, Page, Pages
from worldvpn_app.gui.present.home import present
from worldvpn_app.gui.present.view import Do, HomeView, Mark
from worldvpn_app.gui.rail import Rail
from worldvpn_app.gui.tokens import SHAPE
from worldvpn_app.gui.welcome import Welcome
from worldvpn_app.gui.widgets.focus import FocusLine

translate = QCoreApplication.translate
_TICK_MS: Final = 1_000
_SIZE_PX: Final = (1_100, 720)
_PAUSE_MIN: Final = 5


@runtime_checkable
class Searchable(Protocol):
    """A page that Ctrl+K goes to."""

    def search(self) -> None:
        """Let the next key be typed into the search."""


class Window(QWidget):
    """The main window of one ``context``."""

    #: A HomeView, or None while nothing is known.
    view_changed = pyqtSignal(object)
    #: Its owner closes it.
    closing = pyqtSignal()
    minimised = pyqtSignal()
    #: The app is to end, not only the window.
    quit_asked = pyqtSignal()

    def __init__(self, context: Context, pages: Pages) -> None:
        super().__init__()
        self.setWindowTitle("WorldVPN")
        self.setObjectName("page")
        # So that nothing inside has the focus before a key asks for it.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocus()
        self.setMinimumSize(SHAPE.least_width_px, SHAPE.least_height_px)
        self._context, self._link = context, context.link
        #: Whether there is a tray that a closed window can be opened from again.
        self.has_tray = False
        #: Whether closing only asks: a window of the app, as long as it is in use.
        self.stays_open = False
        #: What stands over the page besides the daemon's own notices.
        self.notes: Callable[[], tuple[str, ...]] = tuple
        self._seen_monotonic_s = 0.0
        self.home = Home(context)
        home = Entry(
            name="home", title=translate("home", "Home"), icon="house", build=lambda _: self.home
        )
        every = (home, *pages.all())
        self._pages: dict[str, Page] = {each.name: each for each in every}
        self._made: dict[str, QWidget] = {}
        self._stack = QStackedWidget()
        self._add(home.name, self.home)
        self.trouble = TroublePage(context.colours, context.link.path)
        self.welcome = Welcome(context)
        for each in (self.trouble, self.welcome):
            self._stack.addWidget(each)
        self.rail = Rail(every, context.colours)
        self.rail.chosen.connect(self.choose)
        self.alarm, self.notices = Alarm(context.colours), Notices(context.colours)
        self.alarm.why.connect(lambda: self.choose("diagnostics"))
        context.actions.wanted_page.connect(self.choose)
        self._lay_out()
        self._add_shortcuts()
        FocusLine(self, context.colours)
        self._link.snapshot_changed.connect(self._renew)
        self._link.state_changed.connect(self._show)
        context.store.nodes_changed.connect(self._show)
        context.store.profiles_changed.connect(self._show)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._show)
        self._chosen = home.name
        self.choose(home.name)
        self.resize(*_SIZE_PX)
        geometry = context.settings.value("window/geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)

    @property
    def chosen(self) -> str:
        """The name of the page that is shown."""
        return self._chosen

    def choose(self, name: str) -> None:
        """Show the page ``name``, made the first time; one that is not there is Home."""
        known = name if name in self._pages else "home"
        if known not in self._made:
            self._add(known, self._pages[known].make(self._context))
        self._chosen = known
        self.rail.select(known)
        self._show()

    def add(self, page: Page) -> None:
        """Add a page after the window was made; one of a name that is there is left out."""
        if page.name not in self._pages:
            self._pages[page.name] = page
            self.rail.add(page)

    def page(self, name: str) -> QWidget:
        """Return the page ``name``, which was shown before."""
        return self._made[name]

    def view(self) -> HomeView | None:
        """Return what there is to show now, or None while the daemon is not there."""
        snapshot = self._link.snapshot
        if snapshot is None or trouble_of(self._link.state, self._link.path) is not None:
            return None
        age_s = time.monotonic() - self._seen_monotonic_s
        return present(
            snapshot,
            self._context.now(),
            age_s=age_s,
            nodes=self._context.store.nodes_by_id,
            has_profiles=bool(self._context.store.profiles)
            or not self._context.store.knows_profiles,
        )

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.rail.set_narrow(is_narrow=self.width() < SHAPE.narrow_below_px)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._timer.start()
        self._context.store.set_watched(is_watched=True)
        self._show()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self._context.store.set_watched(is_watched=False)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.remember()
        super().closeEvent(event)
        application = QGuiApplication.instance()
        is_logout = isinstance(application, QGuiApplication) and application.isSavingSession()
        if event is not None and self.stays_open and not is_logout:
            # Whoever is around the window decides what becomes of it.
            event.ignore()
            self.closing.emit()

    def remember(self) -> None:
        """Keep where the window is for the next start."""
        self._context.settings.setValue("window/geometry", self.saveGeometry())

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        is_state = event is not None and event.type() is QEvent.Type.WindowStateChange
        if is_state and self.isMinimized():
            # Once it is: whoever hides it now would see it shown again.
            QTimer.singleShot(0, self.minimised.emit)

    def come_up(self) -> None:
        """Show the window before all others."""
        self.showNormal() if self.isMinimized() else self.show()
        self.raise_()
        self.activateWindow()

    def show_notes(self) -> None:
        """Show ``notes`` now."""
        self._show()

    def _add(self, name: str, widget: QWidget) -> None:
        self._made[name] = widget
        self._stack.addWidget(widget)

    def _add_shortcuts(self) -> None:
        for place, name in enumerate(self._pages, start=1):
            self._on(f"Ctrl+{place}", functools.partial(self.choose, name))
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            self._on(keys, self.home.control.press)
        self._on("Ctrl+,", lambda: self.choose("settings"))
        self._on("Ctrl+K", self._search)
        self._on("Ctrl+Shift+P", self._pause)
        self._on("F6", lambda: regions.step(self._regions(), 1))
        self._on("Shift+F6", lambda: regions.step(self._regions(), -1))
        self._on("Ctrl+W", self.close)
        self._on("Ctrl+Q", self.quit_asked.emit)

    def _on(self, keys: str, act: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.activated.connect(act)

    def _regions(self) -> tuple[QWidget, ...]:
        shown = self._stack.currentWidget()
        panels = shown.findChildren(QWidget, "panel") if shown is not None else []
        inside = (shown,) if shown is not None else ()
        return (self.alarm, self.notices, self.rail, *inside, *panels)

    def _search(self) -> None:
        self.choose("map")
        page = self._made[self._chosen]
        if isinstance(page, Searchable):
            page.search()

    def _pause(self) -> None:
        view = self.view()
        if view is not None and view.mark is Mark.BARS:
            self._context.actions.do(Do.RESUME)
        elif view is not None and view.mark in {Mark.TICK, Mark.PART}:
            self._context.actions.pause(_PAUSE_MIN)

    def _renew(self) -> None:
        self._seen_monotonic_s = time.monotonic()
        snapshot = self._link.snapshot
        if snapshot is not None:
            tunnel = snapshot["tunnel"]
            at_s = self._seen_monotonic_s
            self.home.sampled(tunnel["received_bytes"], tunnel["sent_bytes"], at_s)
        self._show()

    def _show(self) -> None:
        view = self.view()
        self.view_changed.emit(view)
        if self.isHidden():
            return
        if view is None:
            trouble = trouble_of(self._link.state, self._link.path)
            if trouble is not None:
                self.trouble.show_trouble(trouble)
            self._stack.setCurrentWidget(self._first_steps(view) or self.trouble)
            self.rail.show_unknown()
            self.alarm.hide()
            self.notices.hide()
            return
        self._stack.setCurrentWidget(self._first_steps(view) or self._made[self._chosen])
        self.home.show_view(view)
        self.rail.show_view(view)
        self.alarm.show_cause(view.alarm)
        self.notices.show_texts((*self.notes(), *view.notices))
        self.notices.setVisible(bool(self.notices.texts()))

    def _first_steps(self, view: HomeView | None) -> QWidget | None:
        """Return what stands in the place of Home until somebody has connected."""
        if self._chosen != "home" or not self.welcome.is_wanted(view):
            return None
        self.welcome.show_steps()
        return self.welcome

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.alarm)
        beside = QHBoxLayout()
        beside.setSpacing(0)
        beside.addWidget(self.rail)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self._stack, 1)
        beside.addLayout(column, 1)
        outer.addLayout(beside, 1)

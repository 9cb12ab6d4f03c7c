"""The window: rail, the page that was chosen, and over both the alarm."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Final

from PyQt6.QtCore import QCoreApplication, QSettings, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from worldvpn_app.gui import icons
from worldvpn_app.gui.home import Home, label
from worldvpn_app.gui.link import Link, trouble_of
from worldvpn_app.gui.pages import Pages
from worldvpn_app.gui.present.home import present
from worldvpn_app.gui.present.view import HomeView
from worldvpn_app.gui.rail import Rail
from worldvpn_app.gui.tokens import SHAPE, Colours

translate = QCoreApplication.translate
_TICK_MS: Final = 1_000
_SIZE_PX: Final = (1_100, 720)


class HomePage:
    """Home in the rail."""

    name = "home"
    icon = "house"

    def __init__(self, colours: Colours) -> None:
        self.title = translate("home", "Home")
        self._colours = colours

    def make(self, link: Link) -> Home:
        """Return Home's widget."""
        return Home(link, self._colours)


class Window(QWidget):
    """The main window of one ``link``."""

    #: A HomeView, or None while nothing is known.
    view_changed = pyqtSignal(object)
    #: The window went to the tray instead of closing.
    went_to_tray = pyqtSignal()

    def __init__(self, link: Link, colours: Colours, pages: Pages, settings: QSettings) -> None:
        super().__init__()
        self.setWindowTitle("WorldVPN")
        self.setObjectName("page")
        self.setMinimumSize(SHAPE.least_width_px, SHAPE.least_height_px)
        self._link, self._settings = link, settings
        #: Whether there is a tray that a closed window can be opened from again.
        self.has_tray = False
        self._seen_monotonic_s = 0.0
        home = HomePage(colours)
        self._pages = {each.name: each for each in (home, *pages.all())}
        self._made: dict[str, QWidget] = {}
        self._stack = QStackedWidget()
        self.home = home.make(link)
        self._add(home.name, self.home)
        self.trouble, self._sentence, self._command = _trouble_page(colours)
        self._stack.addWidget(self.trouble)
        self.rail = Rail(tuple(self._pages.values()), colours)
        self.rail.chosen.connect(self.choose)
        self.alarm, self._alarm_cause = _alarm(colours)
        self.notice, self._notice = _notice()
        self._lay_out()
        for place, name in enumerate(self._pages, start=1):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{place}"), self)
            shortcut.activated.connect(lambda name=name: self.choose(name))
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.home.press)
        link.snapshot_changed.connect(self._renew)
        link.state_changed.connect(self._show)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._show)
        self._timer.start()
        self._chosen = home.name
        self.choose(home.name)
        self.resize(*_SIZE_PX)
        geometry = settings.value("window/geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)

    def choose(self, name: str) -> None:
        """Show the page ``name``, made the first time."""
        if name not in self._made:
            self._add(name, self._pages[name].make(self._link))
        self._chosen = name
        self.rail.select(name)
        self._show()

    def view(self) -> HomeView | None:
        """Return what there is to show now, or None while the daemon is not there."""
        snapshot = self._link.snapshot
        if snapshot is None or trouble_of(self._link.state, self._link.path) is not None:
            return None
        age_s = time.monotonic() - self._seen_monotonic_s
        return present(snapshot, datetime.now().astimezone(), age_s=age_s)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's own
        super().resizeEvent(event)
        self.rail.set_narrow(is_narrow=self.width() < SHAPE.narrow_below_px)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's own
        self._settings.setValue("window/geometry", self.saveGeometry())
        super().closeEvent(event)
        if self.has_tray:
            self.went_to_tray.emit()

    def come_up(self) -> None:
        """Show the window before all others."""
        self.showNormal() if self.isMinimized() else self.show()
        self.raise_()
        self.activateWindow()

    def _add(self, name: str, widget: QWidget) -> None:
        self._made[name] = widget
        self._stack.addWidget(widget)

    def _renew(self) -> None:
        self._seen_monotonic_s = time.monotonic()
        self._show()

    def _show(self) -> None:
        view = self.view()
        self.view_changed.emit(view)
        trouble = trouble_of(self._link.state, self._link.path)
        if view is None:
            self._sentence.setText(trouble.sentence if trouble else "")
            self._command.setText(trouble.command if trouble else "")
            self._stack.setCurrentWidget(self.trouble)
            self.rail.show_unknown()
            self.alarm.hide()
            self.notice.hide()
            return
        self._stack.setCurrentWidget(self._made[self._chosen])
        self.home.show_view(view)
        self.rail.show_view(view)
        self.alarm.setVisible(bool(view.alarm))
        self._alarm_cause.setText(
            translate("home", "Unprotected: {cause}.").format(cause=view.alarm)
        )
        self.notice.setVisible(bool(view.notices))
        self._notice.setText(" · ".join(view.notices))

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.alarm)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.rail)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.notice)
        column.addWidget(self._stack, 1)
        row.addLayout(column, 1)
        outer.addLayout(row, 1)


def _alarm(colours: Colours) -> tuple[QFrame, QLabel]:
    banner = QFrame()
    banner.setProperty("look", "alarm")
    banner.setFixedHeight(SHAPE.alarm_px)
    row = QHBoxLayout(banner)
    row.setContentsMargins(22, 8, 24, 8)
    row.setSpacing(18)
    sign = QLabel()
    sign.setPixmap(icons.pixmap("triangle-alert", colours.onalarm, 36, scale=2.0))
    row.addWidget(sign)
    words = QVBoxLayout()
    words.setSpacing(2)
    cause, then = label("head"), label("strong")
    text = "Your traffic may be leaving outside the tunnel. Close private work until it is mended."
    then.setText(translate("home", text))
    words.addStretch(1)
    words.addWidget(cause)
    words.addWidget(then)
    words.addStretch(1)
    row.addLayout(words, 1)
    return banner, cause


def _notice() -> tuple[QFrame, QLabel]:
    banner = QFrame()
    banner.setProperty("look", "notice")
    banner.setMinimumHeight(SHAPE.notice_px)
    row = QHBoxLayout(banner)
    row.setContentsMargins(16, 4, 16, 4)
    text = label("strong")
    text.setWordWrap(True)
    row.addWidget(text, 1)
    return banner, text


def _trouble_page(colours: Colours) -> tuple[QWidget, QLabel, QLabel]:
    page = QWidget()
    page.setObjectName("page")
    column = QVBoxLayout(page)
    sign, sentence = label("head", centred=True), label("head", centred=True)
    sign.setPixmap(icons.pixmap("info", colours.text3, 32, scale=2.0))
    command = label("second", centred=True)
    command.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    column.addStretch(1)
    for each in (sign, sentence, command):
        column.addWidget(each)
    column.addStretch(1)
    return page, sentence, command

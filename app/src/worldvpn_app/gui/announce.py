"""Says each change of state once to a screen reader, over the bus that Qt speaks to it by.

PyQt does not hand out Qt's own announcements. The signal is that of AT-SPI (Event.Object,
"Announcement"), sent by the connection of Qt's bridge, so that readers know whose it is.
"""

from __future__ import annotations

import enum
from typing import Final

from PyQt6.QtCore import QCoreApplication, QObject
from PyQt6.QtDBus import QDBusConnection, QDBusMessage, QDBusVariant

from worldvpn_app.gui.present.view import HomeView, Mark, sentences

#: How Qt's bridge calls its connection (qtbase: accessible/linux/dbusconnection.cpp).
_BRIDGE: Final = "a11y"
_ROOT: Final = "/org/a11y/atspi/accessible/root"
_OBJECT_EVENT: Final = "org.a11y.atspi.Event.Object"


class Politeness(enum.IntEnum):
    """AtspiLive: whether what is being read is finished first."""

    POLITE = 1
    INTERRUPTING = 2


def announcement(view: HomeView | None) -> tuple[str, Politeness]:
    """Return what is said of ``view``, and how. Pure but for translation."""
    if view is None:
        words = QCoreApplication.translate("tray", "The service does not answer")
        return words, Politeness.POLITE
    said = sentences(view.title, view.line, view.small)
    is_alarm = view.mark is Mark.TRIANGLE
    return said, Politeness.INTERRUPTING if is_alarm else Politeness.POLITE


class Announcer(QObject):
    """Tells what has changed; what was so when the window opened is read with it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_first = True
        self._mark: Mark | None = None

    def show_view(self, view: HomeView | None) -> None:
        """Say ``view`` where it is another state than before."""
        mark = view.mark if view is not None else None
        is_news = mark is not self._mark and not self._is_first
        self._mark = mark
        self._is_first = self._is_first and view is None
        if is_news:
            say(*announcement(view))


def say(words: str, politeness: Politeness) -> None:
    """Let a screen reader say ``words``; nothing where none listens."""
    bus = QDBusConnection(_BRIDGE)
    if bus.isConnected():
        signal = QDBusMessage.createSignal(_ROOT, _OBJECT_EVENT, "Announcement")
        signal.setArguments(["", int(politeness), 0, QDBusVariant(words), {}])
        bus.send(signal)

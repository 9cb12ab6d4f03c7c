"""Notifications by ``org.freedesktop.Notifications``, over QtDBus: the tray's own have no buttons.

https://specifications.freedesktop.org/notification-spec/1.2/
"""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QMetaType, QObject, QVariant, pyqtSignal, pyqtSlot
from PyQt6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher, QDBusPendingReply

from worldvpn_app.gui.present.news import News, Offer

_NAME: Final = "org.freedesktop.Notifications"
_PATH: Final = "/org/freedesktop/Notifications"
#: A click on the notification itself.
_DEFAULT: Final = "default"
_NORMAL, _CRITICAL = 1, 2
#: QMetaType's numbers of the types that D-Bus tells apart and Python does not.
_UINT, _STRINGS, _BYTE = 3, 11, 37
#: The service's own time, and for good.
_ITS_OWN_MS, _FOR_GOOD_MS = -1, 0


class Notifier(QObject):
    """Shows one notification at a time: a newer one takes the place of the last.

    Where no service answers, nothing is shown and nothing fails.
    """

    #: An Offer that was taken; without ``do`` the window is wanted.
    taken = pyqtSignal(object)
    #: A News that the service has taken.
    shown = pyqtSignal(object)

    def __init__(self, bus: QDBusConnection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bus = bus
        #: What the service calls the one that is shown; 0: none.
        self._shown_id = 0
        self._offers: dict[str, Offer] = {}
        self._pending: QDBusPendingCallWatcher | None = None
        self._asked: News | None = None
        self._next: News | None = None
        for signal, slot in (("ActionInvoked", self._invoked), ("NotificationClosed", self._gone)):
            bus.connect(_NAME, _PATH, _NAME, signal, slot)

    @property
    def is_idle(self) -> bool:
        """Whether the service has answered all it was asked."""
        return self._pending is None

    def tell(self, news: News) -> None:
        """Show ``news``; while the service has not answered yet, only the newest waits."""
        if self._pending is not None:
            self._next = news
            return
        self._asked = news
        self._offers = {offer.key: offer for offer in news.offers}
        words = [word for offer in news.offers for word in (offer.key, offer.text)]
        hints = {
            "desktop-entry": "worldvpn",
            "urgency": _typed(_CRITICAL if news.is_urgent else _NORMAL, _BYTE),
        }
        message = QDBusMessage.createMethodCall(_NAME, _PATH, _NAME, "Notify")
        message.setArguments(
            [
                "WorldVPN",
                _typed(self._shown_id, _UINT),
                "worldvpn",
                news.title,
                news.text,
                _typed([_DEFAULT, "", *words], _STRINGS),
                hints,
                _FOR_GOOD_MS if news.is_urgent else _ITS_OWN_MS,
            ]
        )
        self._pending = QDBusPendingCallWatcher(self._bus.asyncCall(message), self)
        self._pending.finished.connect(self._answered)

    def _answered(self, watcher: QDBusPendingCallWatcher) -> None:
        reply = QDBusPendingReply(watcher).reply()
        self._pending = None
        is_shown = reply.type() is QDBusMessage.MessageType.ReplyMessage and reply.arguments()
        self._shown_id = int(reply.arguments()[0]) if is_shown else 0
        watcher.deleteLater()
        if is_shown:
            self.shown.emit(self._asked)
        if self._next is not None:
            waiting, self._next = self._next, None
            self.tell(waiting)

    @pyqtSlot(QDBusMessage)
    def _invoked(self, message: QDBusMessage) -> None:
        shown_id, key = message.arguments()[:2]
        if shown_id != self._shown_id:
            return
        if key == _DEFAULT:
            self.taken.emit(Offer(key=_DEFAULT, text=""))
        elif key in self._offers:
            self.taken.emit(self._offers[key])

    @pyqtSlot(QDBusMessage)
    def _gone(self, message: QDBusMessage) -> None:
        if message.arguments()[:1] == [self._shown_id]:
            self._shown_id = 0


def _typed(value: object, kind: int) -> QVariant:
    """Return ``value`` so that QtDBus sends it as ``kind``: Python's own types are too few."""
    made = QVariant(value)
    made.convert(QMetaType(kind))
    return made

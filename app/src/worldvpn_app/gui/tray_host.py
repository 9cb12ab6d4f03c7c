"""Whether the desktop has a tray: somebody who watches for StatusNotifierItems, and shows them.

https://specifications.freedesktop.org/status-notifier-item/0.1/
"""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QObject, pyqtSignal, pyqtSlot
from PyQt6.QtDBus import (
    QDBusConnection,
    QDBusMessage,
    QDBusPendingCallWatcher,
    QDBusPendingReply,
    QDBusServiceWatcher,
)

_NAME: Final = "org.kde.StatusNotifierWatcher"
_PATH: Final = "/StatusNotifierWatcher"


class TrayHost(QObject):
    """Follows the tray, which may come after the app and go before it.

    Qt looks once, when its first icon is made: that must wait for ``is_there``.
    """

    changed = pyqtSignal()

    def __init__(self, bus: QDBusConnection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bus = bus
        #: None until the bus has answered.
        self.is_there: bool | None = None
        self._watcher = QDBusServiceWatcher(
            _NAME, bus, QDBusServiceWatcher.WatchModeFlag.WatchForOwnerChange, self
        )
        self._watcher.serviceRegistered.connect(self.ask)
        self._watcher.serviceUnregistered.connect(lambda _name: self._set(is_there=False))
        for signal in ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered"):
            bus.connect(_NAME, _PATH, _NAME, signal, self._turned)

    def ask(self) -> None:
        """Ask whether there is a tray; the answer comes later."""
        message = QDBusMessage.createMethodCall(
            _NAME, _PATH, "org.freedesktop.DBus.Properties", "Get"
        )
        message.setArguments([_NAME, "IsStatusNotifierHostRegistered"])
        # Asked for by its name, the bus may start one that is not there.
        message.setAutoStartService(False)
        watcher = QDBusPendingCallWatcher(self._bus.asyncCall(message), self)
        watcher.finished.connect(self._answered)

    def _answered(self, watcher: QDBusPendingCallWatcher) -> None:
        reply = QDBusPendingReply(watcher).reply()
        watcher.deleteLater()
        is_answer = reply.type() is QDBusMessage.MessageType.ReplyMessage
        self._set(is_there=is_answer and reply.arguments()[:1] == [True])

    @pyqtSlot(QDBusMessage)
    def _turned(self, _message: QDBusMessage) -> None:
        self.ask()

    def _set(self, *, is_there: bool) -> None:
        if is_there is not self.is_there:
            self.is_there = is_there
            self.changed.emit()

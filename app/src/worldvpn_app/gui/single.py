"""One app a user: a second start raises the window of the first."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtNetwork import QLocalServer, QLocalSocket

_WAIT_MS: Final = 500


class Single(QObject):
    """Holds ``name`` for this process; ``asked`` tells of a second start."""

    asked = pyqtSignal()

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._heard)

    def claim(self) -> bool:
        """Return whether we are the first; else the first was asked to come up."""
        other = QLocalSocket()
        other.connectToServer(self._name)
        if other.waitForConnected(_WAIT_MS):
            other.disconnectFromServer()
            return False
        QLocalServer.removeServer(self._name)  # left behind by one that was killed
        self._server.listen(self._name)
        return True

    def close(self) -> None:
        """Let another be the first."""
        self._server.close()

    def _heard(self) -> None:
        while (connection := self._server.nextPendingConnection()) is not None:
            connection.disconnected.connect(connection.deleteLater)
            self.asked.emit()

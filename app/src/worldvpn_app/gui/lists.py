"""Lists of nodes of one's own, kept with the app's settings."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QObject, QSettings, pyqtSignal

from worldvpn_app.gui.present import lists
from worldvpn_app.gui.present.lists import Lists

_KEY: Final = "nodes/lists"


class OwnLists(QObject):
    """The lists that ``settings`` keep."""

    changed = pyqtSignal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    def all(self) -> Lists:
        """Return every list by its name."""
        return lists.read(str(self._settings.value(_KEY, "{}")))

    def turn(self, name: str, node_id: str) -> None:
        """Put a node into a list, or take it out."""
        self._settings.setValue(_KEY, lists.written(lists.turned(self.all(), name, node_id)))
        self.changed.emit()

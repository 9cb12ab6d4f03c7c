"""Entry point: one page, and an editor for one kind of setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from worldvpn_app.gui.present.settings import Setting
from worldvpn_app.hookspecs import Client, PluginPage, hookimpl


class Watch(QWidget):
    """Says how the tunnel stands, and pauses it."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client
        self.state, self.answer = QLabel(), QLabel()
        self.pause = QPushButton("Pause a minute")
        self.pause.clicked.connect(self.press)
        column = QVBoxLayout(self)
        for each in (self.state, self.pause, self.answer):
            column.addWidget(each)
        client.watch(self._show)
        self._show()

    def press(self) -> None:
        """Pause."""
        params = {"duration_s": 60}
        self._client.call("tunnel.pause", params, done=self._paused, refused=self._refused)

    def _show(self) -> None:
        snapshot = self._client.snapshot
        self.state.setText(str(snapshot["tunnel"]["state"]) if snapshot else "not known")

    def _paused(self, _result: Mapping[str, Any]) -> None:
        self.answer.setText("paused")

    def _refused(self, code: str, _sentence: str) -> None:
        self.answer.setText(code)


class WatchPage:
    """The page."""

    name = "watch"
    title = "Node watch"
    icon = "radio"

    def __init__(self, client: Client) -> None:
        self._client = client

    def make(self) -> QWidget:
        return Watch(self._client)


class ColourWheel(QLineEdit):
    """Changes a setting of the kind "colour wheel"."""

    changed = pyqtSignal(object)

    def __init__(self, option: Setting) -> None:
        super().__init__(str(option.value))
        self.editingFinished.connect(lambda: self.changed.emit(self.text()))


@hookimpl
def worldvpn_app_pages(client: Client) -> list[PluginPage]:
    """Offer one page."""
    return [WatchPage(client)]


@hookimpl
def worldvpn_app_option_editor(option: Setting) -> type[QWidget] | None:
    """Offer the wheel."""
    return ColourWheel if option.kind == "colour wheel" else None

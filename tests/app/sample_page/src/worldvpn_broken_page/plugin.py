"""Entry point of pages that fail: when they are made, drawn, clicked or called back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from worldvpn_app.hookspecs import Client, PluginPage, hookimpl


class Drawing(QWidget):
    """Fails when it is drawn."""

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's own name
        raise ArithmeticError("there is nothing to draw")


class Pressing(QWidget):
    """Fails when its button is pressed, or when the daemon answers."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client
        self.press, self.ask = QPushButton("Press"), QPushButton("Ask")
        self.press.clicked.connect(self._fail)
        self.ask.clicked.connect(lambda: client.call("profiles.list", done=self._answered))
        column = QVBoxLayout(self)
        for each in (QLabel("fragile"), self.press, self.ask):
            column.addWidget(each)

    def _fail(self) -> None:
        raise LookupError("the button leads nowhere")

    def _answered(self, result: Mapping[str, Any]) -> None:
        raise KeyError(f"{len(result)} answers, none of them right")


class BrokenPage:
    """A page of one of the ways to fail."""

    icon = "no such icon"

    def __init__(self, name: str, client: Client) -> None:
        self.name, self.title, self._client = name, f"<b>{name}</b>", client

    def make(self) -> QWidget:
        match self.name:
            case "drawing":
                return Drawing()
            case "pressing":
                return Pressing(self._client)
            case _:
                raise RuntimeError("no page today")


@hookimpl
def worldvpn_app_pages(client: Client) -> list[PluginPage]:
    """Offer one page for each way to fail."""
    return [BrokenPage(name, client) for name in ("making", "drawing", "pressing")]

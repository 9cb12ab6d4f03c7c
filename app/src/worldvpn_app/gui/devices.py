"""The devices that are signed in, each to be signed out for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.advice import sentence
from worldvpn_app.gui.present.view import clean
from worldvpn_app.gui.store import looked
from worldvpn_app.gui.tokens import SPACE
from worldvpn_app.gui.widgets.cards import emptied, line, row, sign
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.text import label

translate = QCoreApplication.translate


class Devices(QFrame):
    """A card with a row a device; removing one asks once, in its row."""

    def __init__(self, context: Context, say: Callable[[str], None]) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context, self._say = context, say
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_card_px
        column.setContentsMargins(inside_px, inside_px, inside_px, 8)
        column.addWidget(label("head", translate("account", "Devices")))
        column.addLayout(self._rows)

    def refresh(self) -> None:
        """Ask for the devices."""
        self._context.link.call("account.devices", done=self._show, refused=self._refused)

    def _show(self, result: Result) -> None:
        emptied(self._rows)
        devices = looked(result).get("devices") or []
        for place, device in enumerate(devices):
            if place:
                self._rows.addWidget(line())
            self._rows.addWidget(self._row(device))

    def _row(self, device: Mapping[str, Any]) -> QWidget:
        made = QWidget()
        words = QVBoxLayout()
        words.setSpacing(0)
        now = self._context.now()
        seen = translate("account", "seen {time}").format(
            time=figures.moment(device["seen_at"], now)
        )
        words.addWidget(label("strong", clean(str(device["name"]), 64)))
        words.addWidget(label("caption", seen))
        inside = row(sign("laptop", self._context.colours.text2))
        inside.setContentsMargins(0, 8, 0, 8)
        inside.addLayout(words, 1)
        if device["current"]:
            inside.addWidget(label("pill good", translate("account", "This device")))
        else:
            out = button(translate("account", "Sign out"))
            out.clicked.connect(lambda: self._ask_once(out, str(device["id"])))
            inside.addWidget(out)
        made.setLayout(inside)
        return made

    def _ask_once(self, pressed: QWidget, device_id: str) -> None:
        sure = button(translate("account", "Sign out for good"), look="danger")
        sure.clicked.connect(lambda: self._revoke(device_id))
        around = pressed.parentWidget()
        layout = around.layout() if around is not None else None
        if layout is not None:
            layout.replaceWidget(pressed, sure)
            pressed.deleteLater()

    def _revoke(self, device_id: str) -> None:
        self._context.link.call(
            "account.revoke",
            {"device_id": device_id},
            done=lambda _: self.refresh(),
            refused=self._refused,
        )

    def _refused(self, refusal: Refusal) -> None:
        self._say(sentence(refusal.message))

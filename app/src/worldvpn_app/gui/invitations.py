"""Devices of one's own that may come in: invited with a profile that is given once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFileDialog, QFrame, QLineEdit, QVBoxLayout, QWidget

from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import not_written, sentence
from worldvpn_app.gui.present.view import clean
from worldvpn_app.gui.tokens import SPACE
from worldvpn_app.gui.widgets.cards import emptied, line, row, sign
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.text import label

translate = QCoreApplication.translate


class Invitations(QFrame):
    """A row a device, and a form that lets one more in."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context = context
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self.name, self.host = QLineEdit(), QLineEdit()
        self.name.setPlaceholderText(translate("sharing", "Name of the device"))
        self.host.setPlaceholderText(translate("sharing", "This computer's public address"))
        for each in (self.name, self.host):
            each.setAccessibleName(each.placeholderText())
            each.setToolTip(each.placeholderText())
            each.textChanged.connect(lambda _text: self._judge())
        self.invite = button(translate("sharing", "Invite"))
        self.invite.clicked.connect(self.press)
        self.answer = label("answer", wraps=True)
        self.answer.hide()
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_card_px
        column.setContentsMargins(inside_px, inside_px, inside_px, 12)
        column.setSpacing(10)
        column.addWidget(label("head", translate("sharing", "Your own devices")))
        text = translate("sharing", "Any WireGuard app uses the file; it is given once.")
        column.addWidget(label("small", text, wraps=True))
        column.addLayout(self._rows)
        form = row(self.name, self.host, self.invite)
        column.addLayout(form)
        column.addWidget(self.answer)
        self._judge()

    def refresh(self) -> None:
        """Ask which devices are invited."""
        self._context.link.call("share.status", done=self._show, refused=self._refused)

    def press(self) -> None:
        """Let the device in, and save its profile where its owner says."""
        params = {"name": self.name.text().strip(), "host": self.host.text().strip()}
        self._context.link.call("share.invite", params, done=self._invited, refused=self._refused)

    def _invited(self, result: Result) -> None:
        name = str(result["name"])
        title = translate("sharing", "Save the profile of {name}").format(name=clean(name, 40))
        path, _kind = QFileDialog.getSaveFileName(self, title, f"{name}.conf")
        if path:
            self._save(Path(path), str(result["profile"]))
        else:
            self._say(
                translate(
                    "sharing", "The profile was not saved: remove the device and invite it anew."
                )
            )
        self.name.clear()
        self.refresh()

    def _save(self, path: Path, text: str) -> None:
        try:
            # Readable by its owner alone; what was there is not kept open to others.
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as opened:
                opened.write(text)
        except OSError as error:
            self._say(not_written(path, error))
        else:
            self._say("")

    def _show(self, result: Result) -> None:
        emptied(self._rows)
        for device in result.get("devices") or ():
            self._rows.addWidget(line())
            self._rows.addWidget(self._row(device))

    def _row(self, device: Mapping[str, Any]) -> QWidget:
        made = QWidget()
        name = str(device["name"])
        remove = button(translate("sharing", "Remove"))
        remove.clicked.connect(lambda: self._revoke(name))
        inside = row(
            sign("laptop", self._context.colours.text2),
            label("strong", clean(name, 64)),
            label("caption", ", ".join(clean(str(each), 64) for each in device["addresses"])),
            None,
            remove,
        )
        inside.setContentsMargins(0, 6, 0, 6)
        made.setLayout(inside)
        return made

    def _revoke(self, name: str) -> None:
        self._context.link.call(
            "share.revoke",
            {"name": name},
            done=lambda _: self.refresh(),
            refused=self._refused,
        )

    def _judge(self) -> None:
        is_whole = bool(self.name.text().strip() and self.host.text().strip())
        self.invite.setEnabled(is_whole)

    def _refused(self, refusal: Refusal) -> None:
        self._say(sentence(refusal.message))

    def _say(self, text: str) -> None:
        self.answer.setText(text)
        self.answer.setVisible(bool(text))

"""Profiles of one's own, brought and forgotten; and which plugins the daemon runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFileDialog, QFrame, QVBoxLayout, QWidget

from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import not_read, sentence
from worldvpn_app.gui.present.facts import protocol
from worldvpn_app.gui.present.view import clean
from worldvpn_app.gui.tokens import SPACE
from worldvpn_app.gui.widgets.cards import emptied, line, row, sign
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.text import Elided, label
from worldvpn_core.ipc.protocol import MAX_PROFILE_BYTES

translate = QCoreApplication.translate
_LONGEST_NAME: Final = 64


class Profiles(QFrame):
    """A row a profile, and a button that brings one from a file."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context = context
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self.answer = label("answer", wraps=True)
        self.bring = button(translate("settings", "Import a file"))
        self.bring.clicked.connect(self._choose_file)
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_card_px
        column.setContentsMargins(inside_px, 12, inside_px, 12)
        text = translate("settings", "WireGuard files of any provider connect without an account.")
        head = row(label("small", text, wraps=True), self.bring)
        head.setStretch(0, 1)
        column.addLayout(head)
        column.addWidget(self.answer)
        column.addLayout(self._rows)
        self.answer.hide()

    def refresh(self) -> None:
        """Ask for the profiles."""
        self._context.link.call("profiles.list", done=self._show, refused=self._refused)

    def take_file(self, path: str) -> None:
        """Bring the profile in the file at ``path``."""
        file = Path(path)
        try:
            with file.open("rb") as opened:
                raw = opened.read(MAX_PROFILE_BYTES + 1)
            text = raw.decode()
        except (OSError, UnicodeDecodeError) as error:
            self._say(not_read(file, error))
            return
        params = {
            "name": file.stem[:_LONGEST_NAME].strip() or translate("settings", "Profile"),
            "text": text,
        }
        self._context.link.call(
            "profiles.import", params, done=self._brought, refused=self._refused
        )

    def _choose_file(self) -> None:
        title = translate("settings", "Import a profile")
        path, _kind = QFileDialog.getOpenFileName(self, title)
        if path:
            self.take_file(path)

    def _brought(self, result: Result) -> None:
        notes = [sentence(str(note)) for note in result["profile"].get("notes", ())]
        self._say(" ".join(notes))
        self.refresh()
        self._context.store.refresh_profiles()

    def _show(self, result: Result) -> None:
        emptied(self._rows)
        for profile in result["profiles"]:
            self._rows.addWidget(line())
            self._rows.addWidget(self._row(profile))

    def _row(self, profile: Mapping[str, Any]) -> QWidget:
        made = QWidget()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Elided("strong", clean(str(profile["name"]), _LONGEST_NAME)))
        servers = ", ".join(clean(str(each), 64) for each in profile.get("servers", ()))
        told = f"{protocol(profile.get('transport'))} · {servers}"
        words.addWidget(Elided("caption", told))
        remove = button(translate("settings", "Remove"))
        remove.clicked.connect(lambda: self._remove(str(profile["id"])))
        inside = row(sign("file-key", self._context.colours.text2))
        inside.setContentsMargins(0, 8, 0, 8)
        inside.addLayout(words, 1)
        inside.addWidget(remove)
        made.setLayout(inside)
        return made

    def _remove(self, profile_id: str) -> None:
        def done(_result: Result) -> None:
            self._say("")
            self.refresh()
            self._context.store.refresh_profiles()

        self._context.link.call(
            "profiles.remove", {"profile_id": profile_id}, done=done, refused=self._refused
        )

    def _refused(self, refusal: Refusal) -> None:
        self._say(sentence(refusal.message))

    def _say(self, text: str) -> None:
        self.answer.setText(text)
        self.answer.setVisible(bool(text))


class Plugins(QFrame):
    """Which plugins run, and in which process."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context = context
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(SPACE.inside_card_px, 8, SPACE.inside_card_px, 8)
        self._rows.setSpacing(0)

    def refresh(self) -> None:
        """Ask for the plugins."""
        self._context.link.call("plugins.list", done=self._show)

    def _show(self, result: Result) -> None:
        emptied(self._rows)
        for plugin in result["plugins"]:
            process = translate("settings", "in the {process}").format(
                process=clean(str(plugin.get("process", "")), 20)
            )
            self._add(str(plugin["name"]), str(plugin.get("version") or ""), process)
        plugged = self._context.plugged
        for name, version in plugged.names().items():
            reason = plugged.failures.get(name, "")
            where = translate("settings", "in this app")
            self._add(
                name, version, translate("settings", "failed") if reason else where, reason=reason
            )

    def _add(self, name: str, version: str, process: str, *, reason: str = "") -> None:
        if self._rows.count():
            self._rows.addWidget(line())
        made = QWidget()
        made.setMinimumHeight(40)
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(0)
        words = (label("strong", clean(name, 40)), label("caption", clean(version, 20)))
        column.addLayout(row(*words, None, label("pill", process)))
        if reason:
            column.addWidget(label("small", reason, wraps=True))
        self._rows.addWidget(made)

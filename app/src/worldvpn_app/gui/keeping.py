"""Settings to a file and from one, and all as at first: each said before it is done."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFileDialog, QFrame, QPushButton, QVBoxLayout

from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import not_read, not_written, sentence
from worldvpn_app.gui.present.settings_file import MOST_BYTES, Plan, exported, imported, reset
from worldvpn_app.gui.tokens import SPACE
from worldvpn_app.gui.widgets.cards import emptied, line, row
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.rows import setting_row
from worldvpn_app.gui.widgets.text import label, relook

translate = QCoreApplication.translate


class Keeping(QFrame):
    """Three rows; below them what would change, until it is agreed to or left."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context = context
        self._plan: Plan | None = None
        #: Changes what is shown; None while nothing was shown yet.
        self.agreed: QPushButton | None = None
        colours = context.colours
        self.export = button(translate("settings", "Export"), icon="download", colours=colours)
        self.take = button(translate("settings", "Import"), icon="upload", colours=colours)
        self.reset = button(translate("settings", "Reset"), icon="rotate-ccw", colours=colours)
        self.export.clicked.connect(lambda: self._ask(self._export))
        self.take.clicked.connect(self._import)
        self.reset.clicked.connect(lambda: self._ask(self._reset))
        self.answer = label("answer", wraps=True)
        self.answer.hide()
        self._question = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.inside_card_px, 0, SPACE.inside_card_px, 4)
        column.setSpacing(0)
        rows = (
            (
                translate("settings", "Save these settings"),
                translate("settings", "To a file, without passwords, keys or profiles."),
                self.export,
            ),
            (
                translate("settings", "Take settings from a file"),
                translate("settings", "What would change is shown first."),
                self.take,
            ),
            (
                translate("settings", "All as at first"),
                translate("settings", "Account, profiles and the vault stay."),
                self.reset,
            ),
        )
        for place, (name, said, control) in enumerate(rows):
            if place:
                column.addWidget(line())
            column.addWidget(setting_row(name, said, control))
        column.addLayout(self._question)
        column.addWidget(self.answer)

    def save_to(self, path: Path, text: str) -> None:
        """Write ``text`` to ``path``, readable by its owner alone."""
        try:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as opened:
                opened.write(text)
        except OSError as error:
            self._say(not_written(path, error), "answer")
        else:
            self._say(translate("settings", "Saved as {name}.").format(name=path.name))

    def read_from(self, path: Path) -> None:
        """Show what the file ``path`` would change."""
        try:
            if path.stat().st_size > MOST_BYTES:
                self._say(translate("settings", "That is no file of WorldVPN settings."), "answer")
                return
            text = path.read_text("utf-8", errors="replace")
        except OSError as error:
            self._say(not_read(path, error), "answer")
            return
        self._ask(lambda answer: self._read(text, answer))

    def agree(self) -> None:
        """Change what is shown."""
        plan, self._plan = self._plan, None
        emptied(self._question)
        if plan is None:
            return
        self._context.link.call(
            "settings.set",
            {"changes": {**plan.changes}, "confirm": bool(plan.consequence)},
            done=lambda _: self._changed(),
            refused=self._refused,
        )

    def _ask(self, done: Callable[[Result], None]) -> None:
        """Ask how all is now; what was shown before is not agreed to any more."""
        self._leave()
        self._context.link.call("settings.get", done=done, refused=self._refused)

    def _export(self, answer: Result) -> None:
        title = translate("settings", "Save these settings")
        path, _kind = QFileDialog.getSaveFileName(self, title, "worldvpn-settings.json")
        if path:
            self.save_to(Path(path), exported(answer))

    def _import(self) -> None:
        title = translate("settings", "Take settings from a file")
        path, _kind = QFileDialog.getOpenFileName(self, title, "", "JSON (*.json)")
        if path:
            self.read_from(Path(path))

    def _read(self, text: str, answer: Result) -> None:
        try:
            plan = imported(text, answer)
        except ValueError as error:
            self._say(str(error), "answer")
            return
        self._show(plan)

    def _reset(self, answer: Result) -> None:
        plan = reset(answer)
        if plan is None:
            self._say(translate("settings", "This service does not say how it was at first."))
        else:
            self._show(plan)

    def _show(self, plan: Plan) -> None:
        left = ", ".join(plan.left_out)
        unknown = translate("settings", "Left out, not known here: {names}.").format(names=left)
        self._say(unknown if left else "")
        if not plan.changes:
            nothing = translate("settings", "Nothing would change.")
            self._say(f"{nothing} {unknown}" if left else nothing)
            return
        self._plan = plan
        frame = QFrame()
        frame.setProperty("look", "notice" if plan.consequence else "news")
        column = QVBoxLayout(frame)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(4)
        for each in plan.lines:
            column.addWidget(label("strong", each, wraps=True))
        if plan.consequence:
            column.addWidget(label("small", plan.consequence, wraps=True))
        gives_up = bool(plan.consequence)
        leave = button(
            translate("settings", "Leave all as it is"), look="accent" if gives_up else ""
        )
        leave.clicked.connect(self._leave)
        agreed = self.agreed = button(
            translate("settings", "Change this"), look="" if gives_up else "accent"
        )
        agreed.clicked.connect(self.agree)
        column.addSpacing(4)
        column.addLayout(row(None, leave, agreed))
        self._question.addWidget(frame)
        frame.show()
        self._question.addSpacing(8)

    def _leave(self) -> None:
        self._plan = None
        emptied(self._question)
        self._say("")

    def _changed(self) -> None:
        self._say(translate("settings", "Changed."))
        self._context.actions.settings_changed.emit()

    def _refused(self, refusal: Refusal) -> None:
        self._say(sentence(refusal.message), "answer")

    def _say(self, text: str, look: str = "small") -> None:
        relook(self.answer, look)
        self.answer.setText(text)
        self.answer.setVisible(bool(text))


class Privacy(QFrame):
    """What is so without being asked for, and what the app keeps."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context = context
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.inside_card_px, 0, SPACE.inside_card_px, 0)
        column.setSpacing(0)
        self.forget = button(translate("settings", "Forget"))
        self.forget.clicked.connect(self._forget)
        never, by_you = translate("settings", "Never"), translate("settings", "By you only")
        rows = (
            (
                translate("settings", "This app goes online"),
                translate(
                    "settings", "Only the service speaks to the server. No picture is loaded."
                ),
                label("pill good", never),
            ),
            (
                translate("settings", "Reports are made"),
                translate("settings", "Without names, addresses, ids and keys; nothing is sent."),
                label("pill good", by_you),
            ),
            (
                translate("settings", "What this window keeps"),
                translate("settings", "Its size, the theme, and what was explained before."),
                self.forget,
            ),
        )
        for place, (name, said, control) in enumerate(rows):
            if place:
                column.addWidget(line())
            column.addWidget(setting_row(name, said, control))

    def _forget(self) -> None:
        self._context.settings.clear()
        self.forget.setEnabled(False)
        self.forget.setText(translate("settings", "Forgotten"))

"""Diagnostics: how everything stands, why a packet may leave or not, and what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from PyQt6.QtCore import QCoreApplication, QTimer
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from worldvpn_app.gui import icons
from worldvpn_app.gui.link import Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import not_written
from worldvpn_app.gui.present.diagnostics import Health, healths, report, rules
from worldvpn_app.gui.present.told import subject_word
from worldvpn_app.gui.tokens import SPACE, Colours
from worldvpn_app.gui.why import Why
from worldvpn_app.gui.widgets.cards import card, emptied, page, row, sign
from worldvpn_app.gui.widgets.controls import Chip, button, icon_button
from worldvpn_app.gui.widgets.text import Elided, copy, label, relook
from worldvpn_app.gui.widgets.ways import at_end

translate = QCoreApplication.translate
_EVERY_MS: Final = 2_000
_LINES: Final = 30
_LOOKS: Final[Mapping[str, str]] = {
    "good": "connected",
    "waiting": "paused",
    "bad": "unprotected",
    "held": "blocked",
    "accent": "accent",
}


class DiagnosticsPage(QWidget):
    """Asks the firewall's counters every other second while it is shown."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self._counters: tuple[Mapping[str, Any], ...] = ()
        self._plugins: tuple[Mapping[str, Any], ...] = ()
        self.cards = tuple(HealthCard(context.colours) for _ in range(3))
        self.why = Why(context)
        self._rules = QGridLayout()
        self._rules.setHorizontalSpacing(16)
        self._rules.setVerticalSpacing(6)
        self._rules.setColumnStretch(0, 1)
        self._log = QVBoxLayout()
        self._log.setSpacing(2)
        self._only_trouble = Chip(translate("diagnostics", "Problems"), context.colours)
        self._only_trouble.clicked.connect(self._show_log)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._ask)
        self._lay_out()
        context.link.snapshot_changed.connect(self._show)
        context.journal.changed.connect(self._show_log)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._timer.start()
        self._context.link.call("plugins.list", done=self._take_plugins)
        self._ask()
        self._show()
        self._show_log()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def report(self) -> str:
        """Return the report: no name, address, id or key is in it."""
        snapshot = self._context.link.snapshot
        if snapshot is None:
            return ""
        return report(snapshot, self._counters, self._plugins, version("worldvpn-app"))

    def _ask(self) -> None:
        self._context.link.call("firewall.counters", done=self._take_counters)

    def _take_counters(self, result: Result) -> None:
        self._counters = tuple(result["counters"])
        emptied(self._rules)
        heads = (
            translate("diagnostics", "Rule"),
            translate("diagnostics", "Packets"),
            translate("diagnostics", "Amount"),
        )
        for column, text in enumerate(heads):
            self._rules.addWidget(_cell(text, "column", is_figure=column > 0), 0, column)
        for place, rule in enumerate(rules(self._counters), start=1):
            for column, text in enumerate((rule.name, rule.packets, rule.amount)):
                look = "mono" if column == 0 else "semi"
                cell = _cell(text, look, is_figure=column > 0)
                self._rules.addWidget(cell, place, column)

    def _take_plugins(self, result: Result) -> None:
        self._plugins = tuple(result["plugins"])

    def _show(self) -> None:
        snapshot = self._context.link.snapshot
        if snapshot is not None and self.isVisible():
            for shown, health in zip(self.cards, healths(snapshot), strict=True):
                shown.show_health(health)

    def _show_log(self) -> None:
        emptied(self._log)
        entries = [
            each
            for each in self._context.journal.entries
            if each.is_trouble or not self._only_trouble.isChecked()
        ]
        for entry in reversed(entries[-_LINES:]):
            colours = self._context.colours
            name, colour = (
                ("triangle-alert", colours.paused) if entry.is_trouble else ("info", colours.text3)
            )
            subject = label("mono", subject_word(entry.subject))
            subject.setMinimumWidth(64)
            time = label("mono", f"{entry.at:%H:%M:%S}")
            words = label("mono", entry.words, wraps=True)
            shown = row(time, sign(name, colour, 14), subject, words, spacing_px=12)
            shown.setStretch(3, 1)
            self._log.addLayout(shown)
        if not entries:
            text = translate("diagnostics", "Nothing has changed since the app was opened.")
            self._log.addWidget(label("second", text))

    def _copy_log(self) -> None:
        entries = self._context.journal.entries
        copy(
            "\n".join(
                f"{each.at:%H:%M:%S} {subject_word(each.subject)} {each.words}" for each in entries
            )
        )

    def _save(self) -> None:
        title = translate("diagnostics", "Save the report")
        path, _kind = QFileDialog.getSaveFileName(self, title, "worldvpn-report.json")
        if path:
            self.save_to(Path(path))

    def save_to(self, path: Path) -> None:
        """Write the report to ``path``."""
        try:
            path.write_text(self.report(), encoding="utf-8")
        except OSError as error:
            self.why.say(not_written(path, error), "blocked")

    def _lay_out(self) -> None:
        told = label("small", translate("diagnostics", "No name, address, id or key is in it"))
        copied = button(translate("diagnostics", "Copy"))
        copied.clicked.connect(lambda: copy(self.report()))
        made = button(
            translate("diagnostics", "Make a report"),
            look="accent",
            icon="file-text",
            colours=self._context.colours,
        )
        made.clicked.connect(self._save)
        outer, column = page(translate("diagnostics", "Diagnostics"), None, told, copied, made)
        beside = row(*self.cards, spacing_px=SPACE.between_cards_px)
        for place in range(len(self.cards)):
            beside.setStretch(place, 1)
        column.addLayout(beside)
        seen, inside = card()
        inside.addWidget(label("head", translate("diagnostics", "What the rules saw")))
        inside.addLayout(self._rules)
        inside.addStretch(1)
        both = row(seen, self.why, spacing_px=SPACE.between_cards_px)
        both.setStretch(0, 1)
        both.setStretch(1, 1)
        column.addLayout(both)
        log, lines = card()
        copying = icon_button("copy", translate("diagnostics", "Copy"), self._context.colours)
        copying.clicked.connect(self._copy_log)
        head = label("head", translate("diagnostics", "Changes"))
        since = label("small", translate("diagnostics", "since the app was opened"))
        lines.addLayout(row(head, since, None, self._only_trouble, copying))
        lines.addLayout(self._log)
        column.addWidget(log)
        column.addStretch(1)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(outer)


class HealthCard(QFrame):
    """How one part stands."""

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._colours = colours
        self._icon = sign("info", colours.text3)
        self.title, self.word = label("head"), label("second")
        self.line, self.note = label("strong", wraps=True), label("small", wraps=True)
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_card_px
        column.setContentsMargins(inside_px, 12, inside_px, 12)
        column.setSpacing(4)
        column.addLayout(row(self._icon, self.title, None, self.word))
        column.addWidget(self.line)
        column.addWidget(self.note)
        column.addStretch(1)

    def show_health(self, health: Health) -> None:
        """Show ``health``."""
        colour = str(getattr(self._colours, _LOOKS.get(health.look, "text2")))
        self._icon.setPixmap(icons.pixmap(health.icon, colour, 16, scale=2.0))
        self.title.setText(health.title)
        self.word.setText(health.word)
        relook(self.word, health.look)
        self.line.setText(health.line)
        self.note.setText(health.note)


def _cell(text: str, look: str, *, is_figure: bool) -> QLabel:
    made = label(look, text) if is_figure else Elided(look, text)
    if is_figure:
        made.setAlignment(at_end())
    return made

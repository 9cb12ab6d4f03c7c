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
    QVBoxLayout,
    QWidget,
)

from worldvpn_app.gui import icons
from worldvpn_app.gui.link import Result
from worldvpn_app.gui.logview import LogCard
from worldvpn_app.gui.outside import OutsideCard
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import not_written
from worldvpn_app.gui.present.diagnostics import Health, healths, report
from worldvpn_app.gui.tokens import SPACE, Colours
from worldvpn_app.gui.why import Why
from worldvpn_app.gui.widgets.cards import page, row, sign
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.flow import Flow
from worldvpn_app.gui.widgets.text import copy, label, relook, spread
from worldvpn_app.gui.widgets.ways import at_end

translate = QCoreApplication.translate
_EVERY_MS: Final = 2_000
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
        self.outside, self.log = OutsideCard(context), LogCard(context)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._ask)
        self._lay_out()
        context.link.snapshot_changed.connect(self._show)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._timer.start()
        self._context.link.call("plugins.list", done=self._take_plugins)
        self._ask()
        self._show()
        self.log.feed.watch(is_watched=True)
        self.log.fill()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self.log.feed.watch(is_watched=False)

    def report(self) -> str:
        """Return the report: no name, address, id or key is in it."""
        snapshot = self._context.link.snapshot
        if snapshot is None:
            return ""
        return report(
            snapshot,
            self._counters,
            self._plugins,
            version("worldvpn-app"),
            self.log.feed.lines,
        )

    def _ask(self) -> None:
        self._context.link.call("firewall.counters", done=self._take_counters)
        self.outside.refresh()

    def _take_counters(self, result: Result) -> None:
        self._counters = tuple(result["counters"])

    def _take_plugins(self, result: Result) -> None:
        self._plugins = tuple(result["plugins"])

    def _show(self) -> None:
        snapshot = self._context.link.snapshot
        if snapshot is not None and self.isVisible():
            for shown, health in zip(self.cards, healths(snapshot), strict=True):
                shown.show_health(health)

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
        nothing = translate("diagnostics", "No name, address, id or key is in it")
        told = spread(label("small", nothing))
        told.setAlignment(at_end())
        copied = button(translate("diagnostics", "Copy"))
        copied.clicked.connect(lambda: copy(self.report()))
        made = button(
            translate("diagnostics", "Make a report"),
            look="accent",
            icon="file-text",
            colours=self._context.colours,
        )
        made.clicked.connect(self._save)
        outer, column = page(translate("diagnostics", "Diagnostics"), 16, told, copied, made)
        beside = row(*self.cards, spacing_px=SPACE.between_cards_px)
        for place in range(len(self.cards)):
            beside.setStretch(place, 1)
        column.addLayout(beside)
        both = row(self.outside, self.why, spacing_px=SPACE.between_cards_px)
        both.setStretch(0, 1)
        both.setStretch(1, 1)
        column.addLayout(both)
        column.addWidget(self.log)
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
        what = QWidget()
        what.setLayout(row(self._icon, self.title))
        column.addLayout(Flow(what, self.word, apart=True))
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

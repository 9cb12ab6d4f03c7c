"""The log as it grows: the daemon's lines and what this window has seen change."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QFrame, QVBoxLayout

from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.diagnostics import Change
from worldvpn_app.gui.present.log import MOST_KEPT, as_text, line_of, together
from worldvpn_app.gui.present.told import subject_word
from worldvpn_app.gui.widgets.cards import card, emptied, row, sign
from worldvpn_app.gui.widgets.controls import Chip, Toggle, icon_button
from worldvpn_app.gui.widgets.text import copy, label

translate = QCoreApplication.translate
_EVERY_MS: Final = 1_000
_ROWS: Final = 40
_EVERYTHING, _CHANGES, _TROUBLE = "everything", "changes", "problems"


class Feed(QObject):
    """Asks for new lines each second while it is watched."""

    changed = pyqtSignal()

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._last = 0
        self._is_asking = False
        self.lines: tuple[Change, ...] = ()
        #: Why there are no lines of the daemon; "": there are, or may be.
        self.refusal = ""
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.ask)

    def watch(self, *, is_watched: bool) -> None:
        """Ask from now on, or no more."""
        if is_watched:
            self.ask()
            self._timer.start()
        else:
            self._timer.stop()

    def ask(self) -> None:
        """Ask once, unless an answer is awaited."""
        if not self._is_asking:
            self._is_asking = True
            params = {"after": self._last}
            self._context.link.call("log.tail", params, done=self._take, refused=self._refused)

    def _take(self, result: Result) -> None:
        self._is_asking, self.refusal = False, ""
        last = result.get("last")
        if isinstance(last, int) and last < self._last:
            # Another daemon: it counts from the beginning, and what was before is kept.
            self._last = 0
            self.ask()
            return
        rows, now = result.get("lines"), self._context.now()
        new = [
            line
            for each in (rows if isinstance(rows, list) else ())
            if isinstance(each, dict) and (line := line_of(each, now)) is not None
        ]
        self._last = last if isinstance(last, int) else self._last
        if new:
            self.lines = (*self.lines, *new)[-MOST_KEPT:]
            self.changed.emit()

    def _refused(self, refusal: Refusal) -> None:
        self._is_asking = False
        if self.refusal != refusal.code:
            self.refusal = refusal.code
            self.changed.emit()


class LogCard(QFrame):
    """The newest lines above, of the kind that is chosen."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.feed = Feed(context, self)
        self._kind = _EVERYTHING
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        self.follows = Toggle(context.colours, translate("diagnostics", "Follows newest"))
        self.follows.setChecked(True)
        self.follows.toggled.connect(lambda _is_on: self.fill())
        self._shown: tuple[tuple[Change, ...], str] | None = None
        frame, column = card()
        copying = icon_button("copy", translate("diagnostics", "Copy"), context.colours)
        copying.clicked.connect(lambda: copy(as_text(self.lines())))
        head = label("head", translate("diagnostics", "Log"))
        follow = label("small", translate("diagnostics", "Follows newest"))
        column.addLayout(row(head, 8, *self._chips(), None, follow, self.follows, copying))
        column.addLayout(self._rows)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(frame)
        self.feed.changed.connect(self.fill)
        context.journal.changed.connect(self.fill)

    def lines(self) -> tuple[Change, ...]:
        """Return what fits, the oldest first."""
        changes = self._context.journal.entries
        if self._kind == _CHANGES:
            return tuple(changes)
        every = together(changes, self.feed.lines)
        return tuple(each for each in every if each.is_trouble) if self._kind == _TROUBLE else every

    def choose(self, kind: str) -> None:
        """Show "everything", "changes" or "problems"."""
        self._kind, self._shown = kind, None
        self.fill()

    def fill(self) -> None:
        """Show what there is, unless it is to stand still."""
        if not self.isVisible() or (self._shown is not None and not self.follows.isChecked()):
            return
        shown = self.lines()[-_ROWS:]
        if (shown, self.feed.refusal) == self._shown:
            return
        self._shown = (shown, self.feed.refusal)
        emptied(self._rows)
        for each in reversed(shown):
            self._add(each)
        if not shown:
            text = translate("diagnostics", "Nothing has changed since the app was opened.")
            self._rows.addWidget(label("second", text))
        if self.feed.refusal == "denied" and self._kind == _EVERYTHING:
            text = translate("diagnostics", "Only the owner sees the service's own lines.")
            self._rows.addWidget(label("small", text, wraps=True))

    def _add(self, entry: Change) -> None:
        colours = self._context.colours
        name, colour = (
            ("triangle-alert", colours.paused) if entry.is_trouble else ("info", colours.text3)
        )
        subject = label("mono", subject_word(entry.subject))
        subject.setMinimumWidth(64)
        words = label("mono", entry.words, wraps=True)
        shown = row(
            label("mono", f"{entry.at:%H:%M:%S}"),
            sign(name, colour, 14),
            subject,
            words,
            spacing_px=12,
        )
        shown.setStretch(3, 1)
        self._rows.addLayout(shown)

    def _chips(self) -> list[Chip]:
        names = {
            _EVERYTHING: translate("diagnostics", "Everything"),
            _CHANGES: translate("diagnostics", "Changes"),
            _TROUBLE: translate("diagnostics", "Problems"),
        }
        group = QButtonGroup(self)
        made = []
        for kind, name in names.items():
            chip = Chip(name, self._context.colours, is_on=kind == self._kind)
            chip.clicked.connect(lambda _checked, kind=kind: self.choose(kind))
            group.addButton(chip)
            made.append(chip)
        return made

"""The statement, line by line: filtered, and a few at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QButtonGroup, QFrame, QVBoxLayout, QWidget

from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.wallet import Entry, Show, line
from worldvpn_app.gui.tokens import SPACE
from worldvpn_app.gui.widgets import cards
from worldvpn_app.gui.widgets.cards import emptied, row, sign
from worldvpn_app.gui.widgets.controls import Chip, icon_button
from worldvpn_app.gui.widgets.text import Elided, label
from worldvpn_app.gui.widgets.ways import at_end

translate = QCoreApplication.translate
_ROWS: Final = 10


class History(QFrame):
    """Shows entries, newest first."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context = context
        self._entries: Sequence[Entry] = ()
        self._show, self._from = Show.ALL, 0
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self.count = label("caption")
        self.newer = icon_button("chevron-left", translate("wallet", "Newer"), context.colours)
        self.older = icon_button("chevron-right", translate("wallet", "Older"), context.colours)
        self.newer.clicked.connect(lambda: self._turn(-_ROWS))
        self.older.clicked.connect(lambda: self._turn(_ROWS))
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_card_px
        column.setContentsMargins(inside_px, 12, inside_px, 8)
        column.setSpacing(8)
        head = row(label("head", translate("wallet", "History")), 8, *self._chips(), None)
        column.addLayout(head)
        column.addLayout(self._rows)
        column.addLayout(row(self.count, None, self.newer, self.older))

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show ``entries``; what is looked at stays."""
        self._entries = entries
        self._fill()

    def _chips(self) -> list[QWidget]:
        names = {
            Show.ALL: translate("wallet", "All"),
            Show.EARNED: translate("wallet", "Earned"),
            Show.SPENT: translate("wallet", "Spent"),
            Show.HELD: translate("wallet", "Held"),
            Show.GIVEN: translate("wallet", "Given"),
        }
        group = QButtonGroup(self)
        made: list[QWidget] = []
        for show, name in names.items():
            chip = Chip(name, self._context.colours, is_on=show is Show.ALL)
            chip.clicked.connect(lambda _checked, show=show: self._choose(show))
            group.addButton(chip)
            made.append(chip)
        return made

    def _choose(self, show: Show) -> None:
        self._show, self._from = show, 0
        self._fill()

    def _turn(self, by: int) -> None:
        self._from = max(0, self._from + by)
        self._fill()

    def _fill(self) -> None:
        emptied(self._rows)
        fitting = [entry for entry in self._entries if entry.is_shown(self._show)]
        self._from = min(self._from, max(0, (len(fitting) - 1) // _ROWS * _ROWS))
        shown = fitting[self._from : self._from + _ROWS]
        for entry in shown:
            self._rows.addWidget(cards.line())
            self._rows.addWidget(self._row(entry))
        if not shown:
            nothing = label("second", translate("wallet", "Nothing was booked yet."))
            self._rows.addWidget(nothing)
        words = translate("wallet", "{first} to {last} of {all}").format(
            first=figures.whole(self._from + 1),
            last=figures.whole(self._from + len(shown)),
            all=figures.whole(len(fitting)),
        )
        self.count.setText(words if shown else "")
        self.newer.setEnabled(self._from > 0)
        self.older.setEnabled(self._from + _ROWS < len(fitting))

    def _row(self, entry: Entry) -> QWidget:
        shown = line(entry, self._context.now())
        made = QWidget()
        made.setFixedHeight(36)
        figure = label("semi", shown.figure)
        figure.setAlignment(at_end())
        figure.setFixedWidth(96)
        when = label("small", shown.when)
        when.setFixedWidth(124)
        inside = row(sign(shown.icon, self._context.colours.text2), spacing_px=12)
        inside.addWidget(Elided("strong", shown.what), 3)
        inside.addWidget(Elided("small", shown.aside), 2)
        inside.addWidget(when)
        inside.addWidget(figure)
        made.setLayout(inside)
        return made

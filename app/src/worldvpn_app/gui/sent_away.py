"""Guests who were sent away, each to be let back before its time."""

from __future__ import annotations

import functools
from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFrame, QVBoxLayout

from worldvpn_app.gui.present.sent_away import SentAwayRow
from worldvpn_app.gui.tokens import SPACE
from worldvpn_app.gui.widgets.cards import emptied, line, row
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.text import Elided, label

translate = QCoreApplication.translate


class SentAway(QFrame):
    """A row each, while there are any; ``let_back`` gets the alias of one who may come again."""

    def __init__(self, let_back: Callable[[str], None]) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._let_back = let_back
        self._shown: tuple[SentAwayRow, ...] = ()
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_card_px
        column.setContentsMargins(inside_px, 12, inside_px, 8)
        column.setSpacing(8)
        column.addWidget(label("head", translate("sharing", "Sent away")))
        column.addLayout(self._rows)
        self.hide()

    def show_rows(self, rows: tuple[SentAwayRow, ...]) -> None:
        """Show ``rows``; without any, nothing."""
        if rows == self._shown:
            return
        self._shown = rows
        emptied(self._rows)
        for each in rows:
            self._add(each)
        self.setVisible(bool(rows))

    def _add(self, guest: SentAwayRow) -> None:
        back = button(translate("sharing", "Let back in"), look="link")
        back.setAccessibleName(translate("sharing", "Let {guest} back in").format(guest=guest.name))
        back.clicked.connect(functools.partial(self._press, guest.alias))
        self._rows.addWidget(line())
        cells = row(
            label("strong", guest.name),
            Elided("second", guest.why),
            label("second", guest.until),
            back,
            spacing_px=12,
        )
        cells.setStretch(1, 1)
        cells.setContentsMargins(0, 6, 0, 6)
        self._rows.addLayout(cells)

    def _press(self, alias: str, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - Qt's
        self._let_back(alias)

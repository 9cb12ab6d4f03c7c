"""What left this computer outside the tunnel, by class."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout

from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.log import Left, left, since
from worldvpn_app.gui.tokens import SPACE
from worldvpn_app.gui.widgets.cards import emptied, line, row
from worldvpn_app.gui.widgets.text import label
from worldvpn_app.gui.widgets.ways import at_end

translate = QCoreApplication.translate
_COLUMNS = 3


class OutsideCard(QFrame):
    """A row a class; asked for by the page it stands on."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context = context
        self._shown: tuple[Left, ...] | None = None
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self.since = label("small", wraps=True)
        self.since.setAlignment(at_end())
        told = translate(
            "diagnostics",
            "While traffic is free by your choice, nothing is counted."
            " Counters are read every 10\u00a0s: the last seconds of a rule that is gone may be"
            " missing.",
        )
        self.note = label("small", told, wraps=True)
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_card_px
        column.setContentsMargins(inside_px, inside_px, inside_px, inside_px)
        column.setSpacing(8)
        head = label("head", translate("diagnostics", "Left outside the tunnel"))
        top = row(head, self.since)
        top.setStretch(1, 1)
        column.addLayout(top)
        column.addLayout(self._grid)
        column.addStretch(1)
        column.addWidget(self.note)

    def refresh(self) -> None:
        """Ask how much it is now."""
        self._context.link.call("firewall.outside", done=self._take, refused=self._refused)

    def rows(self) -> tuple[Left, ...]:
        """Return what is shown."""
        return self._shown or ()

    def _take(self, result: Result) -> None:
        self.since.setText(since(result, self._context.now()))
        rows = left(result)
        if rows == self._shown:
            return
        self._shown = rows
        emptied(self._grid)
        heads = (
            translate("diagnostics", "What"),
            translate("diagnostics", "Packets"),
            translate("diagnostics", "Amount"),
        )
        for place, text in enumerate(heads):
            self._grid.addWidget(_cell(text, "column", is_figure=place > 0), 0, place)
        for number, each in enumerate(rows, start=1):
            self._grid.addWidget(line(), 2 * number - 1, 0, 1, _COLUMNS)
            looks = ("good" if each.is_good else "strong", "second", "semi")
            texts = (each.name, each.packets, each.amount)
            for place, (text, look) in enumerate(zip(texts, looks, strict=True)):
                self._grid.addWidget(_cell(text, look, is_figure=place > 0), 2 * number, place)

    def _refused(self, _refusal: Refusal) -> None:
        if self._shown is None:
            self.since.setText(translate("diagnostics", "not told by this service"))


def _cell(text: str, look: str, *, is_figure: bool) -> QLabel:
    made = label(look, text, wraps=not is_figure)
    if is_figure:
        made.setAlignment(at_end())
    return made

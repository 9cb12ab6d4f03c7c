"""The guests that are here, each to be sent away, and what all of them may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PyQt6.QtCore import QCoreApplication, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from worldvpn_app.gui.flags import Flag
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.guests import GuestRow, Limit
from worldvpn_app.gui.present.view import Do
from worldvpn_app.gui.tokens import SHAPE, SPACE, Colours
from worldvpn_app.gui.widgets.cards import card, emptied, line, row, sign
from worldvpn_app.gui.widgets.controls import button, icon_button
from worldvpn_app.gui.widgets.text import Elided, label
from worldvpn_app.gui.widgets.ways import mirror

translate = QCoreApplication.translate
_ROW_PX: Final = 48
_COLUMNS: Final = 6


class Guests(QFrame):
    """A row a guest; ``kick`` gets the alias of one that is to go."""

    def __init__(self, context: Context, kick: Callable[[str], None]) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context, self._kick = context, kick
        self._rows: tuple[GuestRow, ...] | None = None
        self._asked = ""
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(0)
        self.empty = label("second", wraps=True)
        self.note = label("small", wraps=True)
        self.note.setText(
            translate(
                "sharing",
                "A country shows after five guests in 24 hours. Times are rounded to 15 min.",
            )
        )
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_card_px
        column.setContentsMargins(inside_px, 12, inside_px, 12)
        column.setSpacing(8)
        changing = label("small", translate("sharing", "Names change every day"))
        column.addLayout(row(label("head", translate("sharing", "Guests")), None, changing))
        column.addLayout(self._grid)
        column.addWidget(self.empty)
        column.addStretch(1)
        column.addWidget(self.note)

    def show_rows(self, rows: tuple[GuestRow, ...], empty: str) -> None:
        """Show ``rows``; without any, ``empty`` says why there are none."""
        self.empty.setText(empty)
        self.empty.setVisible(not rows)
        self.note.setVisible(bool(rows))
        if rows == self._rows:
            return
        self._rows = rows
        self._asked = self._asked if self._asked in {each.alias for each in rows} else ""
        self._fill()

    def _fill(self) -> None:
        emptied(self._grid)
        if not self._rows:
            return
        heads = (
            translate("sharing", "Guest"),
            translate("sharing", "Country"),
            translate("sharing", "Kind"),
            translate("sharing", "Since"),
            translate("sharing", "Carried"),
        )
        for place, text in enumerate(heads):
            self._grid.addWidget(label("column", text), 0, place)
        self._grid.setRowMinimumHeight(0, 28)
        self._grid.setColumnStretch(1, 3)
        self._grid.setColumnStretch(2, 2)
        for number, each in enumerate(self._rows):
            self._grid.addWidget(line(), 2 * number + 1, 0, 1, _COLUMNS)
            self._add(each, 2 * number + 2)

    def _add(self, guest: GuestRow, at: int) -> None:
        name = label("strong", guest.name)
        name.setMinimumHeight(_ROW_PX - 1)
        name.setToolTip(guest.earned)
        cells: list[QWidget] = [
            name,
            self._place(guest),
            Elided("second", guest.kind),
            label("second", guest.since),
            label("semi", guest.carried),
        ]
        for place, widget in enumerate(cells):
            self._grid.addWidget(widget, at, place)
        if guest.alias:
            self._grid.addWidget(self._way_out(guest), at, _COLUMNS - 1)

    def _place(self, guest: GuestRow) -> QWidget:
        made = QWidget()
        inside = row()
        if guest.is_hidden:
            inside.addWidget(sign("eye-off", self._context.colours.text3))
        elif guest.country:
            inside.addWidget(Flag(self._context.colours, guest.country))
        inside.addWidget(Elided("second", guest.place), 1)
        made.setLayout(inside)
        return made

    def _way_out(self, guest: GuestRow) -> QWidget:
        if self._asked != guest.alias:
            name = translate("sharing", "Send {guest} away").format(guest=guest.name)
            asked = icon_button("user-x", name, self._context.colours)
            asked.clicked.connect(lambda: self._ask(guest.alias))
            return asked
        sure = button(translate("sharing", "Send away"), look="danger")
        sure.clicked.connect(lambda: self._send(guest.alias))
        return sure

    def _ask(self, alias: str) -> None:
        self._asked = alias
        self._fill()

    def _send(self, alias: str) -> None:
        self._asked = ""
        self._kick(alias)
        self._fill()


class UsedBar(QWidget):
    """How much of a limit is used."""

    def __init__(self, share: float, colours: Colours) -> None:
        super().__init__()
        self._share, self._colours = share, colours
        self.setFixedHeight(5)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            mirror(painter, self.width())
            radius = SHAPE.bar_radius_px - 0.5
            painter.setBrush(QColor(self._colours.raised))
            painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
            if self._share > 0:
                width = max(5.0, min(1.0, self._share) * self.width())
                painter.setBrush(QColor(self._colours.accent))
                painter.drawRoundedRect(QRectF(0, 0, width, 5), radius, radius)


class Limits(QFrame):
    """What guests may have; they are changed in the settings."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        frame, column = card(spacing_px=10)
        column.setContentsMargins(SPACE.inside_card_px, 8, SPACE.inside_card_px, 16)
        edit = button(translate("sharing", "Edit"), look="link")
        edit.clicked.connect(lambda: context.actions.do(Do.SETTINGS))
        column.addLayout(row(label("head", translate("sharing", "Limits")), None, edit))
        self._rows = QVBoxLayout()
        self._rows.setSpacing(10)
        column.addLayout(self._rows)
        column.addStretch(1)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(frame)
        self._shown: tuple[Limit, ...] | None = None
        self.figures: dict[str, QLabel] = {}

    def show_limits(self, limits: tuple[Limit, ...]) -> None:
        """Show ``limits``."""
        if limits == self._shown:
            return
        self._shown = limits
        self.figures.clear()
        emptied(self._rows)
        for each in limits:
            figure = self.figures[each.name] = label("semi", each.figure)
            name = label("second", each.name)
            self._rows.addLayout(
                row(sign(each.icon, self._context.colours.text3), name, None, figure)
            )
            if each.share is not None:
                self._rows.addWidget(UsedBar(each.share, self._context.colours))

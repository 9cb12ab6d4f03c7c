"""The balance and where it lies."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from worldvpn_app.gui.present.wallet import BalanceView
from worldvpn_app.gui.tokens import SPACE, Colours
from worldvpn_app.gui.widgets.cards import row
from worldvpn_app.gui.widgets.text import label
from worldvpn_app.gui.widgets.ways import mirror

translate = QCoreApplication.translate
_PARTS: Final = 3


class PartsBar(QWidget):
    """Available filled, promo in the second colour, held outlined."""

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self._colours = colours
        self._shares: tuple[float, ...] = ()
        self.setFixedHeight(8)

    def show_shares(self, shares: tuple[float, ...]) -> None:
        """Show ``shares`` of the whole, from 0 to 1."""
        self._shares = shares
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            mirror(painter, self.width())
            left = 0.0
            for place, share in enumerate(self._shares):
                width = share * (self.width() - 4 * _PARTS)
                if share > 0:
                    draw_part(painter, QRectF(left, 0, max(8, width), 8), place, self._colours)
                    left += max(8, width) + 3


class Swatch(QWidget):
    """What a part of the bar looks like."""

    def __init__(self, place: int, colours: Colours) -> None:
        super().__init__()
        self._place, self._colours = place, colours
        self.setFixedSize(QSize(10, 10))

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_part(painter, QRectF(self.rect()), self._place, self._colours)


def draw_part(painter: QPainter, area: QRectF, place: int, colours: Colours) -> None:
    """Draw a part: told apart by fill and outline, not by colour alone."""
    second = QColor(colours.text2 if colours.is_dark else colours.text3)
    if place == _PARTS - 1:
        painter.setPen(QPen(second, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        area = area.adjusted(1, 1, -1, -1)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent) if place == 0 else second)
    painter.drawRoundedRect(area, 3, 3)


class BalanceCard(QFrame):
    """Shows a BalanceView."""

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self.total = label("figure xl", "\u2013")
        self.lasts = label("small", wraps=True)
        self.debt = label("waiting", wraps=True)
        self._bar = PartsBar(colours)
        self._rows = [(label("second"), label("semi")) for _ in range(_PARTS)]
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_control_px
        column.setContentsMargins(inside_px, 16, inside_px, 16)
        column.setSpacing(6)
        column.addWidget(label("small", translate("wallet", "Balance")))
        self.unit = label("second")
        column.addLayout(row(self.total, self.unit, None))
        column.addWidget(self.lasts)
        column.addWidget(self._bar)
        for place, (name, figure) in enumerate(self._rows):
            column.addLayout(row(Swatch(place, colours), name, None, figure))
        column.addWidget(self.debt)
        column.addStretch(1)

    def show_view(self, view: BalanceView) -> None:
        """Show ``view``."""
        self.total.setText(view.total)
        self.unit.setText(view.unit)
        self.lasts.setText(view.lasts)
        self._bar.show_shares(tuple(share for _, _, share in view.parts))
        for (name, figure), (words, amount, _share) in zip(self._rows, view.parts, strict=True):
            name.setText(words)
            figure.setText(amount)
        self.debt.setText(view.debt)
        self.debt.setVisible(bool(view.debt))

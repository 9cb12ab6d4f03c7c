"""What the marks of the map are."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QFrame, QWidget

from worldvpn_app.gui.present.view import Mark
from worldvpn_app.gui.tokens import Colours, Tone
from worldvpn_app.gui.widgets.cards import row
from worldvpn_app.gui.widgets.dial import draw
from worldvpn_app.gui.widgets.text import label

translate = QCoreApplication.translate
_COMMUNITY, _PUBLIC, _SEVERAL, _CURRENT = range(4)
_SIZE_PX = 16


class Sample(QWidget):
    """One mark, drawn small."""

    def __init__(self, kind: int, colours: Colours) -> None:
        super().__init__()
        self._kind, self._colours = kind, colours
        self.setFixedSize(QSize(_SIZE_PX, _SIZE_PX))

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            middle = QPointF(_SIZE_PX / 2, _SIZE_PX / 2)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._colours.accent))
            match self._kind:
                case 0:  # the community's
                    painter.drawEllipse(middle, 4.5, 4.5)
                case 1:
                    painter.drawRoundedRect(QRectF(3.5, 3.5, 9, 9), 2, 2)
                case 2:
                    painter.setBrush(QColor(self._colours.accentbg))
                    painter.setPen(QPen(QColor(self._colours.accent), 2))
                    painter.drawEllipse(middle, 6, 6)
                case _:
                    painter.translate(middle)
                    painter.scale(_SIZE_PX / 100, _SIZE_PX / 100)
                    draw(painter, Mark.TICK, Tone.CONNECTED, self._colours)


class Legend(QFrame):
    """A mark and a word, four times."""

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside = row(spacing_px=6)
        inside.setContentsMargins(12, 7, 12, 7)
        names = {
            _COMMUNITY: translate("map", "Community"),
            _PUBLIC: translate("map", "Public"),
            _SEVERAL: translate("map", "Several nodes"),
            _CURRENT: translate("map", "Your node"),
        }
        for kind, name in names.items():
            if kind:
                inside.addSpacing(8)
            inside.addWidget(Sample(kind, colours))
            inside.addWidget(label("small", name))
        self.setLayout(inside)

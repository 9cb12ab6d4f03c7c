"""Controls that Qt has not: a toggle, chips, and a choice of few."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QHBoxLayout, QPushButton

from worldvpn_app.gui import icons
from worldvpn_app.gui.tokens import SHAPE, Colours
from worldvpn_app.gui.widgets.ways import is_turned


class Toggle(QAbstractButton):
    """On is filled with a tick in the knob; off is an outline with a smaller knob."""

    def __init__(self, colours: Colours, name: str) -> None:
        super().__init__()
        self._colours = colours
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(36, SHAPE.hit_px)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        colours = self._colours
        area = QRectF(0, (self.height() - 20) / 2, 36, 20)
        off, on = QPointF(area.left() + 10, area.center().y()), area.center() + QPointF(8, 0)
        if is_turned():
            off, on = on, off
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self.isChecked():
                painter.setPen(QPen(QColor(colours.edge), 1.5))
                painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 9, 9)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colours.edge))
                painter.drawEllipse(off, 5, 5)
                return
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent if self.isEnabled() else colours.edge))
            painter.drawRoundedRect(area, 10, 10)
            painter.setBrush(QColor(colours.onaccent))
            painter.drawEllipse(on, 7.5, 7.5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(
                QPen(
                    QColor(colours.accent),
                    1.8,
                    Qt.PenStyle.SolidLine,
                    Qt.PenCapStyle.RoundCap,
                    Qt.PenJoinStyle.RoundJoin,
                )
            )
            tick = (QPointF(-3.4, 0.2), QPointF(-0.9, 2.7), QPointF(3.4, -2.3))
            painter.drawPolyline(QPolygonF([on + each for each in tick]))


class Chip(QPushButton):
    """A filter: on has a tick, an accent line and its tint."""

    def __init__(self, text: str, colours: Colours, *, is_on: bool = False) -> None:
        super().__init__(text)
        self._colours = colours
        self.setProperty("look", "chip")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggled.connect(self._tick)
        self.setChecked(is_on)

    def _tick(self, is_on: bool) -> None:  # noqa: FBT001 - Qt's signal
        self.setIcon(icons.icon("check", self._colours.accent, 14) if is_on else icons.nothing())


class Segmented(QFrame):
    """One of a few, all of them seen; ``chosen`` gives its key."""

    chosen = pyqtSignal(str)

    def __init__(self, options: Iterable[tuple[str, str]], name: str) -> None:
        super().__init__()
        self.setProperty("look", "segmented")
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        inside = QHBoxLayout(self)
        inside.setContentsMargins(3, 3, 3, 3)
        inside.setSpacing(2)
        for key, text in options:
            button = QPushButton(text)
            button.setProperty("look", "segment")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked, key=key: self.chosen.emit(key))
            self._group.addButton(button)
            self._buttons[key] = button
            inside.addWidget(button, 1)

    def select(self, key: str) -> None:
        """Mark ``key`` as the one in force."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)


def icon_button(icon: str, name: str, colours: Colours, colour: str = "") -> QPushButton:
    """Return a button that is an icon alone, at least 32 wide; its name is for everyone else."""
    made = QPushButton(icons.icon(icon, colour or colours.text2, 16), "")
    made.setProperty("look", "icon")
    made.setFixedSize(SHAPE.hit_px, SHAPE.hit_px)
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def button(
    text: str, *, look: str = "", icon: str = "", colours: Colours | None = None
) -> QPushButton:
    """Return a push button that takes the focus by keyboard only."""
    made = QPushButton(f" {text}" if icon else text)
    if look:
        made.setProperty("look", look)
    if icon and colours is not None:
        colour = colours.onaccent if look in {"primary", "accent"} else colours.text
        made.setIcon(icons.icon(icon, colour, 16))
        made.setIconSize(QSize(16, 16))
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made

"""The focus line: 2 px of accent, 2 px outside the control, for the keyboard only.

Controls of ours take the focus by keyboard alone, so that whoever has it was reached that way;
what is typed into takes it by mouse too, and draws a line of its own.
"""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QEvent, QObject, QPoint, QRectF, Qt
from PyQt6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QApplication, QWidget

from worldvpn_app.gui.tokens import SHAPE, Colours

_OUTSIDE_PX: Final = 4
_FOLLOWED: Final = frozenset({QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Hide})


class FocusLine(QWidget):
    """Lies over ``window`` and draws around what has the focus there."""

    def __init__(self, window: QWidget, colours: Colours) -> None:
        super().__init__(window)
        self._window, self._colour = window, QColor(colours.accent)
        self._around: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        application = QGuiApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._turn)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and watched is self._around and event.type() in _FOLLOWED:
            self._place()
        return False

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._colour, 2))
            radius = SHAPE.control_radius_px + _OUTSIDE_PX
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)

    def _turn(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None and old is self._around:
            old.removeEventFilter(self)
        self._around = None
        is_ours = (
            new is not None
            and new.window() is self._window
            and new.focusPolicy() is Qt.FocusPolicy.TabFocus
        )
        if is_ours and new is not None:
            self._around = new
            new.installEventFilter(self)
            new.destroyed.connect(self._lost)
        self._place()

    def _lost(self) -> None:
        self._around = None
        self.hide()

    def _place(self) -> None:
        around = self._around
        if around is None or not around.isVisible():
            self.hide()
            return
        corner = around.mapTo(self._window, QPoint(0, 0))
        out = _OUTSIDE_PX
        self.setGeometry(
            corner.x() - out,
            corner.y() - out,
            around.width() + 2 * out,
            around.height() + 2 * out,
        )
        self.raise_()
        self.show()

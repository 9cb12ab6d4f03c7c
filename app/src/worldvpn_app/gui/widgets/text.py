"""Words on the screen: plain text only, for some of it is a stranger's."""

from __future__ import annotations

import html

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QGuiApplication, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy, QWidget

from worldvpn_app.gui.tokens import SHAPE
from worldvpn_app.gui.widgets.ways import at_start


def label(look: str, text: str = "", *, centred: bool = False, wraps: bool = False) -> QLabel:
    """Return a label that shows plain text only, drawn as ``look``."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("look", look)
    made.setWordWrap(centred or wraps)
    if look.startswith("pill"):  # as wide as its words, whatever stands beside it
        made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        made.setFixedHeight(SHAPE.pill_px)
    if centred:
        made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    else:
        # Qt would go by what is written: a foreign name stood apart from all others.
        made.setAlignment(at_start())
    return made


def spread(wrapped: QLabel) -> QLabel:
    """Let ``wrapped`` take all the room of its row before it breaks."""
    wrapped.setWordWrap(True)
    wrapped.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return wrapped


def relook(widget: QWidget, look: str) -> None:
    """Let the style sheet draw ``widget`` as ``look``."""
    if widget.property("look") != look and (style := widget.style()) is not None:
        widget.setProperty("look", look)
        style.unpolish(widget)
        style.polish(widget)


def tip(text: str) -> str:
    """Return ``text`` as a tooltip, which Qt would else read as markup where it looks like it."""
    return f"<qt>{html.escape(text)}</qt>" if "<" in text else text


def copy(text: str) -> None:
    """Put ``text`` on the clipboard."""
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)


class Breaking(QLabel):
    """One line that breaks where there is no room; Qt's own would ask for two from the first."""

    def __init__(self, look: str) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("look", look)
        self.setWordWrap(True)
        self.setAlignment(at_start())

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 1, metrics.height())


class Elided(QLabel):
    """One line that ends in … where there is no room, with all of it as a tooltip."""

    def __init__(self, look: str, text: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("look", look)
        self.setAlignment(at_start())
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setToolTip(self, text: str | None) -> None:
        super().setToolTip(tip(text or ""))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def setText(self, text: str | None) -> None:
        super().setText(text)
        self._tell()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._tell()

    def _shown(self) -> str:
        room_px = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room_px)

    def _tell(self) -> None:
        self.setToolTip(self.text() if self._shown() != self.text() else "")

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        room, shown = self.contentsRect(), self._shown()
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawText(room, self.alignment() | Qt.AlignmentFlag.AlignVCenter, shown)

"""The tray icon: the state by shape and colour, and what is asked most often."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QCoreApplication, QObject, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPen, QPixmap, QPolygonF
from PyQt6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from worldvpn_app.gui.actions import Actions
from worldvpn_app.gui.present.view import Do, HomeView, Mark
from worldvpn_app.gui.tokens import DARK, LIGHT, Colours, Tone

translate = QCoreApplication.translate
_PAUSES_MIN: Final = (5, 15, 60)
#: States that are told when the window does not show them.
_NEWS: Final = frozenset(
    {Tone.CONNECTED, Tone.PAUSED, Tone.BLOCKED, Tone.UNPROTECTED, Tone.DISCONNECTED}
)
_SIZES_PX: Final = (16, 22, 32, 64)
_UNITS: Final = 32
_RING: Final = QRectF(5, 5, 22, 22)
_OCTAGON: Final = ((11, 4), (21, 4), (28, 11), (28, 21), (21, 28), (11, 28), (4, 21), (4, 11))
_TRIANGLE: Final = ((16, 4), (29, 27), (3, 27))


def icon(mark: Mark, tone: Tone, colours: Colours) -> QIcon:
    """Return the icon of a state; every shape is told apart in one colour."""
    made = QIcon()
    for size_px in _SIZES_PX:
        pixmap = QPixmap(size_px, size_px)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.scale(size_px / _UNITS, size_px / _UNITS)
        colour = colours.tray_alarm if tone is Tone.UNPROTECTED else colours.state(tone)
        draw(painter, mark, QColor(colour))
        painter.end()
        made.addPixmap(pixmap)
    return made


def draw(painter: QPainter, mark: Mark, colour: QColor) -> None:  # noqa: C901 - a shape a case
    """Draw ``mark`` 32 wide; what is cut out stays transparent."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    match mark:
        case Mark.STEM:
            painter.drawArc(_RING, 132 * 16, 276 * 16)
            painter.drawLine(QPointF(16, 4), QPointF(16, 14))
        case Mark.PART:
            painter.drawArc(_RING, 132 * 16, 276 * 16)
            pen.setWidthF(3)
            painter.setPen(pen)
            _tick(painter)
        case Mark.ARC | Mark.ARROWS:
            painter.drawArc(_RING, 90 * 16, -255 * 16)
            _filled(painter, colour).drawEllipse(QPointF(16, 16), 4.5, 4.5)
        case Mark.TICK:
            _filled(painter, colour).drawEllipse(QPointF(16, 16), 13, 13)
            _cut(painter)
            _tick(painter)
        case Mark.BARS:
            _filled(painter, colour)
            painter.drawRoundedRect(QRectF(6, 4, 8, 24), 2, 2)
            painter.drawRoundedRect(QRectF(18, 4, 8, 24), 2, 2)
        case Mark.BAR | Mark.LOCK:
            _filled(painter, colour).drawPolygon(_polygon(_OCTAGON))
            _cut(painter)
            painter.drawLine(QPointF(11, 16), QPointF(21, 16))
        case Mark.TRIANGLE:
            _filled(painter, colour).drawPolygon(_polygon(_TRIANGLE))
            _cut(painter)
            painter.drawLine(QPointF(16, 13), QPointF(16, 18))
            painter.drawPoint(QPointF(16, 23.5))
        case Mark.DOTS:
            _filled(painter, colour)
            for x in (6, 16, 26):
                painter.drawEllipse(QPointF(x, 16), 3.5, 3.5)
        case Mark.DASHED:
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([1.2, 0.9])
            painter.setPen(pen)
            painter.drawEllipse(_RING)


def _filled(painter: QPainter, colour: QColor) -> QPainter:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    return painter


def _cut(painter: QPainter) -> None:
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.setPen(QPen(QColor("black"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _tick(painter: QPainter) -> None:
    painter.drawPolyline(QPolygonF([QPointF(10, 16.5), QPointF(14.5, 21), QPointF(22, 12.5)]))


def _polygon(points: tuple[tuple[int, int], ...]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])


class Tray(QObject):
    """Shows the newest view in the tray; its menu says what is so and offers what fits."""

    raised = pyqtSignal()
    quitted = pyqtSignal()

    def __init__(self, actions: Actions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._shown: tuple[Mark, Tone] | None = None
        self._told: Tone | None = None
        self._do: Do | None = None
        self._menu = QMenu()
        self._icon = QSystemTrayIcon(self)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self.raised)
        self.state = self._menu.addAction("")
        if self.state is not None:
            self.state.setEnabled(False)
        self._menu.addAction(translate("tray", "Open WorldVPN"), self.raised.emit)
        self._menu.addSeparator()
        self.main = self._menu.addAction("", self._press)
        self.pauses = self._menu.addMenu(translate("tray", "Pause"))
        if self.pauses is not None:
            for minutes in _PAUSES_MIN:
                text = translate("tray", "{n}\u00a0minutes").format(n=minutes)
                self.pauses.addAction(text, lambda n=minutes: actions.pause(n))
        self._menu.addSeparator()
        self._menu.addAction(translate("tray", "Quit"), self.quitted.emit)

    def show_view(self, view: HomeView | None) -> None:
        """Show ``view``, or that nothing is known."""
        mark, tone = (view.mark, view.tone) if view else (Mark.DASHED, Tone.UNKNOWN)
        if (mark, tone) != self._shown:
            self._shown = (mark, tone)
            self._icon.setIcon(icon(mark, tone, _panel()))
            self._icon.show()
        unknown = translate("tray", "The service does not answer")
        words = f"{view.title}. {view.line}" if view else unknown
        self._icon.setToolTip(f"WorldVPN: {words}")
        if self.state is not None:
            self.state.setText(words)
        self._offer(view)
        self._tell(view)

    def explain(self) -> None:
        """Say once that the window is closed and the tunnel is not."""
        text = translate("tray", "The window is closed; your tunnel stays as it is.")
        self._icon.showMessage("WorldVPN", text)

    def _offer(self, view: HomeView | None) -> None:
        self._do = view.main.do if view and view.main else None
        if self.main is not None:
            self.main.setVisible(self._do is not None)
            self.main.setText(view.main.text if view and view.main else "")
        if self.pauses is not None and (entry := self.pauses.menuAction()) is not None:
            entry.setVisible(view is not None and any(b.do is Do.PAUSE for b in view.second))

    def _tell(self, view: HomeView | None) -> None:
        """Say what has changed, while the window is not there to say it."""
        tone = view.tone if view else None
        parent = self.parent()
        is_seen = isinstance(parent, QWidget) and parent.isVisible()
        is_news = tone in _NEWS and tone is not self._told and self._told is not None
        self._told = tone
        if view is not None and is_news and not is_seen:
            self._icon.showMessage(view.title, f"{view.line}. {view.small}", self._icon.icon())

    def _press(self) -> None:
        if self._do is not None:
            self._actions.do(self._do)
            if self._do in {Do.SIGN_IN, Do.SHARE, Do.MAP}:
                self.raised.emit()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self.raised.emit()


def _panel() -> Colours:
    """Return the colours for the desktop's panel, which has a theme of its own."""
    hints = QGuiApplication.styleHints()
    is_light = hints is not None and hints.colorScheme() is Qt.ColorScheme.Light
    return LIGHT if is_light else DARK
